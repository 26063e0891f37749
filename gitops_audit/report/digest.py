"""The findings of a run in a few lines: what they have in common, counted; and what was waived, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from gitops_audit.model.check import ENGINE, POLICY, SCHEMA
from gitops_audit.model.finding import Finding
from gitops_audit.model.printable import printable
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text

MAX_GROUPS = 12


def groups(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """A hundred Deployments scaled by one person are one line."""
    counted = Counter(group for verdict in verdicts for group in _groups(verdict))
    yield from _counted(counted)


def unfailing(verdicts: Iterable[Verdict], *, is_verbose: bool) -> Iterator[str]:
    """What fails nothing and must not be overlooked: warnings, skipped policies, ignored and excepted findings.

    `is_verbose`: each with its resource, and not only counted.
    """
    told = [(v, f) for v in verdicts for f in v.findings if _is_unfailing(v, f)]
    counted, reasons = Counter(_name(v, f) for v, f in told), {_name(v, f): _reason(f) for v, f in reversed(told)}
    yield from _counted(Counter({name + reasons[name]: count for name, count in counted.items()}))
    if is_verbose:
        yield from (printable(f"{v.subject.key}: {': '.join(text.told(f))}") for v, f in told)


def _counted(counted: Counter[str]) -> Iterator[str]:
    for group, count in counted.most_common(MAX_GROUPS):
        yield printable(f"  {count:>6} x {group}")
    if len(counted) > MAX_GROUPS:
        yield f"         and {len(counted) - MAX_GROUPS} more kinds of findings"


def _is_unfailing(verdict: Verdict, finding: Finding) -> bool:
    if verdict.outcome == "passed" and (finding.state == "persisting" or finding.check == ENGINE):
        return True
    return finding.waiver is not None or (finding.check == POLICY and finding.result in ("warn", "skip"))


def _name(verdict: Verdict, finding: Finding) -> str:
    """What is counted: a rule, or a field of a kind, with the reason of a waiver."""
    if finding.waiver is None and finding.check == ENGINE and finding.state != "persisting":
        return f"{finding.severity}: {verdict.subject.key.qualified_kind} {ENGINE}/{finding.rule}"
    if finding.waiver is None and finding.result == "fail":  # it fails nothing, for the baseline knows it
        return f"known: {_group(verdict, finding)}"
    what = f"{verdict.subject.key.qualified_kind} {finding.path}" if finding.change else finding.rule
    waiver = f": {text.waiver_text(finding.waiver)}" if finding.waiver else ""
    return f"{text.word(finding)}: {what}{waiver}"


def _reason(finding: Finding) -> str:
    """What the name does not say already: the first message stands for all."""
    is_told = finding.waiver is not None or finding.result == "fail"
    return "" if is_told else f": {finding.message.partition(chr(10))[0]}"


def _groups(verdict: Verdict) -> set[str]:
    return {_group(verdict, f) for f in verdict.findings if f.waiver is None and f.result in ("fail", "error")}


def _group(verdict: Verdict, finding: Finding) -> str:
    kind = verdict.subject.key.qualified_kind
    if finding.check == POLICY:
        return f"{finding.rule} {'violated' if finding.result == 'fail' else 'could not be evaluated'}"
    if finding.check == SCHEMA:
        return f"{kind} invalid"
    if finding.change is not None:
        by = f" by {finding.change.by.manager}" if finding.change.by else ""
        return f"{kind} {finding.path} {finding.rule}{by}"
    return f"{kind} {finding.rule}" if finding.result == "fail" else f"error {finding.rule}"
