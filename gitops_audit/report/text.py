"""A verdict as a person reads it: the diff, who changed it, where it is declared, what to do next.

Lines carry a style instead of escape codes, so that pytest's writer, the CLI and plain files show the same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from shlex import quote
from typing import Literal, NamedTuple

from gitops_audit.model.check import DRIFT, ENGINE, HEALTH, POLICY, SCHEMA
from gitops_audit.model.finding import CHANGE_MEANING, Cause, Change, FieldOwner, Finding, Severity, Waiver
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.remediation import NO_ACTION, Remediation
from gitops_audit.model.result import AuditResult, ClusterInfo, Summary
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.base import is_deployed_later
from gitops_audit.report.cause import ErrorCause, cause_of
from gitops_audit.report.diff import shown, unified

Style = Literal[
    "", "title", "add", "remove", "dim", "error", "hint", "good", "critical", "high", "medium", "low", "info"
]

MAX_CHANGES = 40

SEVERITY_STYLES: dict[Severity, Style] = {
    Severity.critical: "critical",
    Severity.high: "high",
    Severity.medium: "medium",
    Severity.low: "low",
    Severity.info: "info",
}
"""The worst first."""


class Line(NamedTuple):
    """`is_exact`: what somebody copies, or reads by its indentation, so that no line break comes into it."""

    text: str
    style: Style = ""
    is_exact: bool = False


_MARK: dict[str, str] = {"added": "+", "stale": "+", "removed": "-", "dropped": "-", "changed": "~"}
_MISSING: dict[Cause, str] = {
    "git": "declared in Git, not deployed yet",
    "cluster": "declared in Git, deleted in the cluster",
    "both": "declared in Git, not in the cluster",
    "unknown": "declared in Git, not in the cluster",
}
_MISSING_GIST: dict[Cause, str] = {
    "git": "missing (new in Git, not deployed yet)",
    "cluster": "missing (deleted in the cluster)",
    "both": "missing",
    "unknown": "missing",
}
MISSING_NEXT: dict[Cause, str] = {
    "git": "deploy the commit; it was not declared at the last deployment",
    "cluster": "find out who deleted it (audit log, `kubectl get events`), then deploy again or delete its manifest",
    "both": "deploy it, or delete its manifest if it is no longer wanted",
    "unknown": "deploy it, or delete its manifest if it is no longer wanted",
}
PENDING_NEXT = "deploy the commit; nobody touched the cluster"


def lines(
    verdict: Verdict, *, is_verbose: bool = False, shared: Container[ErrorCause] = (), has_diff: bool = True
) -> Iterator[Line]:
    """Everything about a verdict that is not fine, printable on any terminal.

    `is_verbose`: also what is waived, line by line. Errors with a cause in `shared` are told elsewhere: in brief here.
    """
    return (line._replace(text=printable(line.text)) for line in _lines(verdict, is_verbose, shared, has_diff))


def _lines(verdict: Verdict, is_verbose: bool, shared: Container[ErrorCause], has_diff: bool) -> Iterator[Line]:
    findings = verdict.findings
    yield Line(_headline(verdict), "title")
    for finding in findings:
        if finding.result == "error" and finding.waiver is None:
            yield from _error(finding, verdict.subject.origin.path, shared)
    yield from _invalid(findings, verdict.subject.origin.path)
    yield from _drift(verdict, findings, has_diff=has_diff)
    yield from (Line(f"  {_gist(f)}", "remove") for f in findings if f.check == HEALTH and f.waiver is None)
    yield from _policies(findings, verdict.subject.origin.path)
    yield from _waived(findings, is_verbose)
    yield from _known(findings)
    yield from _origin(verdict)
    if verdict.remediation is not None:
        yield Line(f"  remediation: {remediation(verdict.remediation)}", "hint")
    else:
        yield from _next_step(verdict)


def one_line(verdict: Verdict) -> str:
    """The gist of a verdict, for pytest's short summary and for lists."""
    return printable("; ".join(_parts(verdict)))


def told(finding: Finding) -> tuple[str, str]:
    """A finding as a pair, for lists and properties: the word for what became of it, and what it says."""
    reason = f" ({waiver_text(finding.waiver)})" if finding.waiver else ""
    return word(finding), printable(f"{_gist(finding)}{reason}")


def remediation(done: Remediation) -> str:
    """What was done about the drift, and how to take it back. Not made printable yet."""
    what = done.result if done.action == NO_ACTION else f"{done.action}, {done.result}"
    reason = f": {done.message}" if done.message else ""
    undo = f" by run {done.run} (`gitops-audit remediate undo {done.run}` takes it back)"
    return f"{what}{undo if done.run and done.result in ('done', 'fight') else ''}{reason}"


