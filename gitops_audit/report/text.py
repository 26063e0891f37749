"""A verdict as a person reads it: the diff, who changed it, where it is declared, what to do next.

Lines carry a style instead of escape codes, so that pytest's writer, the CLI and plain files show the same text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from gitops_audit.engine.events import SourceInfo
from gitops_audit.model.finding import Cause, Change, FieldOwner, PolicyResult
from gitops_audit.model.printable import printable
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.diff import shown, unified

Style = Literal["", "title", "add", "remove", "dim", "error", "hint"]

MAX_CHANGES = 40


class Line(NamedTuple):
    text: str
    style: Style = ""


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
_MISSING_NEXT: dict[Cause, str] = {
    "git": "deploy the commit; it was not declared at the last deployment",
    "cluster": "find out who deleted it (audit log, `kubectl get events`), then deploy again or delete its manifest",
    "both": "deploy it, or delete its manifest if it is no longer wanted",
    "unknown": "deploy it, or delete its manifest if it is no longer wanted",
}
_MEANING: dict[str, str] = {
    "changed": "differs from Git",
    "removed": "declared in Git, gone in the cluster",
    "stale": "deployed earlier, no longer in Git",
    "added": "set by hand, not in Git",
    "dropped": "not kept by the API server: unknown to the schema of this kind",
}


def lines(verdict: Verdict) -> Iterator[Line]:
    """Everything about a verdict that is not fine, printable on any terminal."""
    return (Line(printable(line.text), line.style) for line in _lines(verdict))


def _lines(verdict: Verdict) -> Iterator[Line]:
    yield Line(_headline(verdict), "title")
    yield from _errors(verdict)
    yield from _invalid(verdict)
    yield from _drift(verdict)
    yield from _policies(verdict)
    yield from _origin(verdict)
    yield from _next_step(verdict)


def one_line(verdict: Verdict) -> str:
    """The gist of a verdict, for pytest's short summary and for lists."""
    return printable("; ".join(_parts(verdict)))


def _parts(verdict: Verdict) -> list[str]:
    if verdict.outcome == "skipped":
        return [verdict.skip_reason]
    parts = [e.message for e in verdict.errors[:1]]
    parts += [f"invalid: {i.path + ': ' if i.path else ''}{i.message}" for i in verdict.invalid[:1]]
    if verdict.drift and verdict.drift.status in ("missing", "extra"):
        parts.append(_MISSING_GIST[verdict.drift.cause] if verdict.drift.status == "missing" else "extra")
    changes = verdict.counting_changes
    parts += [_gist(c) for c in changes[:2]]
    if len(changes) > 2:
        parts.append(f"{len(changes) - 2} more changes")
    violations = verdict.violations
    parts += [f"{v.policy}: {v.message}" for v in violations[:1]]
    if len(violations) > 1:
        parts.append(f"{len(violations) - 1} more violations")
    return parts


def source_lines(source: SourceInfo, *, is_verbose: bool) -> Iterator[str]:
    """What was read of a source, and what in it is no Kubernetes object."""
    if not source.repo:
        yield f"source {source.name}: not read"
        return
    commit = source.commit[:10] or "work tree"
    yield f"source {source.name}: {source.repo} at {source.revision} ({commit}), path {source.path or '.'}"
    if source.ignored:
        count = len(source.ignored)
        hold = "file holds" if count == 1 else "files hold"
        yield f"  {count} {hold} no Kubernetes objects{':' if is_verbose else ' (-v names them)'}"
    yield from (f"    {path}: {reason}" for path, reason in source.ignored if is_verbose)


def plain(verdict: Verdict) -> str:
    return "\n".join(line.text for line in lines(verdict))


def _headline(verdict: Verdict) -> str:
    resource = verdict.resource
    status = f": {verdict.drift.status}" if verdict.drift and verdict.drift.status != "in-sync" else ""
    return f"{resource.key}{status}  (cluster {resource.key.cluster}, source {resource.source})"


def _errors(verdict: Verdict) -> Iterator[Line]:
    for problem in verdict.errors:
        first, *rest = problem.message.splitlines() or [""]
        yield Line(f"  could not be evaluated: {first} [{problem.code}]", "error")
        yield from (Line(f"    {line}", "error") for line in rest)


def _invalid(verdict: Verdict) -> Iterator[Line]:
    path = verdict.resource.origin.path
    for fault in verdict.invalid:
        where = f"{path}:{fault.line}" if fault.line else path
        field = f"{fault.path}: " if fault.path else ""
        yield Line(f"  invalid {where}: {field}{fault.message}", "error")


