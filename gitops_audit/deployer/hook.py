"""Objects that are not compared: hooks come and go, and a name that the server makes up cannot be found again.

An annotation makes a hook only where the tool that reads it deploys the source: anywhere else the object is applied as
any other, and an annotation must not hide it. Policies and schemas judge hooks as everything.

Argo CD: argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks, and `hook.Types` of gitops-engine (any known phase
makes a hook; Helm's are taken for its own). Helm: helm.sh/docs/topics/charts_hooks (one unknown event, and the object
is left out of the release).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ARGOCD_HOOK, HELM_HOOK = "argocd.argoproj.io/hook", "helm.sh/hook"

_ARGOCD_PHASES = frozenset({"PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete"})
_HELM_EVENTS = frozenset(
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete", "rollback")
) | {"test", "test-success"}
_ARGOCD_MANAGERS = frozenset({"argocd-controller", "argocd-application-controller"})
_ARGOCD_TRACKING = "argocd.argoproj.io/tracking-id"
_GENERATED = "generateName: the server makes up the name, so the object cannot be found again"


@dataclass(frozen=True, slots=True)
class Uncompared:
    """Why an object is not compared; empty where it is. `under_argocd`: so it is where Argo CD deploys its source."""

    always: str = ""
    under_argocd: str = ""


_COMPARED = Uncompared()


def uncompared(metadata: dict[str, Any], source_type: str) -> Uncompared:
    """From an object's metadata and the kind of source that renders it (`directory`, `kustomize`, `helm`)."""
    found = metadata.get("annotations")
    if not metadata.get("name") and metadata.get("generateName"):
        return Uncompared(_GENERATED)
    return _hook(found, source_type) if isinstance(found, dict) and found else _COMPARED


def _hook(annotations: dict[str, Any], source_type: str) -> Uncompared:
    helm = _helm(annotations) if source_type != "directory" else ""
    argocd = _argocd(annotations) or ("" if ARGOCD_HOOK in annotations else helm)
    return Uncompared(helm if source_type == "helm" else "", argocd)


def _argocd(annotations: dict[str, Any]) -> str:
    phases = _words(annotations, ARGOCD_HOOK)
    if "Skip" in phases:
        return f"{ARGOCD_HOOK}: Skip, so Argo CD never applies it"
    return _run_once("an Argo CD hook", phases) if _ARGOCD_PHASES.intersection(phases) else ""


def _helm(annotations: dict[str, Any]) -> str:
    events = [event.lower() for event in _words(annotations, HELM_HOOK)]
    return _run_once("a Helm hook", events) if events and _HELM_EVENTS.issuperset(events) else ""


def _run_once(what: str, phases: list[str]) -> str:
    return f"{what} ({', '.join(phases)}) is run once, not kept: it is no managed resource"


def _words(annotations: dict[str, Any], key: str) -> list[str]:
    value = annotations.get(key)
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else []


def is_argocd_s(live: dict[str, Any]) -> bool:
    """Whether a live object was deployed by Argo CD: one of its controllers wrote it.

    Where no managers were recorded, its tracking annotation tells.
    """
    metadata = live.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    entries, annotations = metadata.get("managedFields"), metadata.get("annotations")
    if isinstance(entries, list) and entries:
        return any(isinstance(entry, dict) and entry.get("manager") in _ARGOCD_MANAGERS for entry in entries)
    return isinstance(annotations, dict) and _ARGOCD_TRACKING in annotations