def sentence(finding: Finding) -> str:
    """All of a finding on one line: what it says, which side moved, and who did it. Not made printable yet."""
    change = finding.change
    if change is not None:
        return f"{_gist(finding)}; {evidence(change)}"
    is_object = finding.check == DRIFT and finding.rule in ("missing", "extra")
    return f"{_gist(finding)}: {finding.message}" if is_object and finding.message else _gist(finding)


def evidence(change: Change) -> str:
    """What a change means, and who made it."""
    return "; ".join((meaning(change), *((owner(change.by),) if change.by else ())))


def word(finding: Finding) -> str:
    if finding.waiver is not None:
        return "ignored" if finding.check == DRIFT else "excepted"
    return {"fail": "finding", "warn": "warning", "error": "error", "skip": "skipped"}[finding.result]


def known(finding: Finding) -> str:
    """Behind a sentence: whether a finding is new, or since when it is known; empty where nothing is asked for it."""
    if finding.state is None:
        return ""
    since = f" since {printable(finding.since)}" if finding.since else ""
    return "; new" if finding.state == "new" else f"; known{since}"


def states(summary: Summary) -> Iterator[str]:
    """How many findings are new beside the baseline or the base of a change, in one line; none where neither is."""
    if summary.resolved is not None:
        told = f"{summary.states['new']} new, {summary.states['persisting']} known, {len(summary.resolved)} resolved"
        yield f"findings: {told}"


def drift(result: AuditResult) -> str:
    """How the objects stand against Git, in one line; apart from what only a change that is audited makes differ."""
    later = Counter(v.drift.status for v in result.verdicts if v.drift and is_deployed_later(v, result.base))
    counts = [f"{n} {status}" for status, n in sorted((result.summary.drift - later).items())]
    deployed = [f"{later.total()} to be deployed by this change"] if later else []
    return f"drift: {', '.join([*counts, *deployed]) or uncompared(result.info.clusters)}"


def uncompared(clusters: Iterable[ClusterInfo]) -> str:
    """In place of counts, where no object was compared."""
    return "nothing was compared" if any(cluster.is_asked for cluster in clusters) else "no cluster was asked"


def violations(summary: Summary) -> Iterator[str]:
    """The violations of policies in one line, the worst first; none where there are none."""
    if summary.violations:
        counts = sorted(summary.violations.items(), key=lambda item: -Severity[item[0]])
        yield "violations: " + ", ".join(f"{n} {severity}" for severity, n in counts)


def waiver_text(waiver: Waiver) -> str:
    owner = f", {waiver.owner}" if waiver.owner else ""
    expires = f", until {waiver.expires}" if waiver.expires else ""
    return f"{waiver.reason or 'no reason given'}{owner}{expires}"


def _parts(verdict: Verdict) -> Iterator[str]:
    """The first of each kind in words, the others as a number."""
    open_ = [f for f in verdict.findings if f.waiver is None]
    for findings, limit, others in (
        ([f for f in open_ if f.result == "error"], 1, "more errors"),
        ([f for f in open_ if f.check == SCHEMA], 1, "more invalid fields"),
        ([f for f in open_ if f.check == DRIFT and f.result == "fail"], 2, "more changes"),
        ([f for f in open_ if f.check == HEALTH], 1, "more about its health"),
        ([f for f in open_ if f.check == ENGINE], 1, "more about its engine"),
        ([f for f in open_ if f.check == POLICY and f.result == "fail"], 1, "more violations"),
        ([f for f in open_ if f.result == "warn"], 1, "more warnings"),
        ([f for f in open_ if f.result == "skip"], 1, "more skipped"),
    ):
        yield from (_gist(f) for f in findings[:limit])
        if len(findings) > limit:
            yield f"{len(findings) - limit} {others}"
    waived = Counter(word(f) for f in verdict.findings if f.waiver is not None)
    yield from (f"{count} {name}" for name, count in waived.items())


def notes(texts: Iterable[str], told: Container[str] = ()) -> Iterator[str]:
    """What the run itself should be told, each once, but for what is `told` elsewhere as an error."""
    return (printable(f"note: {text}") for text in dict.fromkeys(texts) if text not in told)


def plain(verdict: Verdict, *, has_diff: bool = True) -> str:
    """All of it, for files. `has_diff`: also the object as a diff, which costs more than all else."""
    return "\n".join(line.text for line in lines(verdict, is_verbose=True, has_diff=has_diff))


