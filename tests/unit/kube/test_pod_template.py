"""Where the pod template of a kind stands."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube.pod_template import CONTAINER_LISTS, RUNNING, containers, path_of, value_at


@pytest.mark.parametrize(
    ("group", "kind", "path"),
    [
        ("", "Pod", ()),
        ("", "PodTemplate", ("template",)),
        ("apps", "Deployment", ("spec", "template")),
        ("extensions", "DaemonSet", ("spec", "template")),
        ("batch", "CronJob", ("spec", "jobTemplate", "spec", "template")),
        ("example.com", "Deployment", None),
        ("", "Service", None),
    ],
)
def test_a_kind_has_its_pod_at_a_path_or_has_none(group: str, kind: str, path: tuple[str, ...] | None) -> None:
    assert path_of(group, kind) == path


def test_a_pod_template_alone_makes_no_pods() -> None:
    assert ("", "PodTemplate") not in RUNNING


@pytest.mark.parametrize("spec", [None, [], {"containers": "none"}, "text"])
def test_a_spec_of_another_shape_has_no_containers(spec: Any) -> None:
    assert list(containers(spec, *CONTAINER_LISTS)) == []


def test_a_path_that_ends_early_leads_to_nothing() -> None:
    assert value_at({"spec": []}, ("spec", "template")) is None
