"""The kinds that Kubernetes itself serves."""

from __future__ import annotations

import pytest

from gitops_audit.kube.builtin import is_namespaced, kind_of, short_names
from gitops_audit.kube.kind_name import is_kind


@pytest.mark.parametrize(
    ("group", "kind", "expected"),
    [
        ("apps", "Deployment", True),
        ("", "Namespace", False),
        ("authentication.k8s.io", "TokenReview", False),
        ("rbac.authorization.k8s.io", "ClusterRole", False),
        ("extensions", "Ingress", True),
        ("example.com", "Widget", None),
    ],
)
def test_a_scope_is_known_without_a_cluster(group: str, kind: str, expected: bool | None) -> None:
    assert is_namespaced(group, kind) is expected


def test_a_resource_is_of_a_kind_in_its_own_group_alone() -> None:
    assert kind_of("networking.k8s.io", "ingresses") == "Ingress"
    assert kind_of("apps", "ingresses") == ""


def test_short_names_are_kubectls() -> None:
    assert short_names("CustomResourceDefinition") == ("crd", "crds")
    assert is_kind("deploy", "Deployment", "apps")
    assert not is_kind("deploy", "DaemonSet", "apps")
