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

from gitops_audit.deployer import argocd, helm

_ARGOCD_PHASES = frozenset({"PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete"})
_HELM_EVENTS = frozenset(
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete", "rollback")
) | {"test", "test-success"}
_GENERATED = "generateName: the server makes up the name, so the object cannot be found again"


@dataclass(frozen=True, slots=True)
class Uncompared:
    """Why an object is not compared; empty where it is. `under_argocd`: so it is where Argo CD deploys its source."""

    always: str = ""
    under_argocd: str = ""


_COMPARED = Uncompared()


def uncompared(metadata: dict[str, Any], source_type: str, deployer: str = "") -> Uncompared:
    """From an object's metadata and the kind of source that renders it (`directory`, `kustomize`, `helm`); `deployer`
    is `argocd` where it is known to deploy the source: then hooks of Helm are its own in whatever rendered them.
    """
    found = metadata.get("annotations")
    if not metadata.get("name") and metadata.get("generateName"):
        return Uncompared(_GENERATED)
    if not isinstance(found, dict) or not found:
        return _COMPARED
    if deployer == "argocd":
        return Uncompared(_argocd(found) or ("" if argocd.HOOK in found else _helm(found)))
    return _hook(found, source_type)


def _hook(annotations: dict[str, Any], source_type: str) -> Uncompared:
    of_helm = _helm(annotations) if source_type != "directory" else ""
    of_argocd = _argocd(annotations) or ("" if argocd.HOOK in annotations else of_helm)
    return Uncompared(of_helm if source_type == "helm" else "", of_argocd)


def _argocd(annotations: dict[str, Any]) -> str:
    phases = _words(annotations, argocd.HOOK)
    if "Skip" in phases:
        return f"{argocd.HOOK}: Skip, so Argo CD never applies it"
    return _run_once("an Argo CD hook", phases) if _ARGOCD_PHASES.intersection(phases) else ""


def _helm(annotations: dict[str, Any]) -> str:
    events = [event.lower() for event in _words(annotations, helm.HOOK)]
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
        return any(isinstance(entry, dict) and entry.get("manager") in argocd.MANAGERS for entry in entries)
    return isinstance(annotations, dict) and argocd.TRACKING in annotations
