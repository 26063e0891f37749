from __future__ import annotations

import base64
from typing import Any, Literal

import pytest

from gitops_audit.config.settings import HelmOptions, SourceConfig
from gitops_audit.inventory import Inventory, build, offline_scope
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Manifest, Origin, Rendered

SCOPES = {"ConfigMap": True, "Secret": True, "Job": True, "Namespace": False, "ClusterRole": False}


def served(group: str, version: str, kind: str) -> bool | None:
    return SCOPES.get(kind)


def manifest(kind: str, path: str = "a.yaml", line: int = 1, api: str = "v1", **fields: Any) -> Manifest:
    metadata = {"name": "x", **fields.pop("metadata", {})}
    body = {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}
    return Manifest(body, Origin(path, line))


def inventory(*manifests: Manifest, namespace: str = "", scope: Any = served) -> Inventory:
    return build("c", [(SourceConfig("s", namespace=namespace), Rendered(manifests))], scope, Redactor())


@pytest.mark.parametrize(
    ("declared", "of_source", "expected"), [("own", "given", "own"), ("", "given", "given"), ("", "", "default")]
)
def test_a_namespaced_object_gets_a_namespace(declared: str, of_source: str, expected: str) -> None:
    metadata = {"namespace": declared} if declared else {}
    (resource,) = inventory(manifest("ConfigMap", metadata=metadata), namespace=of_source).resources
    assert resource.key.namespace == expected
    assert resource.body["metadata"]["namespace"] == expected


@pytest.mark.parametrize(
    ("of_source", "source_type", "deployer", "expected"),
    [
        ("", "helm", "", "release"),
        ("given", "helm", "", "given"),
        ("", "directory", "", "default"),
        ("", "helm", "argocd", "default"),
    ],
)
def test_an_object_of_a_chart_goes_to_the_namespace_of_its_release(
    of_source: str, source_type: str, deployer: Literal["", "argocd"], expected: str
) -> None:
    config = SourceConfig("s", namespace=of_source, helm=HelmOptions(namespace="release"), deployer=deployer)
    rendered = Rendered((manifest("ConfigMap"),), type=source_type)
    assert build("c", [(config, rendered)], served, Redactor()).resources[0].key.namespace == expected


def test_a_cluster_scoped_object_loses_a_stray_namespace_with_a_finding() -> None:
    (resource,) = inventory(manifest("ClusterRole", metadata={"namespace": "oops"}), namespace="given").resources
    assert resource.key.namespace == ""
    assert [f.path for f in resource.faults] == ["metadata.namespace"]


def test_a_resource_declared_twice_is_one_error_that_names_both_places() -> None:
    both = [
        (SourceConfig("s1", namespace="n"), Rendered((manifest("ConfigMap", "a.yaml", 3),))),
        (SourceConfig("s2"), Rendered((manifest("ConfigMap", "b.yaml", 7, metadata={"namespace": "n"}),))),
    ]
    (resource,) = build("c", both, served, Redactor()).resources
    assert resource.error is not None
    assert "a.yaml:3 (source s1)" in resource.error[1]
    assert "b.yaml:7 (source s2)" in resource.error[1]


def hook(key: str, value: object) -> dict[str, Any]:
    return {"annotations": {key: value}}


HELM, ARGOCD = "helm.sh/hook", "argocd.argoproj.io/hook"


def skips(metadata: dict[str, Any], source_type: str) -> tuple[str, str]:
    """Why the object is not compared, and why it is not where Argo CD deploys it."""
    rendered = Rendered((manifest("Job", metadata=metadata),), type=source_type)
    (resource,) = build("c", [(SourceConfig("s"), rendered)], served, Redactor()).resources
    return resource.skip, resource.argocd_skip


@pytest.mark.parametrize("events", ["pre-install,pre-upgrade", "Test", " post-delete , post-rollback", "test-success"])
def test_known_hooks_of_helm_are_not_compared_in_a_chart(events: str) -> None:
    assert skips(hook(HELM, events), "helm")[0].startswith("a Helm hook (")


@pytest.mark.parametrize("source_type", ["directory", "kustomize"])
def test_an_annotation_of_helm_hides_nothing_that_helm_does_not_render(source_type: str) -> None:
    assert skips(hook(HELM, "test"), source_type)[0] == ""


@pytest.mark.parametrize("value", ["bogus", "pre-install,bogus", "crd-install", "", ["test"], None, True])
def test_what_is_no_known_hook_of_helm_is_compared(value: object) -> None:
    assert skips(hook(HELM, value), "helm") == ("", "")


@pytest.mark.parametrize("source_type", ["directory", "kustomize", "helm"])
@pytest.mark.parametrize("phases", ["PreSync", "PreSync, PostSync", "SyncFail", "bogus,Sync", "Skip", "PreDelete"])
def test_a_hook_of_argo_cd_is_one_only_where_argo_cd_deploys_it(source_type: str, phases: str) -> None:
    always, under_argocd = skips(hook(ARGOCD, phases), source_type)
    assert (always, bool(under_argocd)) == ("", True)


