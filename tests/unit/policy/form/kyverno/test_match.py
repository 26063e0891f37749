from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.form.kyverno.match import fits_kind, is_excepted, is_matched
from gitops_audit.policy.form.kyverno.request import Request, UserInfo, subject_of

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "web-1",
        "namespace": "shop",
        "labels": {"app": "web", "corp.io/team": "a"},
        "annotations": {"corp.io/tier": "front"},
    },
}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
ALICE = UserInfo("alice", ("dev",), ("shop:editor",), ("view",))
ROBOT = UserInfo("system:serviceaccount:ci:robot")


@pytest.mark.parametrize(
    ("selector", "body", "expected"),
    [
        ("Pod", POD, True),
        ("v1/Pod", POD, True),
        ("*/Pod", POD, True),
        ("P*", POD, True),
        ("*", POD, True),
        ("*/*", POD, True),
        ("Deployment", POD, False),
        ("apps/v1/Deployment", DEPLOYMENT, True),
        ("apps/*/Deployment", DEPLOYMENT, True),
        ("apps/v1beta1/Deployment", DEPLOYMENT, False),
        ("batch/v1/Deployment", DEPLOYMENT, False),
        ("v1/Deployment", DEPLOYMENT, True),
        ("Pod/exec", POD, False),
        ("v1/Pod/exec", POD, False),
        ("Pod.exec", POD, False),
        ("a/b/c/d/e", POD, False),
        ("v10/Pod", POD, False),
        ("*/pod", POD, False),
        ("v1alpha1/Pod", POD, False),
        ("vital/Pod", POD, False),
    ],
)
def test_a_kind_selector_fits(selector: str, body: dict[str, Any], *, expected: bool) -> None:
    assert fits_kind(selector, Request(subject_of(body))) is expected


@pytest.mark.parametrize(
    ("selector", "subresource", "expected"),
    [
        ("Pod/exec", "exec", True),
        ("Pod.exec", "exec", True),
        ("Pod/*", "exec", True),
        ("Pod", "exec", False),
        ("Pod", "ephemeralcontainers", True),
    ],
)
def test_a_subresource_is_selected_by_name(selector: str, subresource: str, *, expected: bool) -> None:
    assert fits_kind(selector, Request(subject_of(POD), subresource=subresource)) is expected


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"kinds": ["Pod"]}, True),
        ({"kinds": ["Pod"], "name": "web-*"}, True),
        ({"kinds": ["Pod"], "name": "db"}, False),
        ({"names": ["db", "web-?"]}, True),
        ({"namespaces": ["sh*"]}, True),
        ({"namespaces": ["other"]}, False),
        ({"annotations": {"corp.io/*": "front"}}, True),
        ({"annotations": {"corp.io/tier": "back"}}, False),
        ({"selector": {"matchLabels": {"app": "web"}}}, True),
        ({"selector": {"matchLabels": {"corp.io/*": "?"}}}, True),
        ({"selector": {"matchLabels": {"app": "db"}}}, False),
        ({"selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}}, True),
        ({"selector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}}, False),
        ({"selector": {"matchExpressions": [{"key": "none", "operator": "DoesNotExist"}]}}, True),
        ({"selector": {"matchExpressions": [{"key": "none", "operator": "Exists"}]}}, False),
        ({"namespaceSelector": {"matchLabels": {"env": "prod"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"env": "dev"}}}, False),
        ({"operations": ["CREATE"]}, True),
        ({"operations": ["UPDATE"]}, False),
        ({"kinds": []}, False),
        ({}, False),
    ],
)
def test_a_block_of_resources_selects(resources: dict[str, Any], *, expected: bool) -> None:
    request = Request(subject_of(POD), namespace_labels={"env": "prod"})
    assert is_matched({"any": [{"resources": resources}]}, None, request) is expected
    assert is_matched({"resources": resources}, None, request) is expected


def test_a_namespace_is_selected_by_its_own_name_and_never_by_a_namespace_selector() -> None:
    request = Request(subject_of(NAMESPACE), namespace_labels={"env": "prod"})
    assert is_matched({"resources": {"namespaces": ["shop"]}}, None, request)
    assert not is_matched({"resources": {"namespaceSelector": {"matchLabels": {"env": "prod"}}}}, None, request)


PODS = {"resources": {"kinds": ["Pod"]}}
WEB = {"resources": {"names": ["web-*"]}}
DB = {"resources": {"names": ["db-*"]}}


@pytest.mark.parametrize(
    ("match", "exclude", "expected"),
    [
        ({"any": [DB, WEB]}, None, True),
        ({"all": [PODS, WEB]}, None, True),
        ({"all": [PODS, DB]}, None, False),
        (PODS, {"any": [DB, WEB]}, False),
        (PODS, {"all": [PODS, DB]}, True),
        (PODS, {"all": [PODS, WEB]}, False),
        (PODS, WEB, False),
        (PODS, {}, True),
    ],
)
def test_match_and_exclude_combine(match: dict[str, Any], exclude: Any, *, expected: bool) -> None:
    assert is_matched(match, exclude, Request(subject_of(POD))) is expected


@pytest.mark.parametrize(
    ("block", "user", "expected"),
    [
        ({"subjects": [{"kind": "User", "name": "al*"}]}, ALICE, True),
        ({"subjects": [{"kind": "Group", "name": "dev"}]}, ALICE, True),
        ({"subjects": [{"kind": "Group", "name": "ops"}]}, ALICE, False),
        ({"subjects": [{"kind": "ServiceAccount", "namespace": "ci", "name": "robot"}]}, ROBOT, True),
        ({"subjects": [{"kind": "Odd", "name": "alice"}]}, ALICE, False),
        ({"clusterRoles": ["view", "edit"]}, ALICE, True),
        ({"roles": ["shop:viewer"]}, ALICE, False),
    ],
)
def test_a_known_user_is_matched(block: dict[str, Any], user: UserInfo, *, expected: bool) -> None:
    request = Request(subject_of(POD), user=user)
    assert is_matched({"any": [{**PODS, **block}]}, None, request) is expected
    assert is_excepted({"any": [{**PODS, **block}]}, request) is expected


def test_an_unknown_user_neither_narrows_a_match_nor_excludes() -> None:
    block = {**PODS, "clusterRoles": ["cluster-admin"]}
    assert is_matched(block, block, Request(subject_of(POD)))
    assert not is_excepted({"any": [block]}, Request(subject_of(POD)))


def test_an_exception_without_a_match_covers_nothing() -> None:
    assert not is_excepted({}, Request(subject_of(POD)))
    assert is_excepted({"all": [PODS, WEB]}, Request(subject_of(POD)))
