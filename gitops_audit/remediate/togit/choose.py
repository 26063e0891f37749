"""Which findings of a verdict are taken over into Git, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops_audit.kube import shape
from gitops_audit.model.check import DRIFT
from gitops_audit.model.finding import Change, Finding
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.choose import holds_unknown
from gitops_audit.remediate.digest import holds_tokens
from gitops_audit.remediate.document import Refused, Scope
from gitops_audit.remediate.survey import Survey
from gitops_audit.remediate.togit.task import Task

_WHOLE = {
    "missing": "it is not in the cluster: take its manifest out of Git by hand, or create it with `--to cluster`",
    "extra": "no source declares it: Git needs a manifest of its own for it",
}
_SECRET = "the value is a Secret's (or of a field that `redact` names), and none is written into Git"  # noqa: S105
_COPY = "the value repeats that of a Secret, and none is written into Git"
_PENDING = "Git is ahead here, and not deployed yet: `--include-pending` takes the live value all the same"
_BOTH = "Git and the cluster both moved here: decide by hand, or take the live value with `--include-pending`"


@dataclass(slots=True)
class Chosen:
    """Of one verdict. `is_read` is false where something of it could not be."""

    tasks: list[Task] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    is_read: bool = True


def chosen(verdict: Verdict, resource: Subject, scope: Scope, survey: Survey) -> Chosen:
    """`resource` is the verdict's as it is declared; that of the verdict is for reports."""
    result = Chosen()
    for finding in verdict.findings:
        if finding.waiver is not None or finding.check != DRIFT or finding.result == "skip":
            continue
        if finding.result == "error":
            result.refused.append(Refused(resource.id, finding.message))
            result.is_read = False
        elif finding.change is None:
            result.refused.append(Refused(resource.id, _WHOLE.get(finding.rule, finding.message)))
        elif reason := _refusal(finding, finding.change, resource, scope, survey):
            result.refused.append(Refused(resource.id, f"{finding.path}: {reason}"))
        elif task := _task(finding, finding.change, resource, survey):
            result.tasks.append(task)
        else:
            result.refused.append(Refused(resource.id, f"{finding.path}: the live object is not known any more"))
    return result


def _refusal(finding: Finding, change: Change, resource: Subject, scope: Scope, survey: Survey) -> str:
    if not isinstance(resource, Declared):
        return _WHOLE["extra"]
    is_value = resource.key.kind == "Secret" and change.pointer.startswith(("/data", "/stringData"))
    shown = {"declared": change.declared, "live": change.live}
    if is_value or (holds_tokens(shown) and Redactor(rules=survey.settings.redact).covers(resource.body)):
        return _SECRET
    if holds_tokens(shown) or not change.pointer:
        return _COPY
    if holds_unknown(change, resource):
        return "Git does not hold the value itself, only something that stands for it"
    if finding.cause in ("git", "both") and not scope.pending:
        return _PENDING if finding.cause == "git" else _BOTH
    return ""


def _task(finding: Finding, change: Change, resource: Subject, survey: Survey) -> Task | None:
    live = survey.live(resource) if isinstance(resource, Declared) else None
    source = next((s for s in survey.audit.sources if s.config.name == resource.source), None)
    if live is None or source is None or not isinstance(resource, Declared):
        return None
    key = resource.key
    schema = survey.audit.schema(resource) or shape.of_kind(key.group, resource.version, key.kind)
    return Task(resource, finding, change, live, schema, source.config)
