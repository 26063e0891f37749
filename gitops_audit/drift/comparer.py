"""The verdict on one resource: all parts of the comparison put together (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from gitops_audit.config.settings import DriftConfig
from gitops_audit.deployer.directive import Directives
from gitops_audit.deployer.tools import KUBECTL_APPLY, is_kubectl
from gitops_audit.deployer.tracking import is_mark
from gitops_audit.drift import cause
from gitops_audit.drift.absence import absent
from gitops_audit.drift.all_declared import is_all_declared
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.builtin import SYSTEM_METADATA
from gitops_audit.drift.cause import Trust
from gitops_audit.drift.compare import Difference, Kind, differences, is_covered
from gitops_audit.drift.confirm import is_counting
from gitops_audit.drift.ignore import IgnoreLedger, IgnoreRules, Paths
from gitops_audit.drift.ownership import Ownership, last_applied
from gitops_audit.drift.scaled_to_zero import may_be_scaled_to_zero
from gitops_audit.drift.scalers import Scalers
from gitops_audit.drift.tracked import tracking_waiver
from gitops_audit.drift.trusted_marks import directives_of, untrusted
from gitops_audit.drift.undeclared import Undeclared, undeclared
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube import shape
from gitops_audit.kube.builtin import GROUPS
from gitops_audit.kube.match import labels_of
from gitops_audit.kube.path import display, pointer
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.model.finding import ABSENT, Cause, Change, ChangeType, Drift, Severity, Waiver
from gitops_audit.model.redact import LAST_APPLIED
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey

SEVERITY: dict[ChangeType, Severity] = {
    "changed": Severity.medium,
    "removed": Severity.medium,
    "added": Severity.medium,
    "dropped": Severity.medium,
    "stale": Severity.low,
}
"""How bad a change is by its type. A stale field still is what Git once said; everything else is not."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A resource on both sides, with the type of its kind, as they were compared."""

    declared: Declared
    live: JsonObject
    schema: TypeSchema | None


_IN_SYNC = Drift("in-sync", confirmed=True)


