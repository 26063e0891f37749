"""A finished audit as the data of the HTML report: every text once, resources as columns of numbers, the worst first.

All texts are printable already: no control character, no invisible one and no turned text is left in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gitops_audit.model.check import POLICY
from gitops_audit.model.finding import Change, Finding, Severity, Waiver
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable, printable_lines
from gitops_audit.model.result import AuditResult, BaseInfo, PolicyInfo, RenderedChange
from gitops_audit.model.verdict import Outcome, Verdict
from gitops_audit.report import text
from gitops_audit.report.base import gone_by_object, is_added
from gitops_audit.report.diff import shortened
from gitops_audit.report.first_steps import FirstStep, first_steps
from gitops_audit.report.shown_values import shown_values
from gitops_audit.report.suggest import exception, suggested

OUTCOMES: tuple[Outcome, ...] = ("error", "failed", "skipped", "passed")
STATES = ("error", "failed", "warning", "waived", "skipped")
MAX_STEPS = 50
MAX_ENDED = 500
MAX_CHANGES, MAX_DIFF_LINES = 200, 200
MAX_CHARS = 2_000
MAX_NAME_CHARS = 300
_COLUMNS = ("outcome", "cluster", "source", "kind", "namespace", "name", "path", "line", "detail")


def data(result: AuditResult) -> dict[str, Any]:
    """Everything that the page shows, as JSON values."""
    info, texts = result.info, Texts()
    columns, details = _resources(result, texts)
    steps = first_steps(result)
    return {
        "started": info.started_at,
        "finished": result.finished_at,
        "seconds": _seconds(info.started_at, result.finished_at),
        "exitCode": result.summary.exit_code,
        "tools": {"gitops-audit": _name(info.version), **dict(tool for s in info.sources for tool in s.tools)},
        "shard": [info.shard.index, info.shard.count] if info.shard else None,
        "clusters": [_names(c.name, c.version) for c in info.clusters],
        "sources": [_names(s.name, s.repo, s.revision, s.commit, s.path, s.followed_from) for s in info.sources],
        "severities": [severity.name for severity in Severity],
        "outcomes": OUTCOMES,
        **_change(result),
        "counts": [result.summary.outcomes[outcome] for outcome in OUTCOMES],
        "steps": [_step(step) for step in steps[:MAX_STEPS]],
        "moreSteps": max(0, len(steps) - MAX_STEPS),
        "policies": _policies(result),
        "unanswered": [_names(*part) for part in result.summary.unanswered],
        "notes": [_sentence(note) for note in dict.fromkeys(result.notes)],
        "columns": dict(zip(_COLUMNS, columns, strict=True)),
        "details": details,
        "texts": texts.all,
    }


def _change(result: AuditResult) -> dict[str, Any]:
    """What the run has otherwise than its base or its baseline; null without either."""
    known, base, ended = result.summary.states, result.base, gone_by_object(result)
    return {
        "states": None
        if result.summary.resolved is None
        else {"new": known["new"], "persisting": known["persisting"], "ended": len(result.summary.resolved)},
        "ended": [[how, _name(place), _names(*rules)] for how, place, rules in ended[:MAX_ENDED]],
        "moreEnded": max(0, len(ended) - MAX_ENDED),
        "base": _base(base) if base is not None else None,
    }


def _base(base: BaseInfo) -> dict[str, Any]:
    return {
        "revision": _name(base.revision),
        "commit": _name(base.commit),
        "counts": {kind: sum(c.change == kind for c in base.changes) for kind in ("added", "changed", "removed")},
        "changes": [_object(change) for change in base.changes[:MAX_CHANGES]],
        "moreChanges": max(0, len(base.changes) - MAX_CHANGES),
    }


def _object(change: RenderedChange) -> list[Any]:
    lines = [_name(line) for line in change.diff[:MAX_DIFF_LINES]]
    cut = len(change.diff) - len(lines)
    more = [f"@@ {how_many(cut, 'more line')}: the JSON report has all"] if cut else []
    return [change.change, *_names(change.resource, change.cluster, change.source), [*lines, *more]]


class Texts:
    """Every name once, by its number."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        known = self._numbers.get(name)
        if known is None:
            known = self._numbers[name] = len(self.all)
            self.all.append(_name(name))
        return known

    def numbers(self, names: Sequence[str]) -> list[int]:
        known = {name: self.number(name) for name in dict.fromkeys(names)}
        return [known[name] for name in names]


def _name(name: str) -> str:
    return printable(shortened(name, MAX_NAME_CHARS))


def _names(*names: str) -> list[str]:
    return [_name(name) for name in names]


def _sentence(sentence: str) -> str:
    return printable(shortened(sentence, MAX_CHARS))


def _seconds(started: str, finished: str) -> float:
    took = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    return round(took.total_seconds(), 1)


def _step(step: FirstStep) -> dict[str, Any]:
    return {
        "what": _sentence(step.what),
        "fields": _names(*step.named_fields),
        "moreFields": len(step.fields) - len(step.named_fields),
        "next": _sentence(step.next),
        "severity": int(step.severity),
        "isError": step.is_error,
        "count": len(step.resources),
        "only": _name(next(iter(step.resources.values()))) if len(step.resources) == 1 else "",
        "filters": {key: _name(value) for key, value in step.filters.items()},
    }


def _policies(result: AuditResult) -> list[dict[str, Any]]:
    """`passed`: how many results of its rules are good; the page counts the others itself."""
    passed = Counter(p.policy for v in result.verdicts for p in v.passed)
    return [_policy(policy, passed[policy.name]) for policy in result.info.policies]