def _headline(verdict: Verdict) -> str:
    resource = verdict.subject
    status = f": {verdict.drift.status}" if verdict.drift and verdict.drift.status != "in-sync" else ""
    return f"{resource.key}{status}  (cluster {resource.key.cluster}, source {resource.source})"


def _error(finding: Finding, path: str, shared: Container[ErrorCause]) -> Iterator[Line]:
    if cause_of(finding) in shared:
        yield Line(f"  could not be evaluated [{finding.rule}], as other resources: told once, below", "error")
        return
    first, *rest = finding.message.split("\n")
    what = f"{finding.rule}: " if finding.check == POLICY else ""
    code = f" [{finding.rule}]" if finding.check != POLICY and finding.rule != "unknown" else ""
    unknown = "drift unknown" if finding.rule == "unknown" and finding.check == DRIFT else "could not be evaluated"
    yield Line(f"  {unknown}: {what}{first}{code}", "error")
    yield from (Line(f"    {line}", "error") for line in rest)
    if finding.check == POLICY:
        yield from _place(finding, path)


def _invalid(findings: Sequence[Finding], path: str) -> Iterator[Line]:
    for fault in findings:
        if fault.check == SCHEMA and fault.result == "fail":
            where = f"{path}:{fault.line}" if fault.line else path
            yield Line(f"  invalid {where}: {fault.path + ': ' if fault.path else ''}{fault.message}", "error")


def _drift(verdict: Verdict, findings: Sequence[Finding], *, has_diff: bool) -> Iterator[Line]:
    drift = verdict.drift
    if drift is None or drift.status == "in-sync":
        return
    if drift.status == "missing":
        yield Line(f"  {_MISSING[drift.cause or 'unknown']}{': ' + drift.reason if drift.reason else ''}", "remove")
    if drift.status == "extra":
        yield Line(f"  in the cluster, declared nowhere{': ' + drift.reason if drift.reason else ''}", "add")
    changes = [(f, f.change) for f in findings if f.change is not None and f.waiver is None]
    if has_diff:
        yield from _diff(verdict, tuple(change for _, change in changes))
    for finding, change in changes[:MAX_CHANGES]:
        yield from _change(finding, change, verdict.subject.origin.path)
    if len(changes) > MAX_CHANGES:
        yield Line(f"  and {how_many(len(changes) - MAX_CHANGES, 'more change')} (all are in the JSON report)", "dim")
    if drift.status == "modified" and drift.reason:
        yield Line(f"  {drift.reason}", "dim")


def _diff(verdict: Verdict, changes: tuple[Change, ...]) -> Iterator[Line]:
    for text in unified(verdict.subject.body, changes):
        style: Style = "add" if text.startswith("+") else "remove" if text.startswith("-") else "dim"
        yield Line(f"    {text}", style, is_exact=True)


def _change(finding: Finding, change: Change, path: str) -> Iterator[Line]:
    yield Line(f"  {_MARK[change.type]} {_values(change)}")
    details = [evidence(change)]
    if finding.line:
        details.append(f"declared at {path}:{finding.line}")
    yield Line(f"      {'; '.join(details)}", "dim")


def meaning(change: Change) -> str:
    """What the change is, which side moved, what images are built from, and which value of a chart it is."""
    value = f"its value comes from {change.value_at}" if change.value_at else ""
    return "; ".join(filter(None, (_moved(change), change.built, value)))


def _moved(change: Change) -> str:
    if change.cause == "git":
        return "changed in Git, not deployed yet"
    if change.cause == "both":
        return f"{CHANGE_MEANING[change.type]}; changed in Git and in the cluster since the last deployment"
    if change.cause == "unknown" and change.type != "dropped":
        told = "declared in Git, not in the cluster" if change.type == "removed" else CHANGE_MEANING[change.type]
        return f"{told}; which side moved is not known"
    return CHANGE_MEANING[change.type]


def _gist(finding: Finding) -> str:
    if finding.change is not None:
        return _values(finding.change)
    message = finding.message.partition("\n")[0]
    if finding.check == SCHEMA:
        return f"invalid: {finding.path + ': ' if finding.path else ''}{message}"
    if finding.check == ENGINE:
        return f"{ENGINE}/{finding.rule}: {message}"
    if finding.check in (POLICY, HEALTH):
        return f"{finding.rule}: {message}"
    if finding.result == "fail":
        return _MISSING_GIST[finding.cause] if finding.rule == "missing" else finding.rule
    return message


