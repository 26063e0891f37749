"""From one verdict to what would be done about it: a draft of an action, or the reason why nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitops_audit.model.finding import Change, Finding
from gitops_audit.model.resource import Declared
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.document import ActionName, Scope

_LEAVING = frozenset({"added", "stale"})
_IMMUTABLE = ("field is immutable", "updates to statefulset spec for fields other than", "may not change once set")


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be done to one resource; `changes` are those it undoes, empty for a whole object."""

    verdict: Verdict
    action: ActionName
    changes: tuple[Change, ...] = ()

    @property
    def resource(self) -> Subject:
        return self.verdict.subject

    @property
    def is_whole(self) -> bool:
        """Whether nothing stays different: nothing accepted, and nothing that another direction would repair."""
        found = (finding.change for finding in self.verdict.changes)
        return all(change is None or change in self.changes or change.type == "dropped" for change in found)


def choose(verdict: Verdict, scope: Scope) -> Draft | str | None:
    """A draft, a reason to refuse, or None where nothing is to be done."""
    if verdict.unevaluated:
        return verdict.unevaluated[0].message
    if verdict.drift is None or verdict.skip_reason:
        return None
    whole = verdict.whole
    if whole is None:
        return _modified(verdict, verdict.drift.reason, scope)
    if whole.waiver is not None:
        return None
    if whole.rule == "missing":
        return _missing(verdict, whole, scope)
    return Draft(verdict, "delete") if scope.prune else None


def _missing(verdict: Verdict, whole: Finding, scope: Scope) -> Draft | str | None:
    if scope.to == "last-synced" and whole.cause == "git":
        return None
    if scope.to == "last-synced" and whole.cause != "cluster":
        return "it is not known whether it was ever deployed, so it is no part of the last sync"
    if _unknown_places(verdict.subject):
        return "Git does not hold all of its values, so it cannot be created from there"
    return Draft(verdict, "create")


def _modified(verdict: Verdict, reason: str, scope: Scope) -> Draft | str | None:
    """`reason` is what the server said of the difference."""
    counting = [f.change for f in verdict.changes if f.change is not None and f.waiver is None]
    changes = [change for change in counting if change.type != "dropped"]
    if scope.to == "last-synced":
        unclear = [change for change in changes if change.cause in ("both", "unknown")]
        if unclear:
            return f"what was deployed last is not known of {_paths(unclear)}"
        changes = [change for change in changes if change.cause == "cluster"]
    if hidden := [change for change in changes if holds_unknown(change, verdict.subject)]:
        return f"Git does not hold the value of {_paths(hidden)}"
    if not changes:
        dropped = [change for change in counting if change.type == "dropped"]
        return f"the server does not keep {_paths(dropped)}: correct the manifest" if dropped else None
    if any(words in reason for words in _IMMUTABLE):
        if not scope.recreate:
            return f"the server does not let {_paths(changes)} change: only --recreate repairs it"
        if _unknown_places(verdict.subject):
            return "Git does not hold all of its values, so it cannot be created again from there"
        return Draft(verdict, "recreate", tuple(changes))
    is_removal = all(change.type in _LEAVING for change in changes)
    return Draft(verdict, "remove-fields" if is_removal else "apply", tuple(changes))


def _unknown_places(resource: Subject) -> Sequence[str]:
    """Where what is declared only stands for a value."""
    if not isinstance(resource, Declared):
        return ()
    return [*(s.pointer for s in resource.stand_ins), *(pointer for pointer, _ in resource.varying)]


def holds_unknown(change: Change, resource: Subject) -> bool:
    """Whether what would be written holds a value that only stands for another."""
    places = _unknown_places(resource)
    return change.type not in _LEAVING and any(_is_within(p, change.pointer) for p in places)


def _is_within(place: str, pointer: str) -> bool:
    """Whether one of two places is (in) the other; `stringData` of a Secret is kept in `data`."""
    one, other = (f"{p}/".replace("/stringData/", "/data/", 1) for p in (place, pointer))
    return one.startswith(other) or other.startswith(one)


def _paths(changes: Sequence[Change]) -> str:
    shown = [change.path or "the object" for change in changes]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