class Comparer:
    """Compares declared with live objects under one configuration, on a given day. Keeps no state of what it saw.

    Raises ConfigError for ignore rules that cannot be used as they are written.
    """

    def __init__(
        self, config: DriftConfig, *, today: date, scalers: Scalers | None = None, paths: Paths = lambda *_: ()
    ) -> None:
        """`paths` evaluates expressions of jq."""
        self._mode = config.mode
        self._managers = Managers(config.appliers, config.interactive)
        self._rules = IgnoreRules(config.ignore, today, paths)
        self._scalers = scalers or Scalers()

    @property
    def managers(self) -> Managers:
        return self._managers

    def ledger(self) -> IgnoreLedger:
        """An empty account of what the ignore rules do in a run."""
        return self._rules.ledger()

    def compare(
        self,
        declared: Declared,
        live: JsonObject | None,
        schema: TypeSchema | None,
        *,
        deployed: JsonObject | None = None,
    ) -> Drift:
        """The drift of one resource. Never changes its input, never raises for what an object holds.

        `live` is the object read at the declared version (None: it does not exist), without or with apiVersion and
        kind; both sides redacted by the same Redactor. `schema` is the type of its kind; without one, built-in kinds
        compare by their outline, and the lists of all others by place. `deployed` is the declared object as it stood
        at the last synced revision, where a GitOps engine's record tells; it settles the cause.
        """
        if live is None:
            return self.accepted(absent(declared), declared.key, labels_of(declared.body))
        try:
            if not _is_same_version(declared.body, live):
                return _of_other_version(declared.body, live)
            if self._is_plainly_in_sync(declared, live):
                return _IN_SYNC
            return self._compare(declared, live, schema, deployed)
        except RecursionError:
            return Drift("unknown", reason="nested too deeply to compare")

    def accepted(self, drift: Drift, key: ResourceKey, labels: Mapping[str, Any]) -> Drift:
        """The drift of a whole object, with the waiver of an ignore rule that accepts it."""
        return self._rules.accepted(drift, key, labels)

    def excused_by(self, scalers: Scalers, drift: Drift, key: ResourceKey) -> Drift:
        """The drift with waivers for what autoscalers explain that came to be known afterwards."""
        waivers = [None if c.ignored else scalers.waiver(c, key) for c in drift.changes]
        if not any(waivers):
            return drift
        pairs = zip(drift.changes, waivers, strict=True)
        changes = tuple(replace(change, ignored=waiver) if waiver else change for change, waiver in pairs)
        if is_counting(changes):
            return replace(drift, changes=changes)
        return Drift("in-sync", changes, confirmed=True, reason=_waived(changes))

    def with_history(
        self, drift: Drift, pair: Pair, then: Sequence[JsonObject], *, has_own_values: bool = False
    ) -> Drift:
        """The drift with its causes held against what Git declared when the object was deployed last.

        `then` are the declared versions that may have been deployed. `has_own_values`: the source is a chart, which
        its deployer may give other values.
        """
        ownership = Ownership.of(pair.live, pair.declared.body, self._managers)
        trust: Trust = "values" if has_own_values else "kubectl" if ownership.deployer.is_kubectl else "tool"
        told = [self._causes(pair, body) for body in then]
        return replace(drift, changes=tuple(_with_history(c, told, trust, ownership) for c in drift.changes))

    def with_record(self, drift: Drift, pair: Pair, deployed: JsonObject) -> Drift:
        """The same drift; only who moved is told anew, by what was declared at the last deployment."""
        causes = self._causes(pair, deployed)
        changes = tuple(replace(c, cause=causes.get((c.type, c.pointer), c.cause)) for c in drift.changes)
        return replace(drift, changes=changes)

    def deployed_at(self, pair: Pair) -> str:
        """When the deployer of a live object changed it last, RFC 3339; empty where that is not recorded."""
        return Ownership.of(pair.live, pair.declared.body, self._managers).deployed_at

    def _causes(self, pair: Pair, deployed: JsonObject) -> dict[tuple[str, str], Cause]:
        again = self.compare(pair.declared, pair.live, pair.schema, deployed=deployed)
        return {(change.type, change.pointer): change.cause for change in again.changes}

    def _is_plainly_in_sync(self, declared: Declared, live: JsonObject) -> bool:
        if not _is_content_covered(declared.body, live, declared.key.group):
            return False
        return self._mode == "declared" or self._owns_no_more(declared.body, live)

    def _owns_no_more(self, body: JsonObject, live: JsonObject) -> bool:
        """Whether nobody whose word counts owns a field that Git does not declare."""
        entries = fields.managed_fields(live)
        if not entries or not _is_applied_declared(body, live) or may_be_scaled_to_zero(body, live):
            return False
        return all(
            is_all_declared(trie, body, live, has_marks=self._may_mark(entry))
            for entry in entries
            if self._is_watched(entry) and isinstance(trie := entry.get("fieldsV1"), dict)
        )

    def _may_mark(self, entry: JsonObject) -> bool:
        """Whether the marks of deployers are no news from a manager: a person's are, and kubectl's may be."""
        manager = entry.get("manager", "")
        is_person = self._managers.class_of(manager, entry.get("operation", "")) == "interactive"
        return not (is_person or is_kubectl(manager))

    def _is_watched(self, entry: JsonObject) -> bool:
        if entry.get("subresource") == fields.STATUS:
            return False
        operation = entry.get("operation", "")
        manager_class = self._managers.class_of(entry.get("manager", ""), operation)
        if self._mode == "strict" or manager_class == "interactive":
            return True
        return manager_class == "applier" and operation == "Apply"

    def _compare(
        self, declared: Declared, live: JsonObject, schema: TypeSchema | None, deployed: JsonObject | None
    ) -> Drift:
        body = declared.body
        kind = Kind(declared.key.group, declared.key.kind)
        schema = schema or shape.of_kind(kind.group, declared.version, kind.kind)
        ownership = Ownership.of(live, body, self._managers)
        found = differences(body, live, schema, kind)
        changes = [_difference(d, ownership, kind, deployed) for d in found]
        if self._mode != "declared" and not self._owns_no_more(body, live):
            beside = undeclared(body, live, schema, kind, ownership, self._mode)
            changes += [_undeclared(u, ownership, kind, deployed) for u in beside]
        return self._judged(tuple(changes), declared, live, ownership)

    def _judged(self, changes: tuple[Change, ...], declared: Declared, live: JsonObject, ownership: Ownership) -> Drift:
        if changes:
            directives = directives_of(declared.body, live, ownership)
            excused = self._excused(changes, declared, directives, live, ownership)
            changes = self._rules.apply(tuple(excused), declared, live)
        marked = untrusted(declared.body, live, ownership)
        told = "; ".join(filter(None, (marked, _reservation(live))))
        if is_counting(changes):
            return Drift("modified", changes, reason=told)
        return Drift("in-sync", changes, confirmed=True, reason=_waived(changes) or told)

    def _excused(
        self,
        changes: Sequence[Change],
        declared: Declared,
        directives: Directives,
        live: JsonObject,
        ownership: Ownership,
    ) -> Iterator[Change]:
        """The changes, with a waiver where an autoscaler, an annotation or a tracking label explains them."""
        for change in changes:
            covering = directives.covering(change)
            waiver = Waiver(covering, rule="annotation") if covering else self._scalers.waiver(change, declared.key)
            waiver = waiver or tracking_waiver(change, live, ownership)
            yield change if waiver is None else replace(change, ignored=waiver)