def _drift(verdict: Verdict) -> Iterator[Line]:
    drift = verdict.drift
    if drift is None or drift.status == "in-sync":
        return
    if drift.status == "missing":
        yield Line(f"  {_MISSING[drift.cause]}{': ' + drift.reason if drift.reason else ''}", "remove")
    if drift.status == "extra":
        yield Line(f"  in the cluster, declared nowhere{': ' + drift.reason if drift.reason else ''}", "add")
    if drift.status == "unknown" and drift.reason:
        yield Line(f"  drift unknown: {drift.reason}", "error")
    changes = verdict.counting_changes
    yield from _diff(verdict, changes)
    for change in changes[:MAX_CHANGES]:
        yield from _change(change, verdict.resource.origin.path)
    if len(changes) > MAX_CHANGES:
        yield Line(f"  and {len(changes) - MAX_CHANGES} more changes (all are in the JSON report)", "dim")
    if drift.status == "modified" and drift.reason:
        yield Line(f"  {drift.reason}", "dim")
    ignored = len(drift.changes) - len(changes)
    if ignored:
        yield Line(f"  {ignored} more {'difference is' if ignored == 1 else 'differences are'} ignored by rule", "dim")


def _diff(verdict: Verdict, changes: tuple[Change, ...]) -> Iterator[Line]:
    for text in unified(verdict.resource.body, changes):
        style: Style = "add" if text.startswith("+") else "remove" if text.startswith("-") else "dim"
        yield Line(f"    {text}", style)


def _change(change: Change, path: str) -> Iterator[Line]:
    yield Line(f"  {_MARK[change.type]} {_gist(change)}")
    details = [_meaning(change)]
    if change.by is not None:
        details.append(_who(change.by))
    if change.line:
        details.append(f"declared at {path}:{change.line}")
    yield Line(f"      {'; '.join(details)}", "dim")


def _meaning(change: Change) -> str:
    if change.cause == "git":
        return "changed in Git, not deployed yet"
    if change.cause == "both":
        return f"{_MEANING[change.type]}; changed in Git and in the cluster since the last deployment"
    if change.cause == "unknown" and change.type != "dropped":
        told = "declared in Git, not in the cluster" if change.type == "removed" else _MEANING[change.type]
        return f"{told}; which side moved is not known"
    return _MEANING[change.type]


def _gist(change: Change) -> str:
    match change.type:
        case "changed":
            return f"{change.path}: {shown(change.declared)} -> {shown(change.live)}"
        case "removed" | "dropped":
            return f"{change.path}: {shown(change.declared)} is {change.type}"
        case _:
            return f"{change.path}: {shown(change.live)} is {change.type}"


def _who(by: FieldOwner) -> str:
    operation = f" ({by.operation}{'/' + by.subresource if by.subresource else ''})" if by.operation else ""
    user = f", user {by.user}" if by.user else ""
    source = f" from {by.source_ip}" if by.source_ip else ""
    agent = f" with {by.user_agent}" if by.user_agent else ""
    when = f" at {by.time}" if by.time else ""
    kind = f" [{by.manager_class}]" if by.manager_class != "unknown" else ""
    return f"by {by.manager}{kind}{operation}{user}{source}{agent}{when}"


def _policies(verdict: Verdict) -> Iterator[Line]:
    for result in verdict.policies:
        if result.result == "fail" and result.exception is None:
            yield Line(f"  {result.severity} {_policy_name(result)}: {result.message}", "remove")
            yield from _policy_detail(result, verdict.resource.origin.path)
        elif result.result == "warn":
            yield Line(f"  warning {_policy_name(result)}: {result.message}", "dim")


def _policy_name(result: PolicyResult) -> str:
    return result.policy if result.rule in ("", result.policy) else f"{result.policy}/{result.rule}"


def _policy_detail(result: PolicyResult, path: str) -> Iterator[Line]:
    side = {"declared": "in Git", "live": "in the cluster only", "both": "in Git and in the cluster"}[result.on]
    place = f"; {result.path}" if result.path else ""
    line = f" at {path}:{result.line}" if result.line else ""
    yield Line(f"      {side}{place}{line}", "dim")


def _origin(verdict: Verdict) -> Iterator[Line]:
    origin, commit = verdict.resource.origin, verdict.commit
    if not origin.path:
        return
    where = f"{origin.path}:{origin.line}" if origin.line else origin.path
    last = f", last commit {commit.sha[:10]} by {commit.author}, {commit.date}: {commit.subject}" if commit else ""
    yield Line(f"  declared at {where}{last}", "dim")


def _next_step(verdict: Verdict) -> Iterator[Line]:
    key, drift = verdict.resource.key, verdict.drift
    if drift is None or drift.status not in ("modified", "missing"):
        return
    scope = f" -n {key.namespace}" if key.namespace else ""
    kind = key.qualified_kind.lower()
    if drift.status == "missing":
        yield Line(f"  next: {_MISSING_NEXT[drift.cause]}", "hint")
    elif any(c.cause in ("cluster", "both", "unknown") for c in verdict.counting_changes):
        look = "-o jsonpath='{.metadata.managedFields}'" if kind == "secret" else "-o yaml --show-managed-fields"
        yield Line(f"  next: kubectl get {kind}{scope} {key.name} {look}", "hint")
    elif verdict.counting_changes:
        yield Line("  next: deploy the commit; nobody touched the cluster", "hint")
