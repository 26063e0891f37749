"""What a run found and does not fail for, in a few lines: counted by what it has in common, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gitops_audit.model.check import ENGINE, POLICY, SCHEMA
from gitops_audit.model.finding import Finding
from gitops_audit.model.printable import printable
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text


def unfailing(verdicts: Iterable[Verdict]) -> Sequence[tuple[int, str]]:
    """What fails nothing and must not be overlooked: warnings, skipped policies, ignored and excepted findings.

    How often, and what; the most frequent first.
    """
    told = [(v, f) for v in verdicts for f in v.findings if _is_unfailing(v, f)]
    counted, reasons = Counter(_name(v, f) for v, f in told), {_name(v, f): _reason(f) for v, f in reversed(told)}
    return [(count, printable(name + reasons[name])) for name, count in counted.most_common()]


def each_unfailing(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """The same, each with its resource."""
    told = ((v, f) for v in verdicts for f in v.findings if _is_unfailing(v, f))
    return (printable(f"{v.subject.key}: {': '.join(text.told(f))}") for v, f in told)


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


def _group(verdict: Verdict, finding: Finding) -> str:
    kind = verdict.subject.key.qualified_kind
    if finding.check == POLICY:
        return f"{finding.rule} violated"
    if finding.check == SCHEMA:
        return f"{kind} invalid"
    if finding.change is not None:
        by = f" by {finding.change.by.manager}" if finding.change.by else ""
        return f"{kind} {finding.path} {finding.rule}{by}"
    return f"{kind} {finding.rule}"
