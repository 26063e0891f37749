"""Recordings without types: the lists of built-in kinds that have keys are known all the same."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.kube.shape import of_kind
from tests.unit.drift.samples import declared, deployment, live, told, widget, with_metadata


def untyped(body: dict[str, Any], found: dict[str, Any]) -> list[tuple[str, str]]:
    comparer = Comparer(DriftConfig(), today=date(2026, 7, 1))
    return told(comparer.compare(declared(body), live(found), None).changes)


def containers(*names: str, **web: Any) -> dict[str, Any]:
    body = copy.deepcopy(deployment())
    found = [{"name": name, "image": f"{name}:1"} | (web if name == "web" else {}) for name in names]
    body["spec"]["template"]["spec"]["containers"] = found
    return body


def test_a_container_that_was_injected_or_moved_is_no_difference() -> None:
    assert untyped(containers("web", "side"), containers("side", "proxy", "web")) == []


def test_a_difference_is_told_by_the_key_of_its_element() -> None:
    have = containers("side", "web", image="web:2")
    path = "spec.template.spec.containers[name=web].image"
    assert untyped(containers("web", "side"), have) == [("changed", path)]


def test_a_port_without_protocol_is_one_of_tcp() -> None:
    def service(*ports: dict[str, Any]) -> dict[str, Any]:
        metadata = {"name": "s", "namespace": "shop"}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": list(ports)}}

    have = service({"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP", "targetPort": 53})
    assert untyped(service({"port": 53}), have) == []
    assert untyped(service({"port": 54}), have) == [("removed", "spec.ports[port=54,protocol=TCP]")]


def test_quantities_and_fields_beside_the_outline_compare_as_without_it() -> None:
    want = containers("web", resources={"limits": {"cpu": "1000m"}}, args=["a", "b"])
    assert untyped(want, containers("web", resources={"limits": {"cpu": 1}}, args=["a", "b"])) == []
    assert untyped(want, containers("web", resources={"limits": {"cpu": 1}}, args=["b", "a"])) == [
        ("changed", "spec.template.spec.containers[name=web].args[0]"),
        ("changed", "spec.template.spec.containers[name=web].args[1]"),
    ]


def test_an_empty_label_that_is_gone_is_told() -> None:
    assert untyped(with_metadata(deployment(), labels={"a": ""}), deployment()) == [("removed", "metadata.labels.a")]


def test_a_field_that_the_outline_does_not_hold_is_not_unknown() -> None:
    assert untyped(deployment(minReadySeconds=3), deployment()) == [("removed", "spec.minReadySeconds")]


@pytest.mark.parametrize(("group", "kind"), [("example.com", "Widget"), ("", "Namespace"), ("apps", "Widget")])
def test_other_kinds_have_no_outline(group: str, kind: str) -> None:
    assert of_kind(group, "v1", kind) is None
    assert untyped(widget(a=[{"name": "x"}]), widget(a=[{"name": "y"}])) == [("changed", "spec.a[0].name")]
