"""Objects that are no managed resources: hooks run once, and names the server makes up cannot be found again."""

from __future__ import annotations

from typing import Any

# Argo CD: argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks; Helm: helm.sh/docs/topics/charts_hooks
_HOOKS = {"argocd.argoproj.io/hook": "an Argo CD hook", "helm.sh/hook": "a Helm hook"}
# Helm writes its CRDs through this hook of old; they stay.
_LASTING = {"crd-install"}


def skip_reason(metadata: dict[str, Any]) -> str:
    """Why an object is not audited; empty where it is."""
    found = metadata.get("annotations")
    annotations: dict[str, Any] = found if isinstance(found, dict) else {}
    for annotation, what in _HOOKS.items():
        phases = str(annotations.get(annotation) or "")
        if phases == "Skip":
            return "argocd.argoproj.io/hook: Skip, so Argo CD never applies it"
        if phases and phases not in _LASTING:
            return f"{what} ({phases}) is run once, not kept: it is no managed resource"
    if not metadata.get("name") and metadata.get("generateName"):
        return "generateName: the server makes up the name, so the object cannot be found again"
    return ""
