"""Rules that would work without end are errors, in bounded time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_audit.policy.form.kyverno import jmes
from gitops_audit.policy.form.kyverno.budget import Budget, Exhausted
from tests.unit.policy.form.kyverno.making import pod, policy, results

pytestmark = pytest.mark.slow

CONTAINERS = "request.object.spec.containers"
NUMBERS = f"`{list(range(400))}`"
MAPPED = f"map(&map(&map(&@, {NUMBERS}), {NUMBERS}), {NUMBERS})"
FILTERED = f"{NUMBERS}[?{NUMBERS}[?{NUMBERS}[?@ > `0`]]]"


def equals(key: Any, operator: str = "Equals", value: Any = 1) -> dict[str, Any]:
    return {"all": [{"key": key, "operator": operator, "value": value}]}


def nested(innermost: dict[str, Any]) -> dict[str, Any]:
    block = {"list": CONTAINERS, **innermost}
    for _ in range(2):
        block = {"list": CONTAINERS, "foreach": [block]}
    return {"validate": {"foreach": [block]}}


def denied(key: Any, operator: str = "Equals", value: Any = 1) -> dict[str, Any]:
    return {"validate": {"deny": {"conditions": equals(key, operator, value)}}}


@pytest.mark.parametrize(
    "rule",
    [
        nested({"deny": {"conditions": equals("{{ element.name }}")}}),
        nested({"preconditions": equals("{{ nothing }}"), "deny": {}}),
        denied(f"{{{{ {MAPPED} }}}}"),
        denied(f"{{{{ {FILTERED} }}}}"),
        {"context": [{"name": "v", "variable": {"jmesPath": MAPPED, "default": 1}}], **denied("{{ v }}")},
        denied(["*a"] * 2000, "AnyIn", ["b*"] * 2000),
    ],
    ids=["foreach", "preconditions", "map", "filter", "default", "wildcards"],
)
def test_a_rule_that_works_without_end_is_an_error_in_bounded_time(rule: dict[str, Any]) -> None:
    body = pod(*({"name": f"c{index}", "image": "a"} for index in range(200)))
    loaded = policy("\n".join(f"{key}: {json.dumps(value)}" for key, value in rule.items()))
    (result,) = results(loaded, body)
    assert result.result == "error"
    assert "steps" in result.message


def test_an_expression_spends_what_it_looks_at() -> None:
    budget = Budget(100)
    assert jmes.search("a.b", {"a": {"b": 1}}, budget) == 1
    assert budget.left == 97
    with pytest.raises(Exhausted):
        jmes.search("[*].a", [{"a": 1}] * 100, budget)
