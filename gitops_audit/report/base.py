"""What a change makes of the declared objects: each that is added, removed or different, as a diff of its rendering."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.check import DRIFT
from gitops_audit.model.finding import Finding
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.result import AuditResult, BaseInfo, RenderedChange
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.diff import CONTEXT_LINES, yaml_lines

if TYPE_CHECKING:
    from gitops_audit.engine.audit import Audit
    from gitops_audit.engine.base import Base

MAX_LINES = 400
"""Of one object: a definition of a custom resource has thousands."""
MAX_SHOWN = 2_000

Kind = Literal["added", "removed", "changed"]
Place = tuple[str, str]
Objects = Mapping[Place, tuple[str, JsonObject]]
"""Declared objects with their source, by cluster and resource."""


def compared(base: Base, audit: Audit) -> BaseInfo:
    """What the change makes of the declared objects; both sides without what either audit knows to be secret."""
    from gitops_audit.engine.base import declared_by_place

    before = {place: (s, audit.masked(place[0], body)) for place, (s, body) in base.declared.items()}
    return BaseInfo(base.revision, base.commit, tuple(changes(before, declared_by_place(audit))))


def changes(before: Objects, after: Objects) -> Iterator[RenderedChange]:
    """In the order of clusters and resources."""
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        if old is not None and new is not None and old[1] == new[1]:
            continue
        source = (new or old or ("", {}))[0]
        change: Kind = "added" if old is None else "removed" if new is None else "changed"
        lines = _diff(old[1] if old else {}, new[1] if new else {})
        yield RenderedChange(place[0], source, place[1], change, tuple(map(printable, lines)))


def lines(base: BaseInfo) -> Iterator[str]:
    """For people who read text."""
    yield f"against {base.revision} ({base.commit[:10]}): {counted(base.changes)}"
    shown = 0
    for change in base.changes:
        if shown > MAX_SHOWN:
            yield "the diffs of further objects are in the JSON report"
            return
        shown += len(change.diff)
        yield f"  {change.change} {change.resource} (cluster {change.cluster}, source {change.source})"
        yield from (f"    {line}" for line in change.diff)


def counted(found: Sequence[RenderedChange]) -> str:
    numbers = {name: sum(c.change == name for c in found) for name in ("added", "changed", "removed")}
    return "objects: " + ", ".join(f"{count} {name}" for name, count in numbers.items())


def gone(result: AuditResult) -> Iterator[tuple[str, str]]:
    """The findings that a change ends, each with how: it repairs them, or removes the object that has them."""
    for how, entry in _ended(result):
        place = f" {entry.path}" if entry.path else ""
        yield how, f"{entry.check}/{entry.rule} on {entry.resource}{place} (cluster {entry.cluster})"


def gone_by_object(result: AuditResult) -> Sequence[tuple[str, str, Sequence[str]]]:
    """The same by object: how, the object with its cluster, and which rules it broke."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for how, entry in _ended(result):
        found.setdefault((how, f"{entry.resource} (cluster {entry.cluster})"), {})[f"{entry.check}/{entry.rule}"] = None
    return [(how, place, tuple(rules)) for (how, place), rules in found.items()]


def _ended(result: AuditResult) -> Iterator[tuple[str, KnownFinding]]:
    removed = {(c.cluster, c.resource) for c in result.base.changes if c.change == "removed"} if result.base else set()
    for entry in result.summary.resolved or ():
        yield "removes" if (entry.cluster, entry.resource) in removed else "repairs", entry


def is_of_the_change(finding: Finding) -> bool:
    """Whether a finding of an audit against a base is only what the change will deploy."""
    return finding.check == DRIFT and finding.cause == "git" and finding.state is None


def is_deployed_later(verdict: Verdict, base: BaseInfo | None) -> bool:
    """Whether an object differs from its cluster by what a change will deploy, and by nothing else that counts."""
    drifted = [f for f in verdict.findings if f.check == DRIFT and f.waiver is None]
    return base is not None and bool(drifted) and all(map(is_of_the_change, drifted))


def is_added(finding: Finding, base: BaseInfo | None) -> bool:
    """Whether a change answers for a finding; every run without a base does for all of its findings."""
    return base is None or (finding.state != "persisting" and not is_of_the_change(finding))


def _diff(before: JsonObject, after: JsonObject) -> Sequence[str]:
    old, new = (_lines(body) if body else [] for body in (before, after))
    found = list(difflib.unified_diff(old, new, n=CONTEXT_LINES, lineterm=""))[2:]
    if len(found) > MAX_LINES:
        return [*found[:MAX_LINES], f"… and {how_many(len(found) - MAX_LINES, 'more line')}"]
    return found


def _lines(body: JsonObject) -> Sequence[str]:
    try:
        return yaml_lines(body)
    except RecursionError:
        return ["(it nests too deeply to be shown)"]
