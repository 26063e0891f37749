"""Expressions whose values grow beyond memory are errors of their policy before they run; the rest goes on."""

from __future__ import annotations

import resource
from typing import Any

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.contract import Policy, RuleResult
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.admission import policy as vap
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.loaded import policies_of

A, B, C = "a" * 300, "b" * 1000, "c" * 1000
FOR_ANY_OBJECT = [
    f"'{A}'.replace('a', '{B}').replace('b', '{C}').size() > 0",
    f"'{A}'.replace('a', '{B}').replace('b', '{C}').replace('c', '{C}').size() > 0",
    f"'{A}'.replace('', '{B}').replace('', '{C}').size() > 0",
    f"regex.replace(regex.replace('{A}', 'a', '{B}'), 'b', '{C}').size() > 0",
    f"lists.range(9000).map(i, '{B}').join('{C}').replace('c', '{C}') != ''",
    "lists.range(9000).map(i, i).size() > 0",
    f"cel.bind(a, '{A}', " + "cel.bind(a, a + a + a + a, " * 12 + "a.size() > 0" + ")" * 13,
]
FOR_THIS_OBJECT = [
    "object.data.s.replace('a', object.data.s).size() > 0",
    "object.data.l.map(x, object.data.s).join(object.data.s).size() > 0",
    "object.data.l.map(x, x + object.data.s).join(',').size() > 0",
    "object.data.l.map(x, x).size() > 0",
    "object.data.l.filter(x, x != 'b').size() > 0",
    "object.data.l.transformMap(i, x, x).size() > 0",
    "'%s'.format([object.data.s.split('').map(c, object.data.s)]).size() > 0",
]
HARMLESS = [
    "object.metadata.name.replace('a', 'bb').replace('b', 'cc').size() > 0",
    "object.data.few.map(x, object.metadata.name + x).join(', ').size() > 0",
    "object.data.l.all(x, x != 'b')",
    "object.data.few.map(x, object.data.few.map(y, x + y + object.metadata.name)).size() > 0",
]


def policy(expression: str) -> Policy:
    rules = [{"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}]
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": {
            "matchConstraints": {"resourceRules": rules},
            "validations": [{"expression": expression}, {"expression": "object.metadata.name == 'a'"}],
        },
    }
    (loaded,) = policies_of(vap.load([Document(body, "p.yaml")]))
    return loaded


def results(expression: str) -> list[RuleResult]:
    data: dict[str, Any] = {"s": "a" * 50_000, "l": ["a"] * 9_000, "few": ["a", "b", "c"]}
    subject = subject_of({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
    return list(policy(expression).evaluate(subject, GivenWorld()))


@pytest.mark.parametrize("expression", FOR_ANY_OBJECT)
def test_what_no_object_could_make_small_is_refused_when_policies_are_loaded(expression: str) -> None:
    with pytest.raises(PolicyError, match="256 MiB of memory for any object") as raised:
        policy(expression)

    assert raised.value.code == "GA420"


@pytest.mark.parametrize("expression", FOR_THIS_OBJECT)
def test_what_an_object_would_blow_up_is_an_error_of_that_rule_alone(expression: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    refused, other = results(expression)

    assert (refused.result, other.result) == ("error", "pass")
    assert "256 MiB" in refused.message
    assert "[GA423]" in refused.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 << 10


@pytest.mark.parametrize("expression", HARMLESS)
def test_what_stays_small_is_evaluated(expression: str) -> None:
    assert [result.result for result in results(expression)] == ["pass", "pass"]
