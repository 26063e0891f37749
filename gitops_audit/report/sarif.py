"""SARIF 2.1.0, the format of code scanning on GitHub, Azure DevOps and in editors: one run, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitops_audit.deployer.engine_fault import RULES
from gitops_audit.model.check import ENGINE, HEALTH, POLICY, SCHEMA
from gitops_audit.model.finding import CHANGE_MEANING, Severity
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult, PolicyInfo, policy_of
from gitops_audit.report import text
from gitops_audit.report.diff import shortened
from gitops_audit.report.issue import MAX_CHARS, Issue, issues, url_quoted
from gitops_audit.report.json_report import dumps

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 5_000
"""As many as GitHub shows. It takes 25,000 and says nothing of those it does not show."""
MAX_NOTIFICATIONS = 200
MAX_ID_CHARS = 255
MAX_RULE_CHARS = 1_024
"""GitHub takes no longer descriptions of rules."""
MAX_TAGS = 10
"""Of a rule. GitHub keeps no more, and warns about those it leaves out."""

_LEVEL = {
    Severity.info: "note",
    Severity.low: "note",
    Severity.medium: "warning",
    Severity.high: "error",
    Severity.critical: "error",
}
# GitHub's own scale (over 9 critical, 7 high, 4 medium), which it shows beside a rule.
_SECURITY_SEVERITY = {
    Severity.info: "0.1",
    Severity.low: "3.0",
    Severity.medium: "5.0",
    Severity.high: "8.0",
    Severity.critical: "9.5",
}
_DRIFT_HELP: Mapping[str, str] = {
    **{str(kind): meaning for kind, meaning in CHANGE_MEANING.items()},
    "missing": "is declared in Git and not in the cluster",
    "extra": "is in the cluster and declared nowhere",
}


def write(result: AuditResult) -> bytes:
    """The log as UTF-8."""
    found = issues(result, is_shared_once=True)
    shown = sorted(found[:MAX_RESULTS], key=lambda issue: ("error", "warning", "note").index(_level(issue)))
    rules = _rules(shown, {p.name: p for p in result.info.policies})
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "gitops-audit", "version": _tag(result.info.version), "rules": rules}},
        "invocations": [_invocation(result, found)],
        "results": [_result(issue, places) for issue in shown],
    }
    return dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]})


def _level(issue: Issue) -> str:
    if issue.result == "error":
        return "error"
    level = _LEVEL[issue.severity]
    return "warning" if issue.result == "warn" and level == "error" else level


def _result(issue: Issue, places: dict[str, int]) -> dict[str, Any]:
    """The fingerprint stands also under the only name that GitHub reads."""
    return {
        "ruleId": _id(issue),
        "ruleIndex": places[_id(issue)],
        "level": _level(issue),
        "message": {"text": _text(issue.text)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": url_quoted(issue.path)},
                    "region": {"startLine": issue.line},
                },
                "logicalLocations": [{"fullyQualifiedName": _text(issue.subject), "kind": "resource"}],
            }
        ],
        **_state(issue),
        "partialFingerprints": {
            "gitopsAuditFinding/v1": issue.fingerprint,
            "primaryLocationLineHash": issue.fingerprint,
        },
        "properties": {
            "cluster": _text(issue.cluster),
            "source": _text(issue.source),
            "severity": str(issue.severity),
            "result": issue.result,
            **({"since": issue.since} if issue.since else {}),
        },
    }


def _state(issue: Issue) -> dict[str, str]:
    """In the words of SARIF; left out where there is no baseline."""
    return {"baselineState": "new" if issue.state == "new" else "unchanged"} if issue.state else {}


def _rules(shown: Iterable[Issue], policies: Mapping[str, PolicyInfo]) -> list[dict[str, Any]]:
    """One for each that was broken, as bad as the worst result of it."""
    worst: dict[str, Issue] = {}
    for issue in shown:
        known = worst.setdefault(_id(issue), issue)
        if issue.severity > known.severity:
            worst[_id(issue)] = issue
    return [_rule(name, issue, _policy(issue, policies)) for name, issue in worst.items()]


def _policy(issue: Issue, policies: Mapping[str, PolicyInfo]) -> PolicyInfo | None:
    check, _, rule = issue.rule.partition("/")
    return policy_of(rule, policies) if check == POLICY else None


def _rule(name: str, worst: Issue, policy: PolicyInfo | None) -> dict[str, Any]:
    short, help_text = _help(name, worst)
    if policy is not None and worst.result != "error":
        short, help_text = _told_by(policy, short, help_text)
    tags = ["gitops", name.partition("/")[0], *map(_tag, policy.standards if policy is not None else ())]
    return {
        "id": name,
        "shortDescription": {"text": _described(short)},
        "fullDescription": {"text": _described(help_text)},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": _level(worst)},
        "properties": {
            "tags": list(dict.fromkeys(tags))[:MAX_TAGS],
            "security-severity": _SECURITY_SEVERITY[worst.severity],
        },
    }


def _told_by(policy: PolicyInfo, short: str, help_text: str) -> tuple[str, str]:
    """What the policy says of itself, before what is true of all policies."""
    own = (shortened(part, MAX_CHARS) for part in (policy.description, policy.remediation) if part)
    return _tag(policy.title) or short, _text(" ".join((*own, help_text)))


def _described(content: str) -> str:
    return shortened(_text(content), MAX_RULE_CHARS)


def _tag(content: str) -> str:
    return _text(shortened(content, MAX_ID_CHARS))


def _help(name: str, worst: Issue) -> tuple[str, str]:
    """What a rule says, and what to do next."""
    check, _, rule = name.partition("/")
    if worst.result == "error":
        said = f"{rule}: something could not be evaluated"
        return said, f"{said}, so nobody knows whether it is right. Look the code up in docs/reference/errors.md."
    if check == SCHEMA:
        said = "The manifest does not fit the schema of its kind"
        return said, f"{said}: the API server would refuse it, or drop the field. Correct the manifest."
    if check == POLICY:
        said = f"Policy {rule}"
        return (
            said,
            f"{said} is violated. Correct the manifest, or write an exception that expires.",
        )
    if check == ENGINE:
        about = RULES[rule]
        return f"Engine: {about.title}", f"{about.title}. Next: {about.next}."
    if check == HEALTH:
        said = f"The live object is {rule}"
        return said, f"{said}: it does not do what its manifest asks. Look at its status and events."
    said = f"Drift: an object or field {_DRIFT_HELP.get(rule, rule)}"
    return (
        said,
        f"{said}. Deploy what Git declares, declare what the cluster has, or ignore it by a rule.",
    )


def _invocation(result: AuditResult, found: Sequence[Issue]) -> dict[str, Any]:
    told = [
        *_cut(found),
        *text.states(result.summary),
        *_unfailing(result),
        *map(printable, dict.fromkeys(result.notes)),
    ]
    if len(told) > MAX_NOTIFICATIONS:
        told = [
            *told[:MAX_NOTIFICATIONS],
            f"and {how_many(len(told) - MAX_NOTIFICATIONS, 'more note')}: the JSON report has all",
        ]
    return {
        "executionSuccessful": result.summary.exit_code in (0, 1),
        "startTimeUtc": result.info.started_at,
        "endTimeUtc": result.finished_at,
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": _text(shortened(sentence, MAX_CHARS))}} for sentence in told
        ],
    }


def _cut(found: Sequence[Issue]) -> Iterator[str]:
    if len(found) > MAX_RESULTS:
        yield (
            f"{len(found) - MAX_RESULTS} of {len(found)} findings are not in this file, the least severe: "
            f"code scanning on GitHub shows {MAX_RESULTS}; the JSON report has all"
        )


def _unfailing(result: AuditResult) -> Iterator[str]:
    """What was waived or skipped, counted. As suppressed results GitHub would show them as open."""
    counted = Counter(
        (f.check, f.rule, *text.told(f)) for _, f in result.findings if f.waiver is not None or f.result == "skip"
    )
    for (check, rule, word, said), count in counted.most_common():
        yield f"{count} x {word}: {check}/{printable(rule)}: {said}"


def _text(content: str) -> str:
    """Nothing in a message is taken for a link."""
    return printable(content).replace("](", "] (")


def _id(issue: Issue) -> str:
    return _text(issue.rule)[:MAX_ID_CHARS]
