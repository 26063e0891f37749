"""`ignoreDifferences` of an Application become ignore rules for its objects, or are told."""

from __future__ import annotations

import pytest

from tests.unit.deployer.argocd.engine import HERE, application, expanded, only


@pytest.mark.parametrize(
    ("entry", "fields", "managers"),
    [
        ("jsonPointers: [/spec/replicas]", ("/spec/replicas",), ()),
        ("managedFieldsManagers: [hpa]", (), ("hpa",)),
        ("jqPathExpressions: ['.spec.template.spec.initContainers[]']", ("/spec/template/spec/initContainers/*",), ()),
        (
            "jqPathExpressions: ['.spec.containers[] | select(.name == \"proxy\")']",
            ("/spec/containers/[name=proxy]",),
            (),
        ),
        (
            "jqPathExpressions: ['.spec.containers[] | select(.name == \"proxy\") | .image']",
            ("/spec/containers/[name=proxy]/image",),
            (),
        ),
        ("jqPathExpressions: ['.webhooks[]?.clientConfig.caBundle']", ("/webhooks/*/clientConfig/caBundle",), ()),
        ("jqPathExpressions: ['.metadata.annotations[\"a.b/c\"]']", ("/metadata/annotations/a.b~1c",), ()),
        ("jqPathExpressions: ['.metadata.annotations.\"a.b/c\"']", ("/metadata/annotations/a.b~1c",), ()),
        ("jqPathExpressions: ['.spec.rules[0].host']", ("/spec/rules/0/host",), ()),
    ],
)
def test_ignored_differences_are_rules_for_the_objects_of_that_application(
    entry: str, fields: tuple[str, ...], managers: tuple[str, ...]
) -> None:
    spec = f"source: {{repoURL: {HERE}, path: a}}\nignoreDifferences:\n- group: apps\n  kind: Deployment\n  {entry}\n"
    [rule] = only(expanded(application(spec))).ignore
    assert (rule.fields, rule.managers, rule.source) == (fields, managers, "fleet.shop")
    assert (rule.match.kind, rule.match.group, rule.match.name, rule.match.namespace) == (
        "Deployment",
        "apps",
        "*",
        "*",
    )


@pytest.mark.parametrize("pointer", ["/data/*", "/spec/containers/[name=web]/image"])
def test_a_pointer_has_no_wildcards_and_its_differences_stay(pointer: str) -> None:
    body = application(f"source: {{repoURL: {HERE}, path: a}}")
    body["spec"]["ignoreDifferences"] = [{"kind": "Secret", "jsonPointers": [pointer, "/data/a"]}]
    found = expanded(body)
    assert only(found).ignore[0].fields == ("/data/a",)
    assert [pointer in note and "no wildcards" in note for note in found.notes] == [True]


@pytest.mark.parametrize("expression", [".a | keys", "..", ".a[] | select(.b > 1)", ".a, .b", "del(.a)", ".a[1:2]", ""])
def test_an_expression_of_jq_that_does_more_than_walk_is_told(expression: str) -> None:
    entry = {"group": "", "kind": "Service", "jqPathExpressions": [expression, ".spec.x"]}
    body = application(f"source: {{repoURL: {HERE}, path: a}}")
    body["spec"]["ignoreDifferences"] = [entry]
    found = expanded(body)
    assert only(found).ignore[0].fields == ("/spec/x",)
    assert len(found.notes) == bool(expression)


def test_with_jq_an_expression_that_does_more_than_walk_is_evaluated_for_each_object() -> None:
    body = application(f"source: {{repoURL: {HERE}, path: a}}")
    body["spec"]["ignoreDifferences"] = [{"kind": "Service", "jqPathExpressions": [".a | keys", ".spec.x"]}]
    found = expanded(body, has_jq=True)
    assert [(rule.fields, rule.expressions) for rule in only(found).ignore] == [(("/spec/x",), (".a | keys",))]
    assert found.notes == ()
