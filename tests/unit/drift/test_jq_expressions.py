"""Ignore rules by expressions of jq hide what they lead to, on whichever side it stands, and nothing else."""

from __future__ import annotations

import pytest

from gitops_audit.config.settings import DriftConfig, IgnoreRule
from gitops_audit.kube.match import Match
from gitops_audit.model.resource import JsonObject
from gitops_audit.render.jq import PathExpressions
from tests.unit.drift.samples import compared, deployment, live


def pods(*containers: JsonObject, **more: object) -> JsonObject:
    body = deployment(replicas=1)
    body["spec"]["template"]["spec"] = {"containers": list(containers), **more}
    return body


WEB, PROXY = {"name": "web", "image": "nginx:1"}, {"name": "proxy", "image": "envoy:1", "args": ["a"]}
DECLARED = pods(WEB, PROXY)
# Somebody else added a container, so that the others have other places.
LIVE = pods({"name": "new", "image": "x"}, WEB | {"image": "nginx:2"}, PROXY | {"image": "envoy:2", "args": ["a", "b"]})


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        (".nothing", ["[name=proxy].args", "[name=proxy].image", "[name=web].image"]),
        (".spec.template.spec.containers[].image", ["[name=proxy].args"]),
        ('.spec.template.spec.containers[] | select(.image | startswith("envoy"))', ["[name=web].image"]),
        ('.spec.template.spec.containers[] | select(.name | test("web"))', ["[name=proxy].args", "[name=proxy].image"]),
        (".spec.template.spec.containers[] | .args, .image", []),
        (".spec.template", []),
        ("[range(1e9)]", ["[name=proxy].args", "[name=proxy].image", "[name=web].image"]),
    ],
)
def test_what_an_expression_leads_to_on_either_side_does_not_count(expression: str, left: list[str]) -> None:
    rule = IgnoreRule(Match(kind="Deployment"), reason="known", expressions=(expression,))
    drift = compared(DECLARED, live(LIVE), DriftConfig(ignore=(rule,)), paths=PathExpressions())
    counting = sorted(change.path.partition("containers")[2] for change in drift.changes if not change.ignored)
    assert counting == sorted(left)
    assert drift.status == ("modified" if left else "in-sync")


def test_a_key_with_wildcards_is_that_key_alone() -> None:
    def labelled(**labels: str) -> JsonObject:
        body = deployment()
        return body | {"metadata": body["metadata"] | {"annotations": labels}}

    rule = IgnoreRule(Match(), reason="known", expressions=('.metadata.annotations["a*"]',))
    declared, found = labelled(**{"a*": "1", "ab": "1"}), labelled(**{"a*": "2", "ab": "2"})
    drift = compared(declared, live(found), DriftConfig(ignore=(rule,)), paths=PathExpressions())
    assert [change.path for change in drift.changes if not change.ignored] == ["metadata.annotations.ab"]


def test_an_object_in_sync_is_not_asked_about() -> None:
    def never(*_: object) -> list[tuple[str]]:
        raise AssertionError("an expression was evaluated")

    rule = IgnoreRule(Match(), reason="known", expressions=(".spec",))
    assert compared(DECLARED, live(DECLARED), DriftConfig(ignore=(rule,)), paths=never).status == "in-sync"
