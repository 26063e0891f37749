"""Which resources a terminal shows in full: the worst first, alike ones together, and the rest in one line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text
from gitops_audit.report.first_steps import first_steps
from gitops_audit.report.text import Line

# Of resources with the same worst finding that many are shown in full, and of all; then that many in one line each.
EXAMPLES, FULL, BRIEF = 10, 50, 500


def chosen(verdicts: Sequence[Verdict], result: AuditResult) -> Iterator[tuple[Verdict, bool]]:
    """The verdicts that a terminal has room for, and whether in full. `result` says what is worst."""
    place = _places(result)
    last = len(place)
    alike: Counter[int] = Counter()
    full = brief = 0
    for verdict in sorted(verdicts, key=lambda v: place.get(v.subject.id, last)):
        group = place.get(verdict.subject.id, last)
        alike[group] += 1
        is_full = full < FULL and alike[group] <= EXAMPLES
        full, brief = full + is_full, brief + (not is_full)
        if is_full or brief <= BRIEF:
            yield verdict, is_full


def brief(verdict: Verdict) -> Line:
    """One line: the resource, what was found, who did it, and where it is declared."""
    key, origin = verdict.subject.key, verdict.subject.origin
    by = next((text.owner(f.change.by) for f in verdict.changes if f.change and f.change.by), "")
    line = next((f.line for f in verdict.findings if f.line), origin.line)
    parts = [f"{key}: {text.one_line(verdict)}", by, f"declared at {origin.path}:{line}" if origin.path else ""]
    told = "; ".join(filter(None, parts))
    return Line(printable(f"{told}  (cluster {key.cluster}, source {verdict.subject.source})"))


def _places(result: AuditResult) -> Mapping[str, int]:
    """For each resource the place of its first group among what to do first."""
    place: dict[str, int] = {}
    for number, step in enumerate(first_steps(result)):
        for resource in step.resources:
            place.setdefault(resource, number)
    return place