def _values(change: Change) -> str:
    match change.type:
        case "changed":
            return f"{change.path}: {shown(change.declared)} -> {shown(change.live)}"
        case "removed" | "dropped":
            return f"{change.path}: {shown(change.declared)} is {change.type}"
        case _:
            return f"{change.path}: {shown(change.live)} is {change.type}"


def owner(by: FieldOwner) -> str:
    """Who made a change, and when."""
    operation = f" ({by.operation}{'/' + by.subresource if by.subresource else ''})" if by.operation else ""
    user = f", user {by.user}" if by.user else ""
    source = f" from {by.source_ip}" if by.source_ip else ""
    agent = f" with {by.user_agent}" if by.user_agent else ""
    when = f" at {by.time}" if by.time else ""
    kind = f" [{by.manager_class}]" if by.manager_class != "unknown" else ""
    return f"by {by.manager}{kind}{operation}{user}{source}{agent}{when}"


def _policies(findings: Sequence[Finding], path: str) -> Iterator[Line]:
    for finding in findings:
        if finding.check not in (POLICY, ENGINE) or finding.waiver is not None:
            continue
        if finding.check == ENGINE:
            yield Line(f"  {finding.severity} {_gist(finding)}", SEVERITY_STYLES[finding.severity])
            yield from _place(finding, path)
            yield from (Line(f"      {line}", "hint") for line in finding.message.split("\n")[1:])
        elif finding.result == "fail":
            yield Line(f"  {finding.severity} {finding.rule}: {finding.message}", SEVERITY_STYLES[finding.severity])
            yield from _place(finding, path)
        elif finding.result == "warn":
            yield Line(f"  warning {finding.rule}: {finding.message}", "hint")
            yield from _place(finding, path)
        elif finding.result == "skip":
            yield Line(f"  skipped {finding.rule}: {finding.message}", "dim")


def _place(finding: Finding, path: str) -> Iterator[Line]:
    side = {"declared": "in Git", "live": "in the cluster only", "both": "in Git and in the cluster"}[finding.on]
    place = f"; {finding.path}" if finding.path else ""
    line = f" at {path}:{finding.line}" if finding.line else ""
    yield Line(f"      {side}{place}{line}", "dim")


def _waived(findings: Sequence[Finding], is_verbose: bool) -> Iterator[Line]:
    waived = [f for f in findings if f.waiver is not None]
    if is_verbose:
        yield from (Line("  {} {}".format(*told(f)), "dim") for f in waived)
        return
    for reason, count in Counter(f"{word(f)}: {waiver_text(f.waiver)}" for f in waived if f.waiver).items():
        yield Line(f"  {count} more {'is' if count == 1 else 'are'} {reason}", "dim")


def _known(findings: Sequence[Finding]) -> Iterator[Line]:
    """What an earlier run knows of it."""
    new = sum(f.state == "new" for f in findings)
    known = [f.since for f in findings if f.state == "persisting"]
    since = f" since {min(known)}" if any(known) else ""
    told = ([f"{new} new"] if new else []) + ([f"{len(known)} known{since}"] if known else [])
    if told:
        yield Line(f"  of what is found here, {' and '.join(told)}", "dim")


def _origin(verdict: Verdict) -> Iterator[Line]:
    origin, commit = verdict.subject.origin, verdict.commit
    if not origin.path:
        return
    where = f"{origin.path}:{origin.line}" if origin.line else origin.path
    last = f", last commit {commit.sha[:10]} by {commit.author}, {commit.date}: {commit.subject}" if commit else ""
    yield Line(f"  declared at {where}{last}", "dim")


def _next_step(verdict: Verdict) -> Iterator[Line]:
    if step := next_step(verdict):
        yield Line(f"  next: {step}", "hint", is_exact=step.startswith("kubectl "))


def next_step(verdict: Verdict) -> str:
    """What to do about drift: a sentence or a command. Not made printable yet; empty where nothing drifted."""
    key, whole = verdict.subject.key, verdict.whole
    if whole is not None and whole.rule == "missing" and whole.waiver is None:
        return MISSING_NEXT[whole.cause]
    causes = {f.cause for f in verdict.changes if f.waiver is None}
    if not causes - {"git"}:
        return PENDING_NEXT if causes else ""
    scope = f" -n {quote(key.namespace)}" if key.namespace else ""
    kind = quote(key.qualified_kind.lower())
    look = "-o jsonpath='{.metadata.managedFields}'" if kind == "secret" else "-o yaml --show-managed-fields"
    return f"kubectl get {kind}{scope} {quote(key.name)} {look}"
