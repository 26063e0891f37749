"""Finished audits for the formats of reports: one of everything, and content that wants to break out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.finding import Change, Drift, FieldOwner, FindingState, PolicyResult, Problem, Severity, Waiver
from gitops_audit.model.printable import printable
from gitops_audit.model.remediation import Remediation
from gitops_audit.model.resource import Commit, Declared, Invalid, Origin, ResourceKey
from gitops_audit.model.result import (
    AuditResult,
    BaseInfo,
    ClusterInfo,
    PolicyInfo,
    RenderedChange,
    RunInfo,
    SourceInfo,
    Summary,
)
from gitops_audit.model.verdict import Verdict

POLICIES = (
    PolicyInfo(
        *("limits", "Containers have limits", "One pod starves the others.", "Resources"),
        standards=("CIS Kubernetes Benchmark 1.9: 5.2", "NSA/CISA Kubernetes Hardening Guide 1.2: Resource policies"),
        remediation="Set resources.limits.",
    ),
    PolicyInfo("quiet", "Nothing is wrong", standards=("CIS Kubernetes Benchmark 1.9: 5.3",)),
)
INFO = RunInfo(
    "2026-01-01T00:00:00Z",
    (ClusterInfo("prod", "v1.36"),),
    (SourceInfo("shop", ".", "main", "abc", "apps"),),
    policies=POLICIES,
)
COMMIT = Commit("a" * 40, "Ann", "2026-01-01T00:00:00Z", "Declare")


def resource(name: str, *, cluster: str = "prod", source: str = "shop", path: str = "apps/web.yaml") -> Declared:
    return Declared(ResourceKey(cluster, "apps", "Deployment", "shop", name), source, "v1", {"a": 1}, Origin(path, 3))


def finished(verdicts: Sequence[Verdict], *, info: RunInfo = INFO, notes: Iterable[str] = ()) -> AuditResult:
    summary = Summary()
    for verdict in verdicts:
        summary.add(verdict)
    return AuditResult(info, "2026-01-01T00:00:02.500000Z", summary, verdicts, tuple(notes))


def scaled(name: str, severity: Severity = Severity.medium, **place: str) -> Verdict:
    by = FieldOwner("kubectl-edit", "Update", "", "2026-01-01T00:00:00Z", "interactive", user="ann")
    change = Change("changed", "/spec/replicas", "spec.replicas", 3, 5, "cluster", severity, by)
    drift = Drift("modified", (change,), confirmed=True)
    return on_line(7, Verdict.of(resource(name, **place), "failed", drift, commit=COMMIT))


def on_line(line: int, verdict: Verdict) -> Verdict:
    """The same verdict, its changes on a line of Git."""
    return replace(verdict, findings=tuple(replace(f, line=line) if f.change else f for f in verdict.findings))


def of_everything() -> AuditResult:
    """Every check, every result, every kind of waiver."""
    waiver = Waiver("the autoscaler owns it", "team-web", "2027-01-01", "rule 1")
    ignored = Change("added", "/spec/x", "spec.x", live=[1, {"a": None}], ignored=waiver)
    policies = (
        PolicyResult("limits", "cpu", "fail", Severity.critical, "set a limit", "spec.containers[0]", line=9),
        PolicyResult("labels", "labels", "warn", Severity.high, "no owner"),
        PolicyResult("images", "tag", "error", message="cannot be evaluated"),
        PolicyResult("signed", "key", "skip", message="verifyImages is not supported"),
        PolicyResult("probes", "probes", "fail", Severity.low, "no probe", exception=waiver),
    )
    return finished(
        [
            Verdict.of(resource("fine"), "passed", Drift("in-sync", confirmed=True)),
            scaled("scaled"),
            Verdict.of(resource("ignored"), "passed", Drift("modified", (ignored,), confirmed=True)),
            Verdict.of(resource("gone"), "failed", Drift("missing", reason="no such object", cause="cluster")),
            Verdict.of(resource("new"), "failed", Drift("missing", cause="git"), commit=COMMIT),
            Verdict.of(resource("judged"), "error", Drift("in-sync"), policies),
            Verdict.of(resource("invalid"), "failed", None, (), (Invalid("spec.replicas", "not a number", 4),)),
            Verdict.of(resource("unread"), "error", errors=(Problem("GA300", "the cluster is down\nand stays so"),)),
            Verdict.of(resource("hook"), "skipped", skip_reason="a hook"),
        ],
        notes=("an ignore rule hid nothing",),
    )


BREAKING_OUT = (
    "</code></pre><script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![i](https://evil.example/x.png) https://evil.example/y",
    "@admin please #1 fix owner/repo@abc123 <!-- -->",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "a,b;c\"d'e",
    "```\n````\n~~~\n# heading\n| a | b |\n\n- item",
    "` `` ``` \\` |\\| \\\\|",
    "\x1b[2J\x1b]0;title\x07\x00\x08",
    "right \u202e\u2066 to left \u061c שלום",
    "\ud800 lone",
    'quote " backslash \\ newline \n::error::x\n##[error]x',
    "{{ 1 }} ${{ secrets.X }} %0a %s {0}",
    "]]> [[ATTACHMENT|/etc/passwd]] ##vso[task.setvariable variable=a]b ##teamcity[x]",
    '\x7f\x9b31m\x85\u2028\u2029\U000e0041 "} 1\nevil{a="b" </textarea></style>',
    "x" * 1_000_000,
    "`" * 5_000,
)
"""Texts that whoever may write an object, a name or a commit could use against the person who reads a report."""


def hostile() -> AuditResult:
    """Each text of BREAKING_OUT in every place of a report that takes text."""
    made = finished(
        [verdict for text in BREAKING_OUT for verdict in _saying(text)],
        info=RunInfo(
            "2026-01-01T00:00:00Z",
            tuple(ClusterInfo(text, text) for text in BREAKING_OUT),
            tuple(SourceInfo(text, text, text, text, text) for text in BREAKING_OUT),
            policies=tuple(PolicyInfo(text, text, text, text, (text, text), text) for text in BREAKING_OUT),
        ),
        notes=BREAKING_OUT,
    )
    changes = (change for text in BREAKING_OUT for change in saying_of_a_change(text).changes)
    made.summary.resolved = [known(text) for text in BREAKING_OUT]
    return replace(made, base=BaseInfo(BREAKING_OUT[0], BREAKING_OUT[0], tuple(changes)))


def known(text: str) -> KnownFinding:
    return KnownFinding(*[text] * 13)


def saying_of_a_change(text: str) -> BaseInfo:
    """A base whose every text is this one; the lines of a diff are printable, as `report.base` makes them."""
    lines = ("@@ -1 +1 @@", f"-{printable(text)}", f"+{printable(text)}")
    return BaseInfo(text, text, (RenderedChange(text, text, text, "changed", lines),))


def of_a_change(*verdicts: Verdict, diffs: int = 1, stood_before: Sequence[Verdict] = ()) -> AuditResult:
    """What a change adds, beside what stood before, and as many objects that it changes."""
    added = [with_state("new", verdict) for verdict in verdicts]
    made = finished([*added, *(with_state("persisting", verdict) for verdict in stood_before)])
    made.summary.resolved = [replace(known("x"), resource="Deployment.apps/shop/old", cluster="prod", check="policy")]
    change = RenderedChange(
        "prod", "shop", "Deployment.apps/shop/web", "changed", ("@@ -1 +1 @@", "-  a: 1", "+  a: 2")
    )
    return replace(made, base=BaseInfo("main", "abc", (change,) * diffs))


def with_state(state: FindingState, verdict: Verdict) -> Verdict:
    findings = tuple(
        replace(f, state=state, since="2025-12-31" if state == "persisting" else "") for f in verdict.findings
    )
    return replace(verdict, findings=findings, outcome="passed" if state == "persisting" else verdict.outcome)


def _saying(text: str) -> Iterable[Verdict]:
    key = ResourceKey(text, text, text, text, text)
    subject = Declared(key, text, text, {text: text}, Origin(text, 1))
    by = FieldOwner(text, text, text, text, "interactive", text, text, text)
    waiver = Waiver(text, text, text, text)
    changes = (
        Change("changed", "/a", text, text, [text, {text: text}], "cluster", Severity.high, by),
        Change("added", "/b", text, live=text, by=by, ignored=waiver),
    )
    policies = (
        PolicyResult(text, text, "fail", Severity.critical, text, text),
        PolicyResult(text, text, "skip", message=text),
        PolicyResult(text, text, "fail", message=text, exception=waiver),
    )
    commit = Commit(text, text, text, text)
    yield Verdict.of(subject, "failed", Drift("modified", changes, reason=text), policies, commit=commit)
    yield Verdict.of(subject, "error", errors=(Problem("GA300", text),), invalid=(Invalid(text, text),))
    yield Verdict.of(subject, "skipped", skip_reason=text)


def remediated() -> AuditResult:
    """A resource that was repaired, one for which it is planned, and one that was refused."""
    done = Remediation("apply", "done", "20260301T031500Z-4f2a9c")
    refused = Remediation("none", "refused", message="a person <edits> it\x1b")
    found = (("repaired", done), ("planned", Remediation("create", "planned")), ("kept", refused))
    return finished([replace(scaled(name), remediation=what) for name, what in found])