def _policy(policy: PolicyInfo, passed: int) -> dict[str, Any]:
    return {
        "name": _name(policy.name),
        "title": _name(policy.title),
        "description": _sentence(policy.description),
        "category": _name(policy.category),
        "standards": _names(*policy.standards),
        "remediation": _sentence(policy.remediation),
        "passed": passed,
    }


@dataclass(frozen=True, slots=True)
class _Given:
    """What is the same for all resources: the number of a text, the day of the run, its base."""

    number: Callable[[str], int]
    today: date
    base: BaseInfo | None


def _resources(result: AuditResult, texts: Texts) -> tuple[Sequence[Sequence[int]], list[dict[str, Any]]]:
    """The columns of all resources, and the details of those of which anything is told: they come first."""
    given = _Given(texts.number, datetime.fromisoformat(result.finished_at).date(), result.base)
    told = sorted((verdict for verdict in result.verdicts if verdict.findings), key=_rank)
    plain = [verdict for verdict in result.verdicts if not verdict.findings]
    verdicts = [*told, *sorted(plain, key=lambda verdict: OUTCOMES.index(verdict.outcome))]
    places = [*range(len(told)), *[-1] * len(plain)]
    return [*_columns(verdicts, texts), places], [_detail(verdict, given) for verdict in told]


def _columns(verdicts: Sequence[Verdict], texts: Texts) -> Iterator[list[int]]:
    keys = [verdict.subject.key for verdict in verdicts]
    yield [OUTCOMES.index(verdict.outcome) for verdict in verdicts]
    yield texts.numbers([key.cluster for key in keys])
    yield texts.numbers([verdict.subject.source for verdict in verdicts])
    yield texts.numbers([key.qualified_kind for key in keys])
    yield texts.numbers([key.namespace for key in keys])
    yield texts.numbers([key.name for key in keys])
    yield texts.numbers([verdict.subject.origin.path for verdict in verdicts])
    yield [verdict.subject.origin.line for verdict in verdicts]


def _rank(verdict: Verdict) -> tuple[int, int, str]:
    """Those that fail before those that were skipped, and among each other by how bad the worst of it is."""
    worst = max((f.severity for f in verdict.findings if f.waiver is None and f.result != "skip"), default=-1)
    order = ("error", "failed", "passed", "skipped").index(verdict.outcome)
    return order, -worst, verdict.subject.id


def _detail(verdict: Verdict, given: _Given) -> dict[str, Any]:
    """Left out is what is empty."""
    drift, commit = verdict.drift, verdict.commit
    told = [_finding(verdict, finding, given) for finding in verdict.findings]
    found = {
        "version": _name(verdict.subject.version),
        "commit": _names(commit.sha, commit.author, commit.date, commit.subject) if commit else None,
        "drift": [drift.status, drift.confirmed, _sentence(drift.reason)] if drift else None,
        "next": _sentence(text.next_step(verdict)),
        "rule": _printable(suggested(verdict, given.today)),
        "findings": sorted(told, key=lambda one: (STATES.index(one["state"]), -one["severity"])),
    }
    return {key: value for key, value in found.items() if value}


def _finding(verdict: Verdict, finding: Finding, given: _Given) -> dict[str, Any]:
    found: dict[str, Any] = {
        "check": finding.check,
        "rule": given.number(finding.rule),
        "severity": int(finding.severity),
        "state": _state(verdict, finding, given.base),
        "message": printable_lines(shortened(finding.message, MAX_CHARS)),
        "path": _name(finding.path),
        "line": finding.line,
        "on": finding.on if finding.check == POLICY else "",
        "waiver": _waiver(finding.waiver),
        "known": finding.state or "",
        "since": finding.since,
        "fingerprint": finding.fingerprint,
    }
    if finding.policy:
        found["policy"] = given.number(finding.policy)
    if finding.policy and finding.waiver is None and finding.result in ("fail", "warn"):
        found["exception"] = _printable(exception(verdict, finding.policy, given.today))
    if finding.change is not None:
        found |= _changed(finding.change, given.number)
    elif finding.rule in ("missing", "extra"):
        found["cause"] = finding.cause
    return {key: value for key, value in found.items() if value or key in ("rule", "severity", "policy")}


def _state(verdict: Verdict, finding: Finding, base: BaseInfo | None) -> str:
    """What becomes of a finding. One that is there and fails nothing (it is too mild, or only pending, or stood there
    before the change that is judged) is a warning."""
    if finding.waiver is not None:
        return "waived"
    if finding.result == "skip":
        return "skipped"
    if finding.result == "error":
        return "error"
    is_failure = finding.result == "fail" and verdict.outcome in ("failed", "error") and is_added(finding, base)
    return "failed" if is_failure else "warning"


def _changed(change: Change, number: Callable[[str], int]) -> dict[str, Any]:
    declared, live = shown_values(change.declared, change.live)
    found: dict[str, Any] = {"message": text.meaning(change), "cause": change.cause, "declared": declared, "live": live}
    if change.by is not None:
        by = change.by
        found["manager"] = number(by.manager)
        how = "/".join(part for part in (by.operation, by.subresource) if part)
        found["by"] = _names(by.manager_class, how, by.time, by.user, by.source_ip, by.user_agent)
    return {key: value for key, value in found.items() if value is not None}


def _waiver(waiver: Waiver | None) -> list[str] | None:
    return _names(waiver.reason, waiver.owner, waiver.expires, waiver.rule) if waiver else None


def _printable(rule: Mapping[str, Any] | None) -> Any:
    """A rule to be copied. None where a text in it cannot be shown as it is: what is copied would match nothing."""
    return rule if rule is not None and all(map(_is_printable, _leaves(rule))) else None


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield str(value)


def _is_printable(leaf: str) -> bool:
    return len(leaf) <= MAX_CHARS and printable(leaf) == leaf
