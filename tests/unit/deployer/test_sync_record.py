"""Which commit an Application or Kustomization applied last, and to what."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.deployer.sync_record import (
    Part,
    SyncRecord,
    chosen,
    engine_marks,
    git_repository,
    normal_path,
    of_application,
    of_kustomization,
)
from gitops_audit.model.resource import JsonObject, ResourceKey
from tests import engines
from tests.engines import URL, argo_source, deployed_at

A, B, C = "a" * 40, "b" * 40, "c" * 40
WEB = ResourceKey("prod", "apps", "Deployment", "shop", "web")
SERVER = "https://10.0.0.1:6443"


def application(status: JsonObject, **spec: Any) -> SyncRecord:
    body = engines.application(status)
    body["spec"] |= spec
    return of_application(body, ("argocd", "shop"), SERVER)


def kustomization(revision: str, repository: JsonObject | None = None, **status: Any) -> SyncRecord:
    body = engines.kustomization(revision, **status)
    return of_kustomization(body, ("flux-system", "shop"), repository or engines.git_repository())


def commits(record: SyncRecord, key: ResourceKey = WEB) -> list[str]:
    return [part.commit for part in record.parts(key)]


def result(commit: str, *objects: JsonObject, phase: str = "Failed") -> JsonObject:
    synced = {"revision": commit, "source": argo_source(), "resources": list(objects)}
    return {"phase": phase, "operation": {"sync": {"revision": commit}}, "syncResult": synced}


def row(status: str = "Synced", name: str = "web", **more: str) -> JsonObject:
    return {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "shop", "name": name} | {
        "status": status,
        **more,
    }


def test_the_last_successful_sync_of_an_application_is_at_the_end_of_its_history() -> None:
    history = [{"id": 1, "revision": A, "source": argo_source()}, {"id": 2, "revision": B, "source": argo_source()}]
    record = application({"sync": {"status": "OutOfSync", "revision": C}, "history": history})
    assert record.parts(WEB) == (Part(URL, "apps", B),)
    assert record.name == "Application argocd/shop"


def test_the_revision_that_argo_cd_only_compared_with_was_not_applied() -> None:
    assert commits(application({"sync": {"status": "OutOfSync", "revision": C}})) == []


def test_a_revision_that_argo_cd_found_the_cluster_equal_to_counts_where_nothing_was_synced() -> None:
    compared = {"status": "Synced", "revision": C, "comparedTo": {"source": argo_source()}}
    assert commits(application({"sync": compared})) == [C]
    assert commits(application(deployed_at(A) | {"sync": compared})) == [A]


def test_of_a_failed_sync_only_the_objects_count_that_were_applied() -> None:
    operation = result(B, row(), row("SyncFailed", "api"))
    record = application(deployed_at(A) | {"operationState": operation})
    assert commits(record) == [B]
    assert commits(record, WEB._replace(name="api")) == [A]


@pytest.mark.parametrize(
    "operation",
    [
        result(B, row("SyncFailed")),
        result(B, row("PruneSkipped")),
        result(B, row(hookType="PreSync")),
        result(B, row()) | {"operation": {"sync": {"dryRun": True}}},
        {"phase": "Running", "operation": {"sync": {"revision": B}}},
    ],
)
def test_what_an_operation_merely_tried_is_no_record(operation: JsonObject) -> None:
    assert commits(application(deployed_at(A) | {"operationState": operation})) == [A]


def test_an_application_moved_to_another_path_was_deployed_from_where_it_was_then() -> None:
    record = application(deployed_at(A, argo_source("old")), source=argo_source("new"))
    assert record.parts(WEB) == (Part(URL, "old", A),)


def test_an_older_history_without_sources_means_those_of_the_spec() -> None:
    assert application({"history": [{"id": 1, "revision": A}]}).parts(WEB) == (Part(URL, "apps", A),)


def test_each_of_several_sources_has_its_own_revision_and_charts_have_none() -> None:
    chart = {"repoURL": "https://charts.example.com", "chart": "redis", "targetRevision": "1.2.3"}
    values = {"repoURL": URL, "ref": "values"}
    sources = [chart, argo_source("apps"), values, argo_source("jobs", "https://git.example.com/other")]
    entry = {"id": 1, "source": {"repoURL": ""}, "sources": sources, "revisions": ["1.2.3", A, A, B]}
    record = application({"history": [entry]}, source=None, sources=sources)
    assert record.parts(WEB) == (Part(URL, "apps", A), Part("https://git.example.com/other", "jobs", B))


@pytest.mark.parametrize(
    ("revision", "commit"),
    [
        (f"main@sha1:{A}", A),
        (f"feature/x@sha1:{A}", A),
        (f"refs/pull/7/head@sha1:{A}", A),
        (f"main/{A}", A),
        (f"sha1:{A}", A),
        (f"main@sha256:{'a' * 64}", "a" * 64),
    ],
)
def test_a_kustomization_tells_its_commit_in_many_forms(revision: str, commit: str) -> None:
    assert kustomization(revision).parts(WEB) == (Part(URL, "apps", commit),)


@pytest.mark.parametrize("revision", ["", "main", "1.2.3", f"sha1:{A[:7]}", f"main@sha1:{A}0"])
def test_what_is_no_commit_is_no_record(revision: str) -> None:
    assert commits(kustomization(revision)) == []


@pytest.mark.parametrize(
    ("reason", "commit"),
    [
        ("PruneFailed", B),
        ("HealthCheckFailed", B),
        ("HealthCheckCanceled", B),
        ("ReconciliationFailed", A),
        ("BuildFailed", A),
    ],
)
def test_flux_applied_what_failed_after_that_and_only_tried_what_failed_before(reason: str, commit: str) -> None:
    ready = {"type": "Ready", "status": "False", "reason": reason}
    record = kustomization(f"main@sha1:{A}", lastAttemptedRevision=f"main@sha1:{B}", conditions=[ready])
    assert commits(record) == [commit]


def test_only_a_git_repository_tells_where_manifests_come_from() -> None:
    body = engines.kustomization(A)
    assert git_repository(body, ("flux-system", "shop")) == ("flux-system", "deploy")
    body["spec"]["sourceRef"] |= {"namespace": "sources"}
    assert git_repository(body, ("flux-system", "shop")) == ("sources", "deploy")
    body["spec"]["sourceRef"] |= {"kind": "OCIRepository"}
    assert git_repository(body, ("flux-system", "shop")) is None


@pytest.mark.parametrize(
    ("destination", "is_here"),
    [
        ({"server": "https://kubernetes.default.svc"}, True),
        ({"server": SERVER + "/"}, True),
        ({"name": "in-cluster"}, True),
        ({"server": "https://10.9.9.9:6443"}, False),
        ({"name": "prod-us"}, False),
        ({}, False),
    ],
)
def test_an_application_may_deploy_to_another_cluster(destination: JsonObject, is_here: bool) -> None:
    assert application(deployed_at(A), destination=destination).is_here is is_here


def test_a_kustomization_with_a_kubeconfig_deploys_elsewhere() -> None:
    body = engines.kustomization(A)
    body["spec"]["kubeConfig"] = {"secretRef": {"name": "remote"}}
    assert not of_kustomization(body, ("flux-system", "shop"), engines.git_repository()).is_here


def record(name: str, *marks: str, is_here: bool = True) -> SyncRecord:
    return SyncRecord(name, frozenset(marks), (), is_here)


SHOP, PREVIEW = record("shop", "Argo CD: shop", "Argo CD: argocd_shop"), record("preview", "Argo CD: preview")
FLUX = record("flux", "Flux: flux-system/shop")
REMOTE = record("remote", "Argo CD: remote", is_here=False)


def annotated(tracking: str) -> JsonObject:
    return {"annotations": {"argocd.argoproj.io/tracking-id": tracking}}


def labelled(**labels: str) -> JsonObject:
    return {"labels": {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}}


@pytest.mark.parametrize(
    ("records", "metadata", "expected"),
    [
        ([SHOP], {}, "shop"),
        ([SHOP, PREVIEW], {}, None),
        ([SHOP, PREVIEW], annotated("shop:apps/Deployment:shop/web"), "shop"),
        ([SHOP, PREVIEW], annotated("argocd_shop:apps/Deployment:shop/web"), "shop"),
        ([SHOP, PREVIEW], labelled(argocd_argoproj_io__instance="preview"), "preview"),
        ([SHOP, PREVIEW], labelled(app_kubernetes_io__instance="preview"), "preview"),
        ([SHOP], labelled(app_kubernetes_io__instance="whatever-a-chart-says"), "shop"),
        ([SHOP], annotated("other:apps/Deployment:shop/web"), None),
        ([SHOP, FLUX], labelled(kustomize_toolkit_fluxcd_io__name="shop"), None),
        ([REMOTE], {}, None),
        ([REMOTE], annotated("remote:apps/Deployment:shop/web"), "remote"),
        ([SHOP, REMOTE], {}, "shop"),
        ([], {}, None),
    ],
)
def test_of_several_records_an_object_belongs_to_the_one_that_tracks_it(
    records: list[SyncRecord], metadata: JsonObject, expected: str | None
) -> None:
    found = chosen(records, metadata)
    assert (found.name if found else None) == expected


def test_flux_labels_tell_namespace_and_name() -> None:
    labels = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    assert chosen([SHOP, FLUX], {"labels": labels}) is FLUX
    assert engine_marks({"labels": labels | {"kapp.k14s.io/app": "1"}}) == {"Flux: flux-system/shop"}


@pytest.mark.parametrize("path", ["", ".", "./", "/"])
def test_the_root_has_many_names(path: str) -> None:
    assert normal_path(path) == ""


@pytest.mark.parametrize("path", ["apps/shop", "./apps/shop/", "/apps//shop", "apps/x/../shop"])
def test_a_path_has_many_spellings(path: str) -> None:
    assert normal_path(path) == "apps/shop"


@pytest.mark.parametrize("value", [None, "text", 7, [], ["x"], {"sync": []}, {"history": {}}, {"history": [None, 3]}])
def test_objects_of_any_shape_are_read_without_a_fault(value: Any) -> None:
    body = {"spec": value, "status": value}
    assert of_application(body, ("a", "b"), SERVER).parts(WEB) == ()
    assert of_kustomization(body, ("a", "b"), body).parts(WEB) == ()
    assert git_repository(body, ("a", "b")) is None
