"""What became of the actions of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gitops_audit.errors import AuditError
from gitops_audit.model.remediation import NO_ACTION
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.document import Guard, Plan, Refused

Outcome = Literal["done", "failed", "refused", "fight", "skipped"]
_BAD = frozenset({"failed", "refused", "fight", "skipped"})


@dataclass(frozen=True, slots=True)
class Result:
    """Of one action. `is_settled`: a skipped one needs nothing more, because it was done before."""

    id: str
    resource: str
    action: str
    result: Outcome
    message: str = ""
    is_settled: bool = False

    @classmethod
    def refused_by_plan(cls, refused: Refused) -> Result:
        """`resource` of a refused one is its id, in which the resource comes after the cluster and the source."""
        title = refused.resource.split("/", 2)[-1]
        return cls(refused.resource, title, NO_ACTION, "refused", refused.reason)

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "resource": self.resource,
            "action": self.action,
            "result": self.result,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class RunResult:
    """Of a run; `run` is empty where nothing was written. `guards` are those of the plan."""

    run: str
    results: tuple[Result, ...] = ()
    guards: Sequence[Guard] = ()

    @property
    def exit_code(self) -> int:
        return int(any(r.result in _BAD and not r.is_settled for r in self.results))

    def to_json(self) -> JsonObject:
        counts = Counter(r.result for r in self.results)
        return {
            "run": self.run,
            "results": [r.to_json() for r in self.results],
            "summary": dict(sorted(counts.items())),
            "guards": [guard.to_json() for guard in self.guards],
        }


def refused_by(plan: Plan) -> tuple[Result, ...]:
    """The resources that a plan leaves out."""
    return tuple(map(Result.refused_by_plan, plan.refused))


def not_begun(error: AuditError, plan: Plan | None) -> JsonObject:
    """The document of a run that ended before its first write: nothing of the plan was done, and why."""
    result = RunResult("", tuple(_untouched(error, plan)) if plan else (), plan.guards if plan else ())
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    return {**result.to_json(), "error": told}


def _untouched(error: AuditError, plan: Plan) -> Iterator[Result]:
    for action in plan.actions:
        yield Result(action.id, action.resource, action.action, "refused", error.message)
    yield from refused_by(plan)
