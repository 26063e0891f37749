"""What is left to the API server or a controller is no difference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.drift.samples import (
    custom,
    deployment,
    differences,
    live,
    widget,
    with_metadata,
)
from tests.unit.drift.test_compare import TYPE, found

SYSTEM: dict[str, Any] = {
    "uid": "other",
    "resourceVersion": "1",
    "generation": 9,
    "creationTimestamp": None,
    "managedFields": [],
    "selfLink": "/x",
}


def test_what_exported_objects_carry_is_never_compared() -> None:
    annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "deployment.kubernetes.io/revision": "3",
    }
    body = with_metadata(deployment(), **SYSTEM, annotations=annotations) | {"status": {"replicas": 4}}
    assert differences(body, live(deployment()) | {"status": {"replicas": 1}}) == []


def test_a_status_or_name_below_the_top_is_compared() -> None:
    body = widget(free={"status": "a", "metadata": {"uid": "1"}})
    have = live(widget(free={"status": "b", "metadata": {"uid": "2"}}))
    assert differences(body, have, TYPE) == [("changed", "spec.free.status"), ("changed", "spec.free.metadata.uid")]


def test_rules_of_an_aggregated_role_are_the_controllers() -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "admin"},
        "rules": [],
    }
    aggregated = role | {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}}
    filled = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    assert differences(aggregated, live(aggregated | {"rules": filled})) == []
    assert differences(role, live(role | {"rules": filled})) == [("changed", "rules")]


SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}


@pytest.mark.parametrize(
    ("spec", "have"),
    [
        ({"clusterIP": ""}, {"clusterIP": "10.0.0.7"}),
        ({"type": "", "sessionAffinity": ""}, {"type": "ClusterIP", "sessionAffinity": "None"}),
        (
            {"ports": [{"port": 80, "nodePort": 0}]},
            {"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080, "targetPort": 80}]},
        ),
        ({"ports": [{"port": 80, "targetPort": 0}]}, {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}),
        ({"ports": [{"port": 80, "protocol": ""}]}, {"ports": [{"port": 80, "protocol": "TCP"}]}),
    ],
)
def test_what_is_left_to_the_server_is_no_difference(spec: Any, have: Any) -> None:
    assert differences(SERVICE | {"spec": spec}, live(SERVICE | {"spec": have})) == []


def test_an_empty_group_of_a_role_reference_is_left_to_the_server_that_of_others_is_not() -> None:
    def binding(group: str) -> dict[str, Any]:
        kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding"}
        return kind | {"metadata": {"name": "b", "namespace": "shop"}, "roleRef": {"apiGroup": group, "name": "r"}}

    assert differences(binding(""), live(binding("rbac.authorization.k8s.io"))) == []
    backend = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i", "namespace": "shop"}}
    specs = [{"spec": {"defaultBackend": {"resource": {"apiGroup": g, "kind": "B"}}}} for g in ("", "x")]
    found = differences(backend | specs[0], live(backend | specs[1]))
    assert found == [("changed", "spec.defaultBackend.resource.apiGroup")]


def test_the_names_that_a_definition_leaves_empty_are_filled_by_the_server() -> None:
    def definition(**names: str) -> dict[str, Any]:
        kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
        return kind | {"metadata": {"name": "ws.example.com"}, "spec": {"names": {"kind": "W"} | names}}

    filled = live(definition(singular="w", listKind="WList"))
    assert differences(definition(singular="", listKind=""), filled) == []
    assert differences(definition(singular="x"), filled) == [("changed", "spec.names.singular")]


def test_none_is_a_cluster_ip_like_any_other() -> None:
    body, have = SERVICE | {"spec": {"clusterIP": "None"}}, SERVICE | {"spec": {"clusterIP": "10.0.0.7"}}
    assert differences(body, live(have)) == [("changed", "spec.clusterIP")]


def test_a_custom_resource_means_an_empty_type_as_it_says() -> None:
    schema = custom({"type": {"type": "string"}})
    assert found({"type": ""}, {"type": "x"}, schema) == [("changed", "spec.type")]


@pytest.mark.parametrize("bundle", ["", "Cg=="])
def test_an_empty_ca_bundle_is_left_to_the_injector(bundle: str) -> None:
    schema = custom({"caBundle": {"type": "string", "format": "byte"}})
    assert found({"caBundle": bundle}, {"caBundle": "QUJD"}, schema) == []
    assert found({"caBundle": "QUJE"}, {"caBundle": "QUJD"}, schema) == [("changed", "spec.caBundle")]
