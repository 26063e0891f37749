"""The JSON report of DESIGN 4.4. Its JSON Schema ships beside this file (report.schema.json)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from typing import Any

import orjson

from gitops_audit.model.check import DRIFT, ENGINE, HEALTH, POLICY, SCHEMA
from gitops_audit.model.finding import ABSENT, Change, DriftState, FieldOwner, Finding, Health, PolicyResult, Waiver
from gitops_audit.model.remediation import Remediation
from gitops_audit.model.result import AuditResult, PolicyInfo, SourceInfo, Summary
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict

API_VERSION = "gitops-audit/v1"


def schema_text() -> str:
    return resources.files(__package__).joinpath("report.schema.json").read_text()


def write(result: AuditResult) -> bytes:
    """The report as UTF-8."""
    return dumps(document(result))


def document(result: AuditResult) -> dict[str, Any]:
    """The report as JSON values."""
    summary, info = result.summary, result.info
    return {
        "apiVersion": API_VERSION,
        "startedAt": info.started_at,
        "finishedAt": result.finished_at,
        "tool": {"version": info.version, **dict(tool for s in info.sources for tool in s.tools)},
        "clusters": [{"name": c.name, "version": c.version} for c in info.clusters],
        "sources": [_source(s) for s in info.sources],
        "policies": [_about(p) for p in info.policies],
        "summary": {
            "resources": summary.resources,
            "passed": summary.outcomes["passed"],
            "failed": summary.outcomes["failed"],
            "errors": summary.outcomes["error"],
            "skipped": summary.outcomes["skipped"],
            "drift": dict(summary.drift),
            "violations": dict(summary.violations),
            **_states(summary),
        },
        "base": asdict(result.base) if result.base is not None else None,
        "resolved": [asdict(entry) for entry in summary.resolved] if summary.resolved is not None else None,
        "shard": {"index": info.shard.index, "count": info.shard.count} if info.shard else None,
        "unevaluated": [{"cluster": cluster, "source": source} for cluster, source in summary.unanswered],
        "resources": [_resource(v) for v in result.verdicts],
        "notes": list(result.notes),
    }


def _about(policy: PolicyInfo) -> dict[str, Any]:
    return {
        "name": policy.name,
        "title": policy.title,
        "description": policy.description,
        "category": policy.category,
        "standards": list(policy.standards),
        "remediation": policy.remediation,
    }


def _source(source: SourceInfo) -> dict[str, Any]:
    names = ("name", "repo", "revision", "commit", "path")
    return {name: getattr(source, name) for name in names} | {
        "from": source.followed_from or None,
        "chart": source.chart or None,
    }


def _states(summary: Summary) -> dict[str, int | None]:
    if summary.resolved is None:
        return {"new": None, "persisting": None, "resolved": None}
    states = summary.states
    return {"new": states["new"], "persisting": states["persisting"], "resolved": len(summary.resolved)}


def dumps(report: Any) -> bytes:
    """As UTF-8. Lone surrogates, which UTF-8 has no bytes for, are written as escapes in the text.

    What steers a terminal is an escape of JSON: orjson writes those of ASCII so, but not DEL and C1 (U+0080 to U+009F).
    """
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        document = orjson.dumps(report, option=option)
    except orjson.JSONEncodeError:
        document = orjson.dumps(_encodable(report), option=option)
    return _STEERING.sub(_escape, document) if b"\xc2" in document or b"\x7f" in document else document


_STEERING = re.compile(rb"\x7f|\xc2[\x80-\x9f]")


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(match[0].decode())


def _encodable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_encodable(k): _encodable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(v) for v in value]
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _resource(verdict: Verdict) -> dict[str, Any]:
    resource = verdict.subject
    return {
        "id": resource.id,
        "cluster": resource.key.cluster,
        "source": resource.source,
        "group": resource.key.group,
        "version": resource.version,
        "kind": resource.key.kind,
        "namespace": resource.key.namespace,
        "name": resource.key.name,
        "outcome": verdict.outcome,
        "skipReason": verdict.skip_reason,
        "origin": _origin(resource, verdict),
        "drift": _drift(verdict, verdict.drift) if verdict.drift else None,
        "policies": [
            *map(_policy, verdict.found(POLICY)),
            *(_passed(verdict, p) for p in verdict.passed),
        ],
        "invalid": [_invalid(f) for f in verdict.found(SCHEMA)],
        "health": _health(verdict, verdict.health) if verdict.health else None,
        "engine": [_engine(f) for f in verdict.found(ENGINE)] if verdict.is_engine_checked else None,
        "errors": [{"code": f.rule, "message": f.message} for f in verdict.unevaluated if f.rule != "unknown"],
        "remediation": _remediation(verdict.remediation),
    }


def _health(verdict: Verdict, health: Health) -> dict[str, Any]:
    named = next((f.fingerprint for f in verdict.found(HEALTH)), None)
    return {"status": health.status, "message": health.message, "fingerprint": named}


def _engine(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        **_told(finding),
    }


def _told(finding: Finding) -> dict[str, Any]:
    """What engines and policies say alike of what they find."""
    return {
        "severity": finding.severity.name,
        "message": finding.message,
        "path": finding.path,
        "line": finding.line,
        "on": finding.on,
        "fingerprint": finding.fingerprint,
        **_history([finding]),
        "exception": _waiver(finding.waiver),
    }


def _remediation(done: Remediation | None) -> dict[str, Any] | None:
    if done is None:
        return None
    return {"action": done.action, "result": done.result, "run": done.run, "message": done.message}


def _origin(resource: Subject, verdict: Verdict) -> dict[str, Any]:
    commit = verdict.commit
    return {
        "path": resource.origin.path,
        "line": resource.origin.line,
        "commit": commit.sha if commit else "",
        "author": commit.author if commit else "",
        "date": commit.date if commit else "",
        "subject": commit.subject if commit else "",
    }


def _drift(verdict: Verdict, drift: DriftState) -> dict[str, Any]:
    return {
        "status": drift.status,
        "confirmed": drift.confirmed,
        "cause": drift.cause,
        "fingerprint": verdict.fingerprint(DRIFT, drift.status) if drift.status != "in-sync" else None,
        **_history([verdict.whole] if verdict.whole else verdict.changes),
        "reason": drift.reason,
        "ignored": _waiver(verdict.whole.waiver) if verdict.whole else None,
        "changes": [_change(f, f.change) for f in verdict.findings if f.change is not None],
    }


def _change(finding: Finding, change: Change) -> dict[str, Any]:
    return {
        "type": change.type,
        "path": change.path,
        "pointer": change.pointer,
        "declared": None if change.declared is ABSENT else change.declared,
        "live": None if change.live is ABSENT else change.live,
        "cause": finding.cause,
        "severity": finding.severity.name,
        "line": finding.line,
        "fingerprint": finding.fingerprint,
        **_history([finding]),
        "ignored": _waiver(finding.waiver),
        "by": _owner(change.by) if change.by else None,
        **({"builtFrom": change.built} if change.built else {}),
        **({"valueAt": change.value_at} if change.value_at else {}),
    }


def _history(found: Sequence[Finding]) -> dict[str, Any]:
    """Whether findings, taken together, are new, and since when they are known; null where nothing is asked for it."""
    states = {f.state for f in found if f.state is not None}
    return {
        "state": "new" if "new" in states else "persisting" if states else None,
        "since": min((f.since for f in found if f.since), default=None),
    }


def _owner(by: FieldOwner) -> dict[str, Any]:
    fields = {
        "manager": by.manager,
        "operation": by.operation,
        "subresource": by.subresource,
        "time": by.time,
        "class": by.manager_class,
    }
    audit_log = {"user": by.user, "sourceIP": by.source_ip, "userAgent": by.user_agent}
    return fields | {k: v for k, v in audit_log.items() if v}


def _invalid(finding: Finding) -> dict[str, Any]:
    return {
        "path": finding.path,
        "message": finding.message,
        "line": finding.line,
        "fingerprint": finding.fingerprint,
        **_history([finding]),
    }


def _waiver(waiver: Waiver | None) -> dict[str, Any] | None:
    if waiver is None:
        return None
    return {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires, "rule": waiver.rule}


def _policy(finding: Finding) -> dict[str, Any]:
    return {
        "policy": finding.policy,
        "rule": finding.rule.removeprefix(f"{finding.policy}/"),
        "result": finding.result,
        **_told(finding),
    }


def _passed(verdict: Verdict, held: PolicyResult) -> dict[str, Any]:
    return {
        "policy": held.policy,
        "rule": held.rule or held.policy,
        "result": "pass",
        "severity": held.severity.name,
        "message": "",
        "path": "",
        "line": 0,
        "on": held.on,
        "fingerprint": verdict.fingerprint(POLICY, held.name),
        **_history(()),
        "exception": None,
    }
