"""What became of the actions of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gitops_audit.model.resource import JsonObject

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
    """Of a run; `run` is empty where nothing was to be done."""

    run: str
    results: tuple[Result, ...] = ()
    refused: Sequence[str] = ()

    @property
    def exit_code(self) -> int:
        return int(bool(self.refused) or any(r.result in _BAD and not r.is_settled for r in self.results))

    def to_json(self) -> JsonObject:
        counts = Counter(r.result for r in self.results)
        return {
            "run": self.run,
            "results": [r.to_json() for r in self.results],
            "summary": dict(sorted(counts.items())),
        }
