from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gitops_audit.config.settings import RedactRule
from gitops_audit.errors import ClusterError
from gitops_audit.kube.match import Match
from gitops_audit.live.cluster import Refusal
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from tests.unit.live.api import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, SECRETS, WIDGETS, Api, Kind, cluster_of, declared
from tests.unit.live.scripted import Answer, Script, ok, status

PATH = "/apis/apps/v1/namespaces/shop/deployments/web"


def dry_run(script: Script, kind: Kind = DEPLOYMENTS, name: str = "shop/web", times: int = 1) -> JsonObject | Refusal:
    cluster = cluster_of(script)
    try:
        results = [cluster.dry_run_apply(declared(kind, name)[0], "argocd-controller") for _ in range(times)]
    finally:
        cluster.close()
    return results[-1]


def patches(script: Script) -> int:
    return sum(request.method == "PATCH" for request in script.requests)


def test_the_server_is_asked_by_a_forced_apply_that_changes_nothing(script: Script, api: Api) -> None:
    script.on(PATH, ok({"metadata": {"name": "web"}, "spec": {"replicas": 3}}))
    found = dry_run(script)
    request = script.requests[-1]
    assert found == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 3},
    }
    assert request.method == "PATCH"
    assert {k.lower(): v for k, v in request.headers.items()}["content-type"] == "application/apply-patch+yaml"
    assert request.query == {
        "fieldManager": "argocd-controller",
        "force": "true",
        "dryRun": "All",
        "fieldValidation": "Ignore",
    }


def test_the_body_carries_the_settled_namespace_and_no_managed_fields(script: Script, api: Api) -> None:
    script.on(PATH, ok({}))
    cluster = cluster_of(script)
    (resource,) = declared(DEPLOYMENTS, "shop/web")
    metadata = {"name": "web", "namespace": "", "managedFields": [{}]}
    cluster.dry_run_apply(replace(resource, body=resource.body | {"metadata": metadata}), "m")
    cluster.close()
    assert json.loads(script.requests[-1].body)["metadata"] == {"name": "web", "namespace": "shop"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(403, "Forbidden", 'User "a" cannot patch resource "deployments"'), "forbidden"),
        (status(403, "Forbidden", "pods are forbidden: violates PodSecurity"), "invalid"),
        (status(409, "Conflict", "changed"), "conflict"),
        (status(422, "Invalid", "field is immutable"), "invalid"),
        (status(400, "BadRequest", "admission webhook x does not support dry run"), "webhook"),
        (status(404, "NotFound", "namespaces shop not found"), "failed"),
        (status(415, "UnsupportedMediaType", "no apply"), "failed"),
    ],
)
def test_a_refusal_says_which_kind_it_is(script: Script, api: Api, answer: Answer, reason: str) -> None:
    script.on(PATH, answer)
    found = dry_run(script)
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_a_missing_permission_is_asked_for_once_per_kind_and_namespace(script: Script, api: Api) -> None:
    script.on(PATH, status(403, "Forbidden", 'User "a" cannot patch resource "deployments"'))
    found = dry_run(script, times=3)
    assert isinstance(found, Refusal)
    assert "may not patch deployments.apps in namespace shop" in found.message
    assert patches(script) == 1


def test_a_refusal_of_admission_is_no_missing_permission(script: Script, api: Api) -> None:
    script.on(PATH, status(403, "Forbidden", "violates PodSecurity"))
    dry_run(script, times=2)
    assert patches(script) == 2


def test_a_secret_is_never_sent(script: Script, api: Api) -> None:
    found = dry_run(script, SECRETS, "shop/s")
    assert isinstance(found, Refusal)
    assert (found.reason, patches(script)) == ("sensitive", 0)


def test_an_object_with_redacted_fields_is_never_sent(script: Script, api: Api) -> None:
    rules = (RedactRule(Match(kind="ConfigMap"), ("/data/password",)),)
    cluster = cluster_of(script, redactor=Redactor(rules=rules))
    found = cluster.dry_run_apply(declared(CONFIG_MAPS, "shop/c")[0], "m")
    cluster.close()
    assert isinstance(found, Refusal)
    assert (found.reason, patches(script)) == ("sensitive", 0)


def test_a_cluster_scoped_object_is_asked_for_at_its_own_path(script: Script, api: Api) -> None:
    script.on("/api/v1/namespaces/shop", ok({"metadata": {"name": "shop"}}))
    assert isinstance(dry_run(script, NAMESPACES, "shop"), dict)
    assert "namespace" not in json.loads(script.requests[-1].body)["metadata"]


def test_a_kind_that_is_not_served_is_an_error(script: Script, api: Api) -> None:
    with pytest.raises(ClusterError, match="does not serve Widget"):
        dry_run(script, replace(WIDGETS, version="v9"), "shop/w")
