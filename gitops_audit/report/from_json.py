"""A finished audit, read back from its JSON report: what every other format needs, and what shards are merged from.

The declared objects themselves are not in the report, so no diff of whole objects can be made of it. All else is there:
the JSON report of what comes back is the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import jsonschema_rs
import orjson

from gitops_audit.errors import ConfigError
from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.finding import (
    ABSENT,
    Change,
    Drift,
    FieldOwner,
    Finding,
    FindingState,
    Health,
    PolicyResult,
    Problem,
    Severity,
    Waiver,
)
from gitops_audit.model.remediation import Remediation
from gitops_audit.model.resource import Commit, Declared, Invalid, Origin, ResourceKey
from gitops_audit.model.result import (
    NOT_EVALUATED,
    AuditResult,
    BaseInfo,
    ClusterInfo,
    PolicyInfo,
    RenderedChange,
    RunInfo,
    ShardInfo,
    SourceInfo,
    Summary,
)
from gitops_audit.model.subject import UNDECLARED, Subject, Undeclared, Unread
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.json_report import schema_text

UNREADABLE = "GA604"
_NO_FIELD = {"added": "declared", "stale": "declared", "removed": "live", "dropped": "live"}


def read(data: bytes, name: str) -> AuditResult:
    """The result that a JSON report tells; `name` is its file. Raises ConfigError (GA604) for anything else."""
    try:
        report = orjson.loads(data)
        jsonschema_rs.validator_for(orjson.loads(schema_text())).validate(report)
        for key in ("startedAt", "finishedAt"):
            _check_time(report[key])
        for told in _since(report):
            datetime.fromisoformat(told)
    except (ValueError, jsonschema_rs.ValidationError) as error:
        reason = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
        hint = "write one with `gitops-audit check --json FILE`, with the same version of the tool"
        raise ConfigError(f"{name} is no JSON report: {reason[:200]}", code=UNREADABLE, hint=hint) from None
    return _result(report)


def _check_time(text: str) -> None:
    """Raises ValueError. Times with and without a zone cannot be compared: RFC 3339 asks for one."""
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"the time {text!r} has no zone")


def _base(report: Any) -> BaseInfo | None:
    base = report.get("base")
    if base is None:
        return None
    changes = (RenderedChange(**{**change, "diff": tuple(change["diff"])}) for change in base["changes"])
    return BaseInfo(base["revision"], base["commit"], tuple(changes))


def _since(report: Any) -> set[str]:
    """Every time since when a finding is known."""
    entries = [e for r in report["resources"] for e in (*r["policies"], *r["invalid"], *_drifted(r["drift"]))]
    return {entry["since"] for entry in entries if entry["since"] is not None}


def _drifted(drift: Any) -> Sequence[Any]:
    return [drift, *drift["changes"]] if drift else ()


def _result(report: Any) -> AuditResult:
    verdicts = [_verdict(entry) for entry in report["resources"]]
    info = RunInfo(
        report["startedAt"],
        tuple(ClusterInfo(c["name"], c["version"]) for c in report["clusters"]),
        _sources(report),
        ShardInfo(**report["shard"]) if report.get("shard") else None,
        tuple(PolicyInfo(**{**p, "standards": tuple(p["standards"])}) for p in report.get("policies", ())),
        report["tool"]["version"],
    )
    notes = tuple(report["notes"])
    return AuditResult(info, report["finishedAt"], _summary(report, verdicts, notes), verdicts, notes, _base(report))


def _sources(report: Any) -> tuple[SourceInfo, ...]:
    """The report does not say which source a tool rendered: the first has them all."""
    tools = tuple((name, version) for name, version in report["tool"].items() if name != "version")
    return tuple(_source(s, () if number else tools) for number, s in enumerate(report["sources"]))


def _source(entry: Any, tools: tuple[tuple[str, str], ...]) -> SourceInfo:
    name, repo, revision, commit, path = (entry[key] for key in ("name", "repo", "revision", "commit", "path"))
    return SourceInfo(name, repo, revision, commit, path, (), tools, entry.get("from") or "", entry.get("chart") or "")


def _summary(report: Any, verdicts: list[Verdict], notes: tuple[str, ...]) -> Summary:
    """Counted anew; of what no check came to an answer is told by the report alone."""
    is_nothing = any(f"[{NOT_EVALUATED}]" in note for note in notes)
    resolved = report.get("resolved")
    summary = Summary(
        is_empty_shard=bool(report.get("shard")) and not verdicts and not is_nothing,
        resolved=[KnownFinding(**entry) for entry in resolved] if resolved is not None else None,
    )
    for verdict in verdicts:
        summary.add(verdict)
    unanswered = {(u["cluster"], u["source"]) for u in report.get("unevaluated", ())}
    summary.evaluated = {part: part not in unanswered for part in summary.evaluated}
    return summary


def _verdict(entry: Any) -> Verdict:
    drift = _drift(entry["drift"]) if entry["drift"] else None
    origin, where = entry["origin"], ("commit", "author", "date", "subject")
    verdict = Verdict.of(
        _subject(entry, drift),
        entry["outcome"],
        drift,
        tuple(_policy(p) for p in entry["policies"]),
        tuple(Invalid(i["path"], i["message"], i["line"]) for i in entry["invalid"]),
        tuple(Problem(e["code"], e["message"]) for e in entry["errors"]),
        Commit(*(origin[k] for k in where)) if any(origin[k] for k in where) else None,
        entry["skipReason"],
        engine=None if entry.get("engine") is None else tuple(map(_engine, entry["engine"])),
        health=Health(entry["health"]["status"], entry["health"]["message"]) if entry["health"] else None,
    )
    lines = iter(c["line"] for c in entry["drift"]["changes"]) if entry["drift"] else iter(())
    placed = (f if f.change is None else replace(f, line=next(lines)) for f in verdict.findings)
    states = _states(entry)
    done = Remediation(**entry["remediation"]) if entry["remediation"] else None
    return replace(verdict, findings=tuple(_stated(f, states) for f in placed), remediation=done)


def _states(entry: Any) -> dict[str, tuple[FindingState, str]]:
    """What earlier runs knew, by fingerprint."""
    told = [*entry["policies"], *entry["invalid"], *_drifted(entry["drift"]), *(entry.get("engine") or ())]
    return {t["fingerprint"]: (t["state"], t["since"] or "") for t in told if t["state"] is not None}


def _stated(finding: Finding, states: dict[str, tuple[FindingState, str]]) -> Finding:
    if finding.fingerprint not in states:
        return finding
    state, since = states[finding.fingerprint]
    return replace(finding, state=state, since=since)


def _subject(entry: Any, drift: Drift | None) -> Subject:
    key = ResourceKey(*(entry[k] for k in ("cluster", "group", "kind", "namespace", "name")))
    origin = Origin(entry["origin"]["path"], entry["origin"]["line"])
    if not entry["version"] and key.kind in ("File", "Source", "Cluster"):
        return Unread(key, entry["source"], origin)
    if entry["source"] == UNDECLARED:
        return Undeclared(key, entry["version"], drift or Drift("unknown"))
    number = entry["id"].removeprefix(f"{key.cluster}/{entry['source']}/{key}").removeprefix("#")
    twin = int(number) if number.isdecimal() and len(number) < 10 else 0
    return Declared(key, entry["source"], entry["version"], {}, origin, twin=twin)


def _drift(entry: Any) -> Drift:
    return Drift(
        entry["status"],
        tuple(_change(c) for c in entry["changes"]),
        entry["confirmed"],
        entry["reason"],
        entry["cause"] or "unknown",
        _waiver(entry["ignored"]),
    )


def _change(entry: Any) -> Change:
    sides = {side: entry[side] for side in ("declared", "live")}
    absent = _NO_FIELD.get(entry["type"])
    if absent and sides[absent] is None:
        sides[absent] = ABSENT
    return Change(
        entry["type"],
        entry["pointer"],
        entry["path"],
        sides["declared"],
        sides["live"],
        entry["cause"],
        Severity[entry["severity"]],
        _owner(entry["by"]) if entry["by"] else None,
        _waiver(entry["ignored"]),
        entry.get("builtFrom", ""),
        entry.get("valueAt", ""),
    )


def _owner(entry: Any) -> FieldOwner:
    known = ("manager", "operation", "subresource", "time", "class", "user", "sourceIP", "userAgent")
    return FieldOwner(*(entry.get(key, "") for key in known))


def _policy(entry: Any) -> PolicyResult:
    return PolicyResult(
        entry["policy"],
        entry["rule"],
        entry["result"],
        Severity[entry["severity"]],
        entry["message"],
        entry["path"],
        entry["on"],
        _waiver(entry["exception"]),
        line=entry["line"],
    )


def _engine(entry: Any) -> PolicyResult:
    return _policy({**entry, "policy": entry["rule"], "result": "fail"})


def _waiver(entry: Any) -> Waiver | None:
    return Waiver(**entry) if entry else None
