"""Live fields that Git does not declare, within elements, structs and lists."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.model.redact import LAST_APPLIED
from tests.unit.drift.samples import (
    TODAY,
    compared,
    config_map,
    custom,
    declared,
    deployment,
    differences,
    entry,
    fields_v1,
    live,
    widget,
    with_metadata,
)
from tests.unit.drift.test_undeclared import FLUX, V1, applied_by

CONTAINER = {"name": "debug", "image": "busybox", "imagePullPolicy": "Always"}


def on_containers(nodes: dict[str, Any]) -> dict[str, Any]:
    """A set of fields of the containers of a pod template."""
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": nodes}}}}


CONTAINERS = on_containers({'k:{"name":"debug"}': {".": {}, "f:image": {}}})


def with_container(container: dict[str, Any]) -> dict[str, Any]:
    body = copy.deepcopy(deployment())
    body["spec"]["template"]["spec"]["containers"].append(container)
    return body


def web(**more: Any) -> dict[str, Any]:
    body = copy.deepcopy(deployment())
    body["spec"]["template"]["spec"]["containers"][0] |= more
    return body


def by_hand_on_web(trie: dict[str, Any]) -> dict[str, Any]:
    keyed = {'k:{"name":"web"}': trie}
    return entry("kubectl-edit", on_containers(keyed))


WEB = "spec.template.spec.containers[name=web]"


def test_an_element_added_by_hand_is_one_finding() -> None:
    found = live(with_container(CONTAINER), entry(FLUX, {}, "Apply"), entry("kubectl-patch", CONTAINERS))
    assert differences(deployment(), found) == [("added", "spec.template.spec.containers[name=debug]")]


def test_a_field_changed_by_hand_in_a_controllers_element_is_named_itself() -> None:
    only_image = on_containers({'k:{"name":"debug"}': {"f:image": {}}})
    found = live(with_container(CONTAINER), entry("kubectl-patch", only_image))
    assert differences(deployment(), found) == [("added", "spec.template.spec.containers[name=debug].image")]


PROBE = {"tcpSocket": {"port": 80}, "periodSeconds": 10, "timeoutSeconds": 1}


def test_a_struct_added_by_hand_is_one_finding() -> None:
    found = live(web(livenessProbe=PROBE), by_hand_on_web(fields_v1({"livenessProbe": PROBE})))
    assert differences(deployment(), found) == [("added", f"{WEB}.livenessProbe")]


def test_a_struct_with_one_field_is_named_down_to_it() -> None:
    context = {"securityContext": {"privileged": True}}
    found = live(web(**context), by_hand_on_web(fields_v1(context)))
    assert differences(deployment(), found) == [("added", f"{WEB}.securityContext.privileged")]


def test_only_the_field_set_by_hand_is_named_in_a_defaulted_struct() -> None:
    found = live(web(livenessProbe=PROBE), by_hand_on_web({"f:livenessProbe": {"f:periodSeconds": {}}}))
    assert differences(deployment(), found) == [("added", f"{WEB}.livenessProbe.periodSeconds")]


def test_defaults_beside_an_applied_struct_are_part_of_it() -> None:
    applied: dict[str, Any] = {".": {}, "f:image": {}, "f:livenessProbe": {"f:tcpSocket": {"f:port": {}}}}
    intent = entry(FLUX, on_containers({'k:{"name":"web"}': applied}), "Apply")
    assert differences(deployment(), live(web(livenessProbe=PROBE), intent)) == [("stale", f"{WEB}.livenessProbe")]


ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "shop"}}


def role(*rules: dict[str, Any]) -> dict[str, Any]:
    return ROLE | {"rules": list(rules)}


READ = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


def test_a_field_added_inside_a_list_owned_as_a_whole_is_found() -> None:
    found = live(role(READ | {"resourceNames": ["one"]}), entry("kubectl-edit", {"f:rules": {}}))
    assert differences(role(READ), found) == [("added", "rules[0].resourceNames")]


def test_a_field_given_up_inside_a_list_owned_as_a_whole_is_found() -> None:
    intent = entry(FLUX, {"f:rules": {}}, "Apply", apiVersion="rbac.authorization.k8s.io/v1")
    found = live(role(READ | {"resourceNames": ["one"]}), intent)
    assert differences(role(READ), found) == [("stale", "rules[0].resourceNames")]


def binding(**subject: str) -> dict[str, Any]:
    return {
        "apiVersion": ROLE["apiVersion"],
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "shop"},
        "subjects": [{"kind": "User", "name": "jane"} | subject],
    }


@pytest.mark.parametrize(("manager", "operation"), [(FLUX, "Apply"), ("kubectl-edit", "Update")])
def test_defaults_inside_a_list_owned_as_a_whole_are_nobodys_doing(manager: str, operation: str) -> None:
    trie = entry(manager, {"f:subjects": {}}, operation, apiVersion=str(ROLE["apiVersion"]))
    assert differences(binding(), live(binding(apiGroup="rbac.authorization.k8s.io"), trie)) == []


def test_the_consequences_of_a_type_are_not_told_beside_it() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}}
    spec = {"type": "NodePort", "externalTrafficPolicy": "Cluster"}
    found = live(service | {"spec": spec}, entry("kubectl-edit", {"spec": spec}, **V1))
    assert differences(service | {"spec": {"type": "ClusterIP"}}, found) == [("changed", "spec.type")]
    assert differences(service | {"spec": {"type": ""}}, found) == [("added", "spec.type")]


def test_what_is_left_to_the_server_is_not_stale_for_having_been_applied_empty() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}}
    body = service | {"spec": {"clusterIP": ""}}
    found = live(service | {"spec": {"clusterIP": "10.0.0.1"}}, applied_by(FLUX, body))
    assert differences(body, found) == []


@pytest.mark.parametrize("empty", ["", None])
def test_what_a_hand_chose_where_git_leaves_it_to_the_server_is_added(empty: Any) -> None:
    intent = entry(FLUX, on_containers({'k:{"name":"web"}': {".": {}, "f:image": {}, "f:name": {}}}), "Apply")
    found = live(web(imagePullPolicy="Never"), intent, by_hand_on_web({"f:imagePullPolicy": {}}))
    assert differences(web(imagePullPolicy=empty), found) == [("added", f"{WEB}.imagePullPolicy")]


def test_a_bundle_that_a_hand_put_where_git_left_it_blank_is_added_that_of_an_injector_is_not() -> None:
    def hooks(bundle: str) -> dict[str, Any]:
        kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
        return kind | {"metadata": {"name": "h"}, "webhooks": [{"name": "a", "clientConfig": {"caBundle": bundle}}]}

    trie: dict[str, Any] = {"f:webhooks": {'k:{"name":"a"}': {"f:clientConfig": {"f:caBundle": {}}}}}
    by_hand, injected = (
        live(hooks("QUJD"), entry(manager, trie, apiVersion="admissionregistration.k8s.io/v1"))
        for manager in ("kubectl-edit", "cainjector")
    )
    assert differences(hooks("Cg=="), by_hand) == [("added", "webhooks[name=a].clientConfig.caBundle")]
    assert differences(hooks("Cg=="), injected) == []


def test_a_declared_null_is_left_to_the_server_and_its_owner_gave_up_nothing() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}}
    body, have = service | {"spec": {"clusterIP": None}}, service | {"spec": {"clusterIP": "10.0.0.1"}}
    assert differences(body, live(have, applied_by(FLUX, body))) == []
    by_hand = entry("kubectl-edit", {"spec": {"clusterIP": "10.0.0.1"}}, **V1)
    assert differences(body, live(have, applied_by(FLUX, service), by_hand)) == [("added", "spec.clusterIP")]


def test_an_empty_struct_that_was_applied_is_no_evidence_of_what_stands_in_it_now() -> None:
    daemons = deployment() | {"kind": "DaemonSet"}
    applied = with_metadata(daemons, annotations={})
    found = live(with_metadata(daemons, annotations={"deprecated.daemonset.template.generation": "1"}), applied=applied)
    found["metadata"].pop("managedFields")
    assert Comparer(DriftConfig(), today=TODAY).compare(declared(daemons), found, None).changes == ()


def test_defaults_within_an_indivisible_list_of_an_unknown_type_are_nobodys_doing() -> None:
    body, have = widget(steps=[{"run": "x"}]), widget(steps=[{"run": "x", "retries": 3}])
    found = live(have, applied_by(FLUX, body))
    assert differences(body, found) == []
    typed = custom({"steps": {"type": "array", "items": {"type": "object", "properties": {"run": {}, "retries": {}}}}})
    assert differences(body, found, typed) == [("stale", "spec.steps[0].retries")]


def test_a_field_added_within_a_metric_is_found_wherever_the_metric_stands() -> None:
    def scaler(*metrics: dict[str, Any]) -> dict[str, Any]:
        metadata = {"name": "web", "namespace": "shop"}
        kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
        return kind | {"metadata": metadata, "spec": {"metrics": list(metrics)}}

    cpu = {"type": "Resource", "resource": {"name": "cpu"}}
    pods = {"type": "Pods", "pods": {"metric": {"name": "p"}}}
    selected = {"type": "Pods", "pods": {"metric": {"name": "p", "selector": {"matchLabels": {"a": "b"}}}}}
    edit = entry("kubectl-edit", {"f:spec": {"f:metrics": {}}}, apiVersion="autoscaling/v2")
    found = live(scaler(cpu, selected), edit)
    assert differences(scaler(pods, cpu), found) == [("added", "spec.metrics[1].pods.metric.selector.matchLabels.a")]


@pytest.mark.parametrize("phase", ["Pending", "Bound"])
def test_only_the_phase_that_a_claim_template_is_born_with_is_a_default(phase: str) -> None:
    def stateful(**status: str) -> dict[str, Any]:
        template = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}, "status": status}
        return deployment(volumeClaimTemplates=[template]) | {"kind": "StatefulSet"}

    expected = [] if phase == "Pending" else [("stale", "spec.volumeClaimTemplates[0].status.phase")]
    assert differences(stateful(), live(stateful(phase=phase), applied_by(FLUX, stateful()))) == expected


def test_the_divisor_that_defaulting_writes_is_nobodys_doing() -> None:
    def env(**more: str) -> dict[str, Any]:
        source = {"resourceFieldRef": {"resource": "limits.cpu"} | more}
        return web(env=[{"name": "A", "valueFrom": source}])

    keyed: dict[str, Any] = {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:valueFrom": {"f:resourceFieldRef": {}}}}
    intent = entry(FLUX, on_containers({'k:{"name":"web"}': {"f:env": keyed}}), "Apply")
    assert differences(env(), live(env(divisor="0"), intent)) == []
    assert differences(env(), live(env(divisor="1m"), intent)) == [
        ("stale", f"{WEB}.env[name=A].valueFrom.resourceFieldRef.divisor")
    ]


def test_secret_values_declared_as_text_are_owned_as_data() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    trie: dict[str, Any] = {"f:stringData": {"f:user": {}, "f:token": {}}}
    found = live(secret | {"data": {"user": "a", "token": "b"}}, entry(FLUX, trie, "Apply", **V1))
    drift = compared(secret | {"data": {"user": "x"}}, found)
    assert [(c.type, c.path, c.cause) for c in drift.changes] == [
        ("changed", "data.user", "git"),
        ("stale", "data.token", "git"),
    ]


def test_a_secret_value_overwritten_since_is_the_writers() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    intent = entry(FLUX, {"f:stringData": {"f:user": {}}}, "Apply", **V1)
    edit = entry("kubectl-edit", {"f:data": {"f:user": {}}}, **V1)
    drift = compared(secret | {"data": {"user": "x"}}, live(secret | {"data": {"user": "y"}}, intent, edit))
    assert [(c.cause, c.by.manager if c.by else "") for c in drift.changes] == [("cluster", "kubectl-edit")]


LIMITS = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": "shop"}}


def limit(**more: Any) -> dict[str, Any]:
    return LIMITS | {"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}} | more]}}


def test_limits_derived_from_each_other_are_defaults() -> None:
    filled = limit(default={"cpu": "2"}, defaultRequest={"cpu": "2"})
    assert differences(limit(), live(filled, applied_by(FLUX, limit()))) == []
    other = limit(default={"cpu": "1"}, defaultRequest={"cpu": "1"})
    assert differences(limit(), live(other, entry("kubectl-edit", {"f:spec": {"f:limits": {}}}, **V1))) == [
        ("added", "spec.limits[0].default.cpu")
    ]


def test_an_object_without_ownership_says_what_could_not_be_told() -> None:
    drift = compared(config_map(a="1"), {**config_map(a="1", b="2")})
    assert drift.status == "in-sync"
    assert "no managedFields" in drift.reason


def test_hostile_ownership_never_crashes() -> None:
    body = config_map(a="1")
    nowhere = {"f:metadata": {"f:labels": {"f:x": 3}}}
    tries: list[Any] = [None, 5, [], nowhere, {"f:data": None}, {"f:data": []}, {"k:{": {}}]
    for trie in tries:
        found = live(body) | {}
        strange = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": trie}
        found["metadata"]["managedFields"] = [strange, 5, None]
        assert compared(body, found).status == "in-sync"


def test_the_identity_of_the_resource_is_the_one_declared() -> None:
    assert str(declared(config_map()).key) == "ConfigMap/shop/settings"


def test_what_kubectl_apply_wrote_beside_a_deployer_is_added_where_it_still_owns_it() -> None:
    body, old = config_map(a="1"), config_map(a="1", b="2", c="3")
    record = {"annotations": {LAST_APPLIED: "{}"}}
    left = entry("kubectl-client-side-apply", {"data": {"b": "2"}, "metadata": record}, **V1)
    found = live(old, applied_by(FLUX, body), left, applied=old)
    assert differences(body, found) == [("added", "data.b")]


def test_long_lists_take_no_time_that_grows_with_their_square() -> None:
    many = [{"name": f"c{i}", "image": "x"} for i in range(3000)]
    body = deployment(template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": many}})
    keyed: dict[str, Any] = {f'k:{{"name":"c{i}"}}': {".": {}, "f:image": {}, "f:name": {}} for i in range(3000)}
    intent = entry(FLUX, on_containers(keyed), "Apply")
    assert differences(body, live(body, intent)) == []
