from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube.pod_template import CONTROLLERS
from gitops_audit.policy.form.kyverno import autogen
from tests.unit.policy.form.kyverno.making import cron_job, deployment, pod, policy, results

PODS = {"name": "r", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "validate": {"pattern": {"spec": {}}}}


def with_resources(**resources: Any) -> dict[str, Any]:
    return {**PODS, "match": {"any": [{"resources": {"kinds": ["Pod"], **resources}}]}}


@pytest.mark.parametrize(
    "rule",
    [
        with_resources(name="a"),
        with_resources(names=["a"]),
        with_resources(selector={"matchLabels": {"a": "b"}}),
        with_resources(annotations={"a": "b"}),
        with_resources(kinds=["Pod", "Service"]),
        with_resources(kinds=["Service"]),
        {**PODS, "exclude": {"resources": {"names": ["a"]}}},
        {**PODS, "generate": {"kind": "x"}},
    ],
)
def test_what_cannot_be_carried_over_has_no_generated_rules(rule: dict[str, Any]) -> None:
    assert autogen.controllers({}, [rule]) == frozenset()


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, frozenset(CONTROLLERS)),
        ("none", frozenset()),
        ("all", frozenset()),
        ("Deployment,CronJob", frozenset({"Deployment", "CronJob"})),
    ],
)
def test_an_annotation_chooses_the_controllers(chosen: str | None, expected: frozenset[str]) -> None:
    annotations = {} if chosen is None else {autogen.ANNOTATION: chosen}
    assert autogen.controllers(annotations, [PODS]) == expected


def test_a_rule_that_excludes_other_kinds_only_is_left_as_it_is() -> None:
    assert autogen.generated({**PODS, "exclude": {"resources": {"kinds": ["Service"]}}}, ["Deployment"]) is None
    assert autogen.generated({**PODS, "name": "autogen-r"}, ["Deployment"]) is None


NO_LATEST = """\
validate:
  message: "no latest in {{ request.object.metadata.name }}"
  pattern:
    spec:
      containers:
      - image: "!*:latest"
"""
DENY = """\
preconditions:
  all:
  - {key: "{{ request.object.metadata.labels.app }}", operator: Equals, value: web}
validate:
  deny:
    conditions:
      any:
      - {key: "{{ request.object.spec.hostNetwork || `false` }}", operator: Equals, value: true}
"""
LATEST = pod({"name": "a", "image": "nginx:latest"}, labels={"app": "web"}, hostNetwork=True)


@pytest.mark.parametrize("rule", [NO_LATEST, DENY])
@pytest.mark.parametrize(
    ("body", "name"),
    [(LATEST, "rule"), (deployment(LATEST), "autogen-rule"), (cron_job(LATEST), "autogen-cronjob-rule")],
)
def test_a_rule_about_pods_holds_for_their_controllers(rule: str, body: dict[str, Any], name: str) -> None:
    (result,) = results(policy(rule), body)
    assert (result.rule, result.result) == (name, "fail")


def test_a_generated_pattern_points_into_the_template() -> None:
    (result,) = results(policy(NO_LATEST), cron_job(LATEST))
    assert result.pointer == "/spec/jobTemplate/spec/template/spec/containers/0/image"


def test_the_other_kinds_of_a_rule_are_kept() -> None:
    loaded = policy(NO_LATEST, match="{any: [{resources: {kinds: [Pod]}}, {resources: {kinds: [Service]}}]}")
    assert (
        results(loaded, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {}})[0].rule
        == "rule"
    )


def test_the_old_form_of_match_is_carried_over_too() -> None:
    loaded = policy(NO_LATEST, match="{resources: {kinds: [Pod]}}")
    assert results(loaded, deployment(LATEST))[0].rule == "autogen-rule"


def test_any_pattern_is_carried_over() -> None:
    rule = "validate:\n  anyPattern:\n  - {spec: {hostNetwork: false}}\n  - {spec: {hostPID: false}}"
    (result,) = results(policy(rule), deployment(LATEST))
    assert result.result == "fail"


def test_without_the_kind_in_the_annotation_nothing_is_generated() -> None:
    loaded = policy(NO_LATEST, annotations='{pod-policies.kyverno.io/autogen-controllers: "DaemonSet"}')
    assert results(loaded, deployment(LATEST)) == []
    assert set(loaded.rules) == {"rule", "autogen-rule"}


def test_a_long_name_is_cut_as_kyverno_cuts_it() -> None:
    made = autogen.generated({**PODS, "name": "r" * 63}, ["Deployment"])
    assert made is not None
    assert len(made["name"]) == 63


@pytest.mark.parametrize("mutate", [{"patchesJson6902": "x"}, {"foreach": [{"list": "x", "patchesJson6902": "x"}]}])
def test_beside_a_rule_that_patches_by_place_nothing_is_generated(mutate: dict[str, Any]) -> None:
    patching = {"name": "patch", "match": PODS["match"], "mutate": mutate}
    assert autogen.controllers({}, [PODS, patching]) == frozenset()


def test_for_cron_jobs_every_part_of_a_match_is_aimed_at_them() -> None:
    exclude = {"any": [{"resources": {"kinds": ["Pod"], "namespaces": ["a"]}}, {"resources": {"kinds": ["Service"]}}]}
    rule = {**PODS, "exclude": exclude}
    cron = autogen.generated(rule, ["CronJob"])
    others = autogen.generated(rule, ["Deployment"])
    assert cron
    assert others
    assert [part["resources"]["kinds"] for part in cron["exclude"]["any"]] == [["batch/v1/CronJob"]] * 2
    assert others["exclude"]["any"][1]["resources"]["kinds"] == ["Service"]
