"""What became of a run, as a document: refused resources are in it, and so is a run that never began."""

from __future__ import annotations

from datetime import UTC, datetime

from gitops_audit.errors import RemediationError
from gitops_audit.remediate.document import Action, Guard, Plan, Refused, Scope
from gitops_audit.remediate.result import Result, RunResult, not_begun, refused_by

ACTION = Action("c/s/ConfigMap/n/a", 3, "apply", "ConfigMap/n/a", "c", "s", "v1", "7", "d", "e", ("f",))
GUARD = Guard("freeze", ok=False, detail="a freeze window is open")
PLAN = Plan(Scope(), (), (), (ACTION,), (Refused("c/s/Deployment.apps/n/b", "why"),), (GUARD,)).sealed(
    datetime(2026, 3, 1, tzinfo=UTC)
)


def test_a_refused_resource_is_a_result() -> None:
    result = RunResult("run", (Result("c/s/ConfigMap/n/a", "ConfigMap/n/a", "apply", "done"), *refused_by(PLAN)))

    document = result.to_json()

    assert document["results"][1] == {
        "id": "c/s/Deployment.apps/n/b",
        "resource": "Deployment.apps/n/b",
        "action": "none",
        "result": "refused",
        "message": "why",
    }
    assert document["summary"] == {"done": 1, "refused": 1}
    assert result.exit_code == 1


def test_a_run_that_never_began_tells_the_error_the_guards_and_every_resource() -> None:
    document = not_begun(RemediationError("a guard refuses the plan", code="GA505", hint="plan again"), PLAN)

    assert document["run"] == ""
    assert [(r["id"], r["result"], r["message"]) for r in document["results"]] == [
        ("c/s/ConfigMap/n/a", "refused", "a guard refuses the plan"),
        ("c/s/Deployment.apps/n/b", "refused", "why"),
    ]
    assert document["guards"] == [{"name": "freeze", "ok": False, "detail": "a freeze window is open"}]
    assert document["error"] == {"code": "GA505", "message": "a guard refuses the plan", "hint": "plan again"}
