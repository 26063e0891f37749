"""Kyverno policies that are wrong, unsupported, or cannot be evaluated."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.model.finding import Severity
from gitops_audit.policy.form.kyverno.load import load
from gitops_audit.policy.loaded import policies_of
from tests.unit.policy.form.kyverno.making import (
    documents,
    pod,
    policy,
    results,
    verdict,
)
from tests.unit.policy.form.kyverno.test_policy import EACH, ONE


def test_annotations_tell_what_the_policy_is_about() -> None:
    about = policy(ONE, annotations="{policies.kyverno.io/title: T, policies.kyverno.io/severity: high}").metadata
    assert (about.title, about.severity, about.form, about.name) == ("T", Severity.high, "ClusterPolicy", "sample")


@pytest.mark.parametrize(
    ("rule", "code", "line"),
    [
        ("mutate: {patchStrategicMerge: {}}", "GA410", 10),
        ("generate: {kind: x}", "GA410", 10),
        ("verifyImages: [{imageReferences: [a]}]", "GA410", 10),
        ("validate: {manifests: {}}", "GA410", 10),
        ("context: [{name: a, apiCall: {urlPath: /api}}]\n" + ONE, "GA410", 10),
        (EACH % "context: [{name: a, imageRegistry: {reference: x}}]\n    pattern: {}", "GA410", 14),
        ("validate: {message: '{{ random(a) }}', deny: {}}", "GA410", 10),
        ("context: [{name: a, variable: {jmesPath: random('a')}}]\n" + ONE, "GA410", 10),
        ("validate: {patern: {}}", "GA401", 10),
        ("validate: {message: nothing to check}", "GA401", 10),
        ("validate: {message: 5, deny: {}}", "GA401", 10),
        ("validate: {deny: {conditions: [{key: a, operator: Is, value: b}]}}", "GA401", 10),
        ("validate: {foreach: [{pattern: {}}]}", "GA401", 10),
        ("validate: {podSecurity: {level: strict}}", "GA432", 10),
        ("validate: {podSecurity: {level: baseline, version: newest}}", "GA433", 10),
        ("validate: {cel: {expressions: [{expression: 'object.'}]}}", "GA420", 10),
        ("validate: {cel: {expressions: []}}", "GA401", 10),
        ("context: [{variable: {value: 1}}]\n" + ONE, "GA401", 10),
        ("context: [{name: a}]\n" + ONE, "GA401", 10),
        ("context: [{name: a, apiCall: x}]\n" + ONE, "GA401", 10),
        ("context: [{name: a, apiCall: {service: x}}]\n" + ONE, "GA401", 10),
        ("context: [{name: a, globalReference: {names: x}}]\n" + ONE, "GA401", 10),
        ("mutate: [1]\n" + ONE, "GA410", 10),
        ("mutate: {foreach: 1}\n" + ONE, "GA410", 10),
        ("preconditions: {some: []}\n" + ONE, "GA401", 10),
    ],
)
def test_what_is_wrong_or_unsupported_is_told_with_its_line(rule: str, code: str, line: int) -> None:
    with pytest.raises(PolicyError) as raised:
        policy(rule)
    assert raised.value.code == code
    assert raised.value.where is not None
    assert (raised.value.where.path, raised.value.where.line) == ("policy.yaml", line)


@pytest.mark.parametrize(
    "match",
    [
        "{any: [null]}",
        "{any: [{resources: {kinds: [null]}}]}",
        "{any: [{resources: {kinds: [Pod], name: 5}}]}",
        "{any: [{resources: {kinds: [Pod], selector: {matchExpressions: [null]}}}]}",
        "{any: [{resources: {kinds: [Pod]}, roles: [5]}]}",
        "{any: [{resources: {kinds: [Pod]}, subjects: [5]}]}",
    ],
)
def test_a_match_of_impossible_types_is_an_error(match: str) -> None:
    with pytest.raises(PolicyError):
        policy(ONE, match=match)


@pytest.mark.parametrize("side", ["any", "all"])
@pytest.mark.parametrize(
    "block",
    [
        "resources: {kinds: [Pod], selector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}",
        "resources: {kinds: [Pod], namespaceSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}}",
        "resources: {kinds: [Pod], selector: {matchExpressions: [{key: a, operator: NotIn}]}}",
        "resources: {kinds: [Pod], operations: [Create]}",
        "resources: {kinds: [Pod]}, subjects: [{kind: Users, name: a}]",
        "resources: {kinds: [Pod]}, subjects: [{name: a}]",
    ],
)
def test_a_match_that_could_never_hold_is_an_error(block: str, side: str) -> None:
    with pytest.raises(PolicyError) as raised:
        policy(ONE, match=f"{{{side}: [{{{block}}}]}}")
    assert raised.value.code == "GA401"


def test_an_unsupported_rule_may_be_a_visible_skip_beside_the_others() -> None:
    text = """\
    apiVersion: kyverno.io/v1
    kind: ClusterPolicy
    metadata: {name: p}
    spec:
      rules:
      - {name: a, match: {resources: {kinds: [Pod]}}, mutate: {patchStrategicMerge: {}}}
      - {name: b, match: {resources: {kinds: [Pod]}}, validate: {pattern: {spec: {hostNetwork: true}}}}
    """
    (loaded,) = load(documents(text))
    assert loaded.policy is not None
    assert loaded.fault is not None
    assert loaded.fault.code == "GA410"
    first, second = results(loaded.policy, pod())
    assert (first.result, first.message) == ("skip", "unsupported: `mutate` rules are not evaluated")
    assert second.result == "fail"


@pytest.mark.parametrize("spec", ["{}", "{rules: []}", "{rules: [{validate: {deny: {}}}]}", "{odd: 1, rules: []}"])
def test_a_policy_without_proper_rules_is_an_error(spec: str) -> None:
    text = f"apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{name: p}}\nspec: {spec}\n"
    with pytest.raises(PolicyError):
        policies_of(load(documents(text)))


def test_a_deeply_nested_object_ends_in_a_result() -> None:
    nested: Any = 1
    for _ in range(3_000):
        nested = {"a": nested}
    body = pod(deep=nested)
    rule = """validate: {deny: {conditions: {any: [{key: "{{ to_string(@) }}", operator: Equals, value: a}]}}}"""
    assert verdict(policy(rule), body) == "error"


@pytest.mark.slow
def test_context_entries_that_double_each_other_end_in_an_error() -> None:
    entries = "".join(
        f"- {{name: v{n}, variable: {{value: ['{{{{ v{n - 1} }}}}', '{{{{ v{n - 1} }}}}']}}}}\n" for n in range(1, 60)
    )
    deny = "validate: {deny: {conditions: {any: [{key: '{{ v59 }}', operator: Equals, value: [x]}]}}}"
    rule = "context:\n- {name: v0, variable: {value: x}}\n" + entries + deny
    (result,) = results(policy(rule), pod())
    assert (result.result, "parts" in result.message) == ("error", True)


def test_cel_rules_see_a_field_of_null() -> None:
    rule = "validate: {cel: {expressions: [{expression: 'object.spec.volumes == null'}]}}"
    assert verdict(policy(rule), pod(volumes=None)) == "pass"


def test_a_failure_of_a_policy_that_is_not_scored_is_a_warning() -> None:
    unscored = '{policies.kyverno.io/scored: "false"}'
    assert verdict(policy(ONE, annotations=unscored), pod(hostNetwork=True)) == "warn"
    assert verdict(policy(ONE, annotations=unscored), pod(hostNetwork=False)) == "pass"