@pytest.mark.parametrize("value", ["bogus", "presync", "", ["PreSync"], None])
def test_what_is_no_known_hook_of_argo_cd_is_compared(value: object) -> None:
    assert skips(hook(ARGOCD, value), "directory") == ("", "")


def test_argo_cd_runs_the_hooks_of_a_chart_that_a_kustomization_renders() -> None:
    assert skips(hook(HELM, "pre-install"), "kustomize")[1].startswith("a Helm hook")
    assert skips(hook(HELM, "pre-install"), "directory")[1] == ""


@pytest.mark.parametrize("source_type", ["directory", "kustomize", "helm"])
@pytest.mark.parametrize("key", [HELM, ARGOCD])
def test_where_argo_cd_is_known_to_deploy_a_source_its_hooks_are_none_of_its_objects(
    source_type: str, key: str
) -> None:
    job = manifest("Job", metadata=hook(key, "pre-install" if key == HELM else "PreSync"))
    config = SourceConfig("s", deployer="argocd")
    [found] = build("c", [(config, Rendered((job,), type=source_type))], served, Redactor()).resources
    assert "hook" in found.skip


@pytest.mark.parametrize("source_type", ["directory", "kustomize", "helm"])
def test_what_has_only_a_generated_name_is_not_compared(source_type: str) -> None:
    assert skips({"name": "", "generateName": "migrate-"}, source_type)[0].startswith("generateName")


HOOK = hook(HELM, "pre-install")


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ([HOOK, {}], [("Job/default/x", False), ("Job/default/x#2", True)]),
        ([{}, HOOK], [("Job/default/x", False), ("Job/default/x#2", True)]),
        ([HOOK, HOOK], [("Job/default/x", True), ("Job/default/x#2", True)]),
    ],
    ids=str,
)
def test_hooks_are_no_duplicates_of_anything_and_none_is_lost(
    metadata: list[dict[str, Any]], expected: list[tuple[str, bool]]
) -> None:
    jobs = tuple(manifest("Job", line=n, metadata=m) for n, m in enumerate(metadata, 1))
    found = build("c", [(SourceConfig("s"), Rendered(jobs, type="helm"))], served, Redactor()).resources
    assert [(r.title, bool(r.skip)) for r in found] == expected
    assert {r.error for r in found} == {None}


def test_two_objects_with_a_generated_name_are_not_duplicates() -> None:
    generated = {"name": "", "generateName": "migrate-"}
    jobs = [manifest("Job", line=n, metadata=generated) for n in (1, 9)]
    assert [r.error for r in inventory(*jobs).resources] == [None, None]


def test_a_kind_that_nobody_knows_keeps_what_it_declares() -> None:
    for declared in ("", "n"):
        (resource,) = inventory(manifest("Widget", api="example.com/v1", metadata={"namespace": declared})).resources
        assert (resource.key.namespace, resource.error) == (declared, None)


def crd(scope: str) -> Manifest:
    spec = {"group": "example.com", "names": {"kind": "Widget"}, "scope": scope}
    return manifest("CustomResourceDefinition", api="apiextensions.k8s.io/v1", spec=spec)


@pytest.mark.parametrize(("scope", "namespace"), [("Namespaced", "default"), ("Cluster", "")])
def test_a_kind_whose_definition_is_declared_beside_it_is_no_error(scope: str, namespace: str) -> None:
    _, resource = inventory(crd(scope), manifest("Widget", api="example.com/v1")).resources
    assert (resource.error, resource.key.namespace) == (None, namespace)


def test_secrets_are_redacted_and_broken_base64_is_named_by_key_only() -> None:
    good = base64.b64encode(b"s3cr3t").decode()
    (resource,) = inventory(manifest("Secret", data={"good": good, "bad": "%s3cr3t%"})).resources
    assert "s3cr3t" not in str(resource)
    assert good not in str(resource)
    assert [f.path for f in resource.faults] == ["data.bad"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"data": {"k": 5}}, "data.k"),
        ({"stringData": {"k": True}}, "stringData.k"),
        ({"stringData": ["v"]}, "stringData"),
    ],
)
def test_a_secret_of_the_wrong_type_is_told_before_redaction_hides_it(fields: dict[str, Any], path: str) -> None:
    (resource,) = inventory(manifest("Secret", **fields)).resources
    assert [f.path for f in resource.faults] == [path]


@pytest.mark.parametrize(
    ("manifests", "namespaces"),
    [
        ([manifest("ClusterRole", api="rbac.authorization.k8s.io/v1")], [""]),
        ([manifest("Ingress", api="networking.k8s.io/v1")], ["default"]),
        ([manifest("IngressClass", api="networking.k8s.io/v1")], [""]),
        ([manifest("Widget", api="example.com/v1")], [""]),
        ([manifest("Widget", api="example.com/v1", metadata={"namespace": "n"})], ["n"]),
    ],
)
def test_without_a_cluster_the_scope_is_known_or_follows_the_manifests(
    manifests: list[Manifest], namespaces: list[str]
) -> None:
    found = inventory(*manifests, scope=offline_scope([Rendered(tuple(manifests))])).resources
    assert [r.key.namespace for r in found] == namespaces
