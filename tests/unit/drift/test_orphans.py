"""Live objects that no source declares, and those that nobody should be told about."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import OrphanConfig
from gitops_audit.deployer.helm_release import Release
from gitops_audit.deployer.tracking import trackers
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.orphans import Candidate, OrphanSearch
from gitops_audit.kube.match import Match
from gitops_audit.model.resource import Declared, ResourceKey
from tests.unit.drift.samples import config_map, declared, deployment, entry

FLUX = {"kustomize.toolkit.fluxcd.io/namespace": "flux-system", "kustomize.toolkit.fluxcd.io/name": "shop"}
ALL = OrphanConfig(enabled=True, namespaces=("shop",))


def candidate(kind: str, name: str, group: str = "", namespace: str = "shop", **metadata: Any) -> Candidate:
    return Candidate(ResourceKey("prod", group, kind, namespace, name), "v1", {"name": name} | metadata)


def reasons(
    *candidates: Candidate,
    config: OrphanConfig = ALL,
    resources: tuple[Declared, ...] = (),
    live: tuple[dict[str, Any], ...] = (),
) -> list[str]:
    return [o.reason for o in OrphanSearch(config, Managers(), resources, live).find(candidates)]


def test_nothing_is_searched_unless_asked_for() -> None:
    assert reasons(candidate("ConfigMap", "x"), config=OrphanConfig(namespaces=("shop",))) == []


def test_every_top_level_object_of_an_audited_namespace_counts() -> None:
    assert reasons(candidate("ConfigMap", "x")) == ["not declared in any source, in the audited namespace shop"]
    assert reasons(candidate("ConfigMap", "x", namespace="other")) == []


def test_what_is_declared_is_no_orphan() -> None:
    assert reasons(candidate("ConfigMap", "settings"), resources=(declared(config_map()),)) == []
    assert reasons(candidate("Deployment", "web", "apps"), resources=(declared(deployment()),)) == []
    assert len(reasons(candidate("Deployment", "web", "other.io"), resources=(declared(deployment()),))) == 1


@pytest.mark.parametrize(
    "given",
    [
        candidate("ServiceAccount", "default"),
        candidate("ConfigMap", "kube-root-ca.crt"),
        candidate("Secret", "sh.helm.release.v1.web.v3"),
        candidate("Event", "x"),
        candidate("Event", "x", "events.k8s.io"),
        candidate("Lease", "x", "coordination.k8s.io"),
        candidate("EndpointSlice", "x", "discovery.k8s.io"),
        candidate("Endpoints", "x"),
        candidate("ControllerRevision", "x", "apps"),
        candidate("PodMetrics", "x", "metrics.k8s.io"),
        candidate("ReplicaSet", "web-1", "apps", ownerReferences=[{"kind": "Deployment", "name": "web"}]),
        candidate("ConfigMap", "x", deletionTimestamp="2026-01-01T00:00:00Z"),
        candidate("Secret", "token", annotations={"kubernetes.io/service-account.name": "default"}),
        candidate("Job", "hook", "batch", annotations={"helm.sh/hook": "pre-install"}),
        candidate("ConfigMap", "x", annotations={"kustomize.toolkit.fluxcd.io/prune": "disabled"}),
        candidate("ConfigMap", "x", annotations={"argocd.argoproj.io/sync-options": "Prune=false"}),
        candidate("ConfigMap", "x", annotations={"helm.sh/resource-policy": "keep"}),
    ],
)
def test_what_comes_by_itself_or_is_kept_on_purpose_is_no_orphan(given: Candidate) -> None:
    assert reasons(given) == []


def test_configured_exceptions_are_heeded() -> None:
    config = OrphanConfig(enabled=True, namespaces=("shop",), ignore=(Match(kind="Secret", name="tls-*"),))
    assert reasons(candidate("Secret", "tls-web"), config=config) == []
    assert len(reasons(candidate("Secret", "other"), config=config)) == 1


TRACKED = OrphanConfig(enabled=True)


def test_an_object_of_an_audited_deployment_is_an_orphan_anywhere() -> None:
    left = candidate("ConfigMap", "old", namespace="other", labels=FLUX)
    found = reasons(left, config=TRACKED, resources=(declared(config_map()),), live=({"labels": FLUX},))
    assert found == ["deployed by Flux: flux-system/shop, declared in no source"]


def test_an_object_of_a_deployment_nobody_audits_is_none() -> None:
    left = candidate("ConfigMap", "old", labels=FLUX | {"kustomize.toolkit.fluxcd.io/name": "other"})
    assert reasons(left, config=TRACKED, resources=(declared(config_map()),), live=({"labels": FLUX},)) == []


def test_what_our_deployer_wrote_beside_declared_objects_is_an_orphan() -> None:
    mine: dict[str, Any] = {"managedFields": [entry("kubectl-client-side-apply", {"data": {"a": "1"}})]}
    other: dict[str, Any] = {"managedFields": [entry("Terraform", {"data": {"a": "1"}})]}
    resources = (declared(config_map()),)
    search = OrphanSearch(TRACKED, Managers(), resources, [mine])
    found = list(search.find([candidate("ConfigMap", "old", **mine), candidate("ConfigMap", "tf", **other)]))
    assert [o.candidate.key.name for o in found] == ["old"]
    assert found[0].by is not None
    assert found[0].by.manager == "kubectl-client-side-apply"
    assert found[0].drift.status == "extra"
    assert found[0].drift.reason.startswith(found[0].reason)


def test_the_claims_of_a_declared_stateful_set_are_not_orphans() -> None:
    body = deployment(volumeClaimTemplates=[{"metadata": {"name": "data"}}, None]) | {"kind": "StatefulSet"}
    resources = (declared(body),)
    assert reasons(candidate("PersistentVolumeClaim", "data-web-0"), resources=resources) == []
    assert len(reasons(candidate("PersistentVolumeClaim", "data-web-x"), resources=resources)) == 1


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}}, {"Argo CD: shop"}),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, {"Argo CD: shop"}),
        (
            {"annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}},
            {"Helm: shop/web"},
        ),
        ({"labels": {"applyset.kubernetes.io/part-of": "applyset-x-v1"}}, {"ApplySet: applyset-x-v1"}),
        ({"labels": {"app.kubernetes.io/instance": "shop"}}, set()),
        ({"labels": None, "annotations": []}, set()),
    ],
)
def test_deployments_are_known_by_the_marks_they_write(metadata: dict[str, Any], expected: set[str]) -> None:
    assert trackers(metadata) == expected


def test_kinds_that_machines_make_need_no_listing() -> None:
    assert not OrphanSearch.is_listed("", "Event")
    assert not OrphanSearch.is_listed("metrics.k8s.io", "PodMetrics")
    assert OrphanSearch.is_listed("apps", "Deployment")


def _release(name: str, revision: int, status: str = "deployed", **metadata: Any) -> Candidate:
    labels = {"owner": "helm", "name": name, "status": status, "version": str(revision)}
    return candidate("Secret", f"sh.helm.release.v1.{name}.v{revision}", labels=labels, **metadata)


def test_a_release_of_helm_that_no_source_declares_is_one_orphan() -> None:
    found = (
        _release("web", 9, "superseded"),
        _release("web", 10),
        _release("other.app", 1),
        _release("old", 1, "failed"),
    )
    assert reasons(*found) == [
        f"the Helm release {name} is declared in no source" for name in ("web", "other.app", "old")
    ]


@pytest.mark.parametrize(
    "given",
    [
        _release("web", 1, "uninstalled"),
        _release("web", 1, ownerReferences=[{"kind": "HelmChart", "name": "web"}]),
        candidate("Secret", "sh.helm.release.v1.web.v3", labels={"owner": "somebody"}),
    ],
)
def test_some_records_of_helm_are_no_orphans(given: Candidate) -> None:
    assert reasons(given) == []


def test_a_release_is_declared_by_its_objects_its_source_or_an_object_that_makes_it() -> None:
    marked = {"annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}}
    assert reasons(_release("web", 1), live=(marked,)) == []
    search = OrphanSearch(ALL, Managers(), (), (), [Release("shop", "web", 0)])
    assert list(search.find([_release("web", 1)])) == []
    for body, name in (
        ({"kind": "HelmRelease", "spec": {}}, "app"),
        ({"kind": "HelmRelease", "spec": {"releaseName": "web"}}, "web"),
        ({"kind": "HelmRelease", "spec": {"targetNamespace": "edge"}}, "edge-app"),
    ):
        metadata = {"name": "app", "namespace": "shop"}
        made = declared(body | {"apiVersion": "helm.toolkit.fluxcd.io/v2", "metadata": metadata})
        assert reasons(_release(name, 1), resources=(made,)) == []


def test_a_release_that_is_ignored_is_no_orphan() -> None:
    ignoring = OrphanConfig(True, ("shop",), (Match("Secret", name="sh.helm.release.*"),))
    assert reasons(_release("web", 1), config=ignoring) == []
