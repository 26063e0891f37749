"""How a missing object is created, so that its deployer takes it for one of its own.

Other objects of the same source tell who deploys it and how: the field manager, the operation, the tracking marks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gitops_audit.deployer import argocd, flux, helm, tracking
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.ownership import last_applied
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.live.writer import Target
from gitops_audit.model.redact import LAST_APPLIED
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping
from gitops_audit.model.subject import Subject
from gitops_audit.remediate.choose import Draft
from gitops_audit.remediate.desired import desired
from gitops_audit.remediate.ownership import deployer_entry

_MARKS = {
    "labels": (
        argocd.INSTANCE,
        tracking.MANAGED_BY,
        tracking.APPLYSET,
        flux.OWNER,
        flux.OWNER_NAMESPACE,
        flux.RELEASE,
        flux.RELEASE_NAMESPACE,
        tracking.KAPP,
    ),
    "annotations": (helm.RELEASE, helm.RELEASE_NAMESPACE),
}


@dataclass(frozen=True, slots=True)
class Style:
    """The way of a deployer. `is_apply`: server-side; `has_record`: it keeps the last-applied annotation."""

    manager: str
    is_apply: bool = True
    has_record: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    def dressed(self, body: JsonObject, key: ResourceKey) -> JsonObject:
        """The declared object as the deployer would send it."""
        metadata: JsonObject = dict(body.get("metadata") or {})
        annotations = {**self.annotations, **(metadata.get("annotations") or {})}
        labels = {**self.labels, **(metadata.get("labels") or {})}
        if argocd.TRACKING in annotations and argocd.TRACKING in self.annotations:
            application = self.annotations[argocd.TRACKING].partition(":")[0]
            annotations[argocd.TRACKING] = argocd.tracking_id(application, key.group, key.kind, key.namespace, key.name)
        if self.has_record:
            annotations[LAST_APPLIED] = applied_record(body)
        metadata |= {k: v for k, v in (("labels", labels), ("annotations", annotations)) if v}
        return {**body, "metadata": metadata}


def style_of(
    siblings: Iterable[tuple[JsonObject, Subject]],
    managers: Managers,
    own: str,
    read: Callable[[Target], JsonObject | None],
) -> Style:
    """From most of the source's other objects, live and declared; the remediation's own way where none of them tells.

    They are known as they may be shown, so the one that is followed is read again: a mark may repeat a secret value.
    """
    ways: dict[tuple[str, bool, bool], list[Subject]] = {}
    for shown, sibling in siblings:
        entry = deployer_entry(shown, sibling.body, managers)
        if entry is not None and entry.manager != own:
            has_record = not entry.is_apply and last_applied(shown) is not None
            ways.setdefault((entry.manager, entry.is_apply, has_record), []).append(sibling)
    if not ways:
        return Style(own)
    way, (followed, *_) = max(ways.items(), key=lambda found: len(found[1]))
    live = read(Target(followed.key, followed.version)) or {}
    labels, annotations = (_marks(live, followed.body, place) for place in ("labels", "annotations"))
    return Style(*way, labels, annotations)


def applied_record(declared: JsonObject) -> str:
    """As `kubectl apply` writes it: what was applied, without the annotation itself."""
    metadata: JsonObject = dict(declared.get("metadata") or {})
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != LAST_APPLIED}
    body = {**declared, "metadata": {**metadata, "annotations": annotations}}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def renewed_record(record: JsonObject, declared: JsonObject, draft: Draft, schema: TypeSchema | None) -> str:
    """The last-applied record once a draft is carried out, as the deployer's own apply would leave it.

    The marks that the deployer adds are in it too. Where only a part of what differs is repaired, the rest of the
    record stays: without it the deployer would not take away what Git gave up.
    """
    sides = ("labels", "annotations")
    labels, annotations = ({**_marks(record, declared, s), **_of(declared, s)} for s in sides)
    marks = {k: v for k, v in (("labels", labels), ("annotations", annotations)) if v}
    marked = {**declared, "metadata": {**declared["metadata"], **marks}}
    if draft.is_whole:
        return applied_record(marked)
    restored = [change for change in draft.changes if change.type in ("changed", "removed")]
    try:
        return applied_record(desired(marked, record, restored, schema))
    except LookupError:
        return applied_record(marked)


def _of(body: JsonObject, side: str) -> JsonObject:
    return mapping(mapping(body.get("metadata")).get(side))


def _marks(live: JsonObject, declared: JsonObject, place: str) -> dict[str, str]:
    have, wanted = _of(live, place), _of(declared, place)
    names = (*_MARKS[place], *((argocd.TRACKING,) if place == "annotations" else ()))
    return {name: have[name] for name in names if name in have and name not in wanted}