def _is_same_version(body: JsonObject, live: JsonObject) -> bool:
    """Items of a raw LIST carry no apiVersion: those were read at the declared one."""
    version = live.get("apiVersion")
    return version is None or version == body.get("apiVersion")


def _of_other_version(body: JsonObject, live: JsonObject) -> Drift:
    return Drift("unknown", reason=f"declared as {body['apiVersion']}, but recorded as {live['apiVersion']}")


def _is_content_covered(body: JsonObject, live: JsonObject, group: str) -> bool:
    content = {name: value for name, value in body.items() if name not in ("apiVersion", "kind")}
    return is_covered(content, live, is_custom=group not in GROUPS)


def _is_applied_declared(body: JsonObject, live: JsonObject) -> bool:
    """Whether everything that was applied last is still declared, plainly."""
    annotations = live["metadata"].get("annotations")
    if not annotations or LAST_APPLIED not in annotations:
        return True
    applied = last_applied(live)
    may_mark = not any(entry.get("manager") in KUBECTL_APPLY for entry in fields.managed_fields(live))
    return applied is None or _is_kept(applied, body, may_mark)


def _is_kept(applied: JsonObject, body: JsonObject, may_mark: bool) -> bool:
    """Deployers add marks and a namespace to what they apply; kubectl does not."""
    return all(
        value == body.get(name) or is_covered({name: value}, body)
        for name, value in applied.items()
        if name != "metadata"
    ) and _is_metadata_kept(applied.get("metadata"), body.get("metadata"), may_mark)


def _is_metadata_kept(applied: Any, declared: Any, may_mark: bool) -> bool:
    if not isinstance(applied, dict) or not isinstance(declared, dict):
        return not applied
    given = {name: value for name, value in applied.items() if name not in SYSTEM_METADATA}
    if may_mark:
        given = {name: _without_marks(name, value) for name, value in given.items()}
    return is_covered(given, declared)


def _without_marks(name: str, values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    return {key: value for key, value in values.items() if not is_mark(("metadata", name, key))}


def _difference(difference: Difference, ownership: Ownership, kind: Kind, deployed: JsonObject | None) -> Change:
    return Change(
        difference.type,
        pointer(difference.path),
        display(difference.path),
        declared=difference.declared,
        live=difference.live,
        cause=cause.of_difference(difference, ownership, kind, deployed),
        severity=SEVERITY[difference.type],
        by=None if difference.live is ABSENT else ownership.by(difference.path),
    )


def _undeclared(found: Undeclared, ownership: Ownership, kind: Kind, deployed: JsonObject | None) -> Change:
    return Change(
        found.type,
        pointer(found.path),
        display(found.path),
        live=found.live,
        cause=cause.of_undeclared(found, ownership, kind, deployed),
        severity=SEVERITY[found.type],
        by=ownership.owner(found.entry) if found.entry else ownership.by(found.path),
    )


def _with_history(
    change: Change, told: Sequence[Mapping[tuple[str, str], Cause]], trust: Trust, ownership: Ownership
) -> Change:
    """What only kubectl wrote and Git never declared is no earlier version of Git's: somebody added it."""
    if change.type in ("dropped", "added"):
        return change
    then = [causes[change.type, change.pointer] for causes in told if (change.type, change.pointer) in causes]
    settled = cause.with_history(change.cause, then, trust)
    if change.type == "stale" and settled == "cluster" and ownership.deployer.is_kubectl:
        by = replace(change.by, manager_class="interactive") if change.by else None
        return replace(change, type="added", cause=settled, severity=SEVERITY["added"], by=by)
    return replace(change, cause=settled)


def _reservation(live: JsonObject) -> str:
    """What the verdict could not take into account."""
    if fields.managed_fields(live):
        return ""
    return "the live object carries no managedFields, so fields added by hand cannot be told"


def _waived(changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    reasons = dict.fromkeys(change.ignored.reason for change in changes if change.ignored is not None)
    return f"{len(changes)} ignored: {'; '.join(reasons)}"
