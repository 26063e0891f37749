"""What annotations of Argo CD and Flux ask of whoever compares or prunes an object.

Sources: Argo CD "Compare Options" and "Sync Options"; Flux "Kustomization", section "Controlling the apply behavior
of resources"; Helm "Tell Helm not to uninstall a resource".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gitops_audit.model.finding import Change
from gitops_audit.model.resource import JsonObject

_FLUX = "kustomize.toolkit.fluxcd.io"


@dataclass(frozen=True, slots=True)
class Directives:
    """The annotation behind each, as `key: value`, empty where it is not set."""

    not_reconciled: str = ""
    only_created: str = ""
    merged: str = ""
    kept: str = ""

    @classmethod
    def of(cls, *bodies: JsonObject | None) -> Directives:
        """Reads the declared and the live object: Flux and Argo CD heed either."""
        found = [cls._read(_annotations(body)) for body in bodies if body is not None]
        return cls(*(next((getattr(d, name) for d in found if getattr(d, name)), "") for name in cls.__slots__))

    @classmethod
    def _read(cls, annotations: dict[str, str]) -> Directives:
        apply = annotations.get(f"{_FLUX}/ssa", "").lower()
        told = f"{_FLUX}/ssa: {annotations.get(f'{_FLUX}/ssa', '')}"
        disabled = _option(annotations, f"{_FLUX}/reconcile", "disabled")
        return cls(
            not_reconciled=disabled or (told if apply == "ignore" else ""),
            only_created=told if apply == "ifnotpresent" else "",
            merged=told if apply == "merge" else "",
            kept=(
                _option(annotations, f"{_FLUX}/prune", "disabled")
                or disabled
                or _option(annotations, "argocd.argoproj.io/sync-options", "Prune=false")
                or _option(annotations, "argocd.argoproj.io/compare-options", "IgnoreExtraneous")
                or _option(annotations, "helm.sh/resource-policy", "keep")
            ),
        )

    def covering(self, change: Change) -> str:
        """The annotation by which a change does not count, empty where it does."""
        if self.merged and change.type == "added":
            return self.merged
        return self.not_reconciled or self.only_created


def _option(annotations: dict[str, str], key: str, value: str) -> str:
    options = (option.strip().lower() for option in annotations.get(key, "").split(","))
    return f"{key}: {value}" if value.lower() in options else ""


def _annotations(body: JsonObject) -> dict[str, str]:
    metadata = body.get("metadata")
    found: Any = metadata.get("annotations") if isinstance(metadata, dict) else None
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
