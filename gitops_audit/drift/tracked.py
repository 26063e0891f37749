"""The label by which Argo CD knows its objects again, where that is its way of tracking: Git's value is overwritten.

Source: argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking.
"""

from __future__ import annotations

from gitops_audit.deployer import argocd
from gitops_audit.deployer.tracking import INSTANCE
from gitops_audit.drift.ownership import Ownership
from gitops_audit.kube.path import pointer
from gitops_audit.model.finding import Change, Waiver
from gitops_audit.model.resource import JsonObject, mapping

_PATH = ("metadata", "labels", INSTANCE)
_POINTER = pointer(_PATH)
_LONGEST = 63
_REASON = "Argo CD tracks its objects by this label, and writes the name of the Application into it"


def tracking_waiver(change: Change, live: JsonObject, ownership: Ownership) -> Waiver | None:
    """Where nobody but Argo CD wrote the label, and no tracking annotation names another Application."""
    if change.pointer != _POINTER or change.type != "changed":
        return None
    writers = ownership.owners(_PATH)
    if not writers or any(entry.manager not in argocd.MANAGERS for entry in writers):
        return None
    annotations = mapping(mapping(live.get("metadata")).get("annotations"))
    application, _, _ = str(annotations.get(argocd.TRACKING, "")).partition(":")
    is_named = not application or application[:_LONGEST] == change.live
    return Waiver(_REASON, rule="tracking") if is_named else None
