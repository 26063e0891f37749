"""What to do first: what a run found, put into groups that one decision settles, the worst and the largest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from gitops_audit.model.check import DRIFT, ENGINE, HEALTH, POLICY, SCHEMA
from gitops_audit.model.finding import Finding, Severity
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import ResourceKey
from gitops_audit.model.result import AuditResult, PolicyInfo
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text
from gitops_audit.report.base import is_added
from gitops_audit.report.cause import ErrorCause, cause_of

_REPAIR = "commit it to Git, or bring back what Git declares: `gitops-audit remediate plan`"
_COMPLY = "correct the manifest, or write an exception that expires"
_CORRECT = "correct the manifest: the API server would refuse it, or drop the field"
_LOOK = "Look at its status and events: `kubectl describe`"
_EXTRA = "declare it in Git, or delete it"
_NOTHING = "look at why no check applies: the kinds, the policies and the rights of this audit"
MAX_FIELDS = 3


@dataclass(slots=True)
class FirstStep:
    """A group of findings: which resources have one, how bad the worst is, and what to do about all of them.

    `resources` are names by ids, `clusters` where they are, `fields` how often each field differs. `filters` are the
    properties that all findings share, by the names that the HTML report filters by. `cause` is that of an error.
    """

    what: str
    next: str
    filters: Mapping[str, str]
    is_error: bool = False
    cause: ErrorCause | None = None
    severity: Severity = Severity.info
    resources: dict[str, str] = field(default_factory=dict)
    clusters: dict[str, None] = field(default_factory=dict)
    fields: Counter[str] = field(default_factory=Counter)

    @property
    def named_fields(self) -> list[str]:
        """The fields that differ most often."""
        return [name for name, _ in self.fields.most_common(MAX_FIELDS)]

    def sentence(self, *, names_clusters: bool) -> str:
        """Who is hit and by what, in one line. Not made printable yet."""
        names, clusters = list(self.resources.values()), list(self.clusters)
        who = names[0] if len(names) == 1 else how_many(len(names), "resource")
        on = clusters[0] if len(clusters) == 1 else how_many(len(clusters), "cluster")
        others = len(self.fields) - 1
        more = f" and {how_many(others, 'more field')}" if others > 0 else ""
        fields = f" ({self.named_fields[0]}{more})" if self.fields else ""
        verb = " could not be evaluated" if self.is_error else ""
        return f"{who}{f' on {on}' if names_clusters else ''}{verb}: {self.what.partition(chr(10))[0]}{fields}"

    @property
    def rank(self) -> tuple[bool, int, int, str]:
        """What could not be evaluated comes first: nobody knows what it hides."""
        return (not self.is_error, -self.severity, -len(self.resources), self.what)


def first_steps(result: AuditResult) -> list[FirstStep]:
    """All groups, the first to look at first. Texts are not made printable yet."""
    groups: dict[tuple[str, ...], FirstStep] = {}
    for part, sentence in result.summary.unanswered.items():
        filters = dict(zip(("cluster", "source"), part, strict=True))
        groups[part] = FirstStep(sentence, _NOTHING, filters, is_error=True, severity=Severity.critical)
    policies = {policy.name: policy for policy in result.info.policies}
    for verdict, finding in result.findings:
        if not _is_open(verdict, finding) or not is_added(finding, result.base):
            continue
        key = _key(verdict, finding)
        group = groups.get(key) or groups.setdefault(key, _group(verdict, finding, policies))
        group.severity = max(group.severity, finding.severity)
        group.resources[verdict.subject.id] = _named(verdict.subject.key)
        group.clusters[verdict.subject.key.cluster] = None
        if finding.change is not None:
            group.fields[finding.path] += 1
    return sorted(groups.values(), key=lambda group: group.rank)


def _is_open(verdict: Verdict, finding: Finding) -> bool:
    """Whether a finding is among those that keep the run from being clean."""
    if finding.waiver is not None or verdict.outcome not in ("failed", "error"):
        return False
    return finding.result in ("fail", "error")


def _named(key: ResourceKey) -> str:
    return f"{key.namespace}/{key.name}" if key.namespace else key.name


def _key(verdict: Verdict, finding: Finding) -> tuple[str, ...]:
    if cause := cause_of(finding):
        return ("error", *cause)
    if finding.check == POLICY:
        return POLICY, finding.rule
    kind, change = verdict.subject.key.qualified_kind, finding.change
    manager = change.by.manager if change and change.by else ""
    return finding.check, finding.rule, kind, manager, finding.cause


def _group(verdict: Verdict, finding: Finding, policies: Mapping[str, PolicyInfo]) -> FirstStep:
    key = verdict.subject.key
    status = "error" if finding.result == "error" else "failed"
    filters = {"status": status, "check": finding.check, "rule": finding.rule}
    if finding.result == "error":
        return _error(finding, filters)
    if finding.check == POLICY:
        about = policies.get(finding.policy)
        title = f": {about.title}" if about and about.title not in ("", finding.rule) else ""
        said = about.remediation if about else ""
        return FirstStep(f"{finding.rule}{title}", said or _COMPLY, filters)
    filters["kind"] = key.qualified_kind
    if finding.check == SCHEMA:
        return FirstStep(f"{key.kind} does not fit the schema of its kind", _CORRECT, filters)
    if finding.check == ENGINE:
        said, _, advice = finding.message.partition("\n")
        return FirstStep(f"{key.kind} {finding.rule}: {said}", advice, filters)
    if finding.check == HEALTH:
        return FirstStep(f"{key.kind} {finding.rule}", _LOOK, filters)
    if finding.change is None:
        advice = text.MISSING_NEXT[finding.cause] if finding.rule == "missing" else _EXTRA
        return FirstStep(f"{key.kind} {finding.rule}", advice, filters)
    return _changed(key.kind, finding, filters)


def _changed(kind: str, finding: Finding, filters: dict[str, str]) -> FirstStep:
    by = finding.change.by if finding.change else None
    manager = f" by {by.manager}" if by else ""
    shared = filters | ({"manager": by.manager} if by else {})
    advice = text.PENDING_NEXT if finding.cause == "git" else _CORRECT if finding.rule == "dropped" else _REPAIR
    return FirstStep(f"{kind} {finding.rule}{manager}", advice, shared)


def _error(finding: Finding, filters: Mapping[str, str]) -> FirstStep:
    """The lines behind the first of an error's message say what to do."""
    first, _, rest = finding.message.partition("\n")
    advice = " ".join(rest.split()) or f"look up {finding.rule} in docs/reference/errors.md"
    if finding.check != DRIFT:
        advice = " ".join(rest.split()) or "correct the policy, or the object that it cannot judge"
    return FirstStep(f"{finding.rule}: {first}", advice, filters, is_error=True, cause=cause_of(finding))
