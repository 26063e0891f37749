"""Options of Flux's objects that change nothing, that the API server refuses, and that nobody here knows."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.flux.fields import FIELDS
from gitops_audit.model.resource import JsonObject
from tests.unit.deployer.flux_objects import OWN_URL, FakeFiles, expanded, kustomization, only, origin, reason, release

_NAMED = {"name": "x"}
_VERIFY = {"provider": "cosign", "secretRef": _NAMED}
_ACTION = {"timeout": "1m", "disableWait": True, "disableHooks": True, "remediation": {"retries": 3}}
_FETCHED = {
    "interval": "1m",
    "timeout": "1m",
    "suspend": True,
    "provider": "generic",
    "secretRef": _NAMED,
    "certSecretRef": _NAMED,
    "insecure": False,
    "serviceAccountName": "x",
    "proxySecretRef": _NAMED,
    "verify": _VERIFY,
}
IDLE: dict[str, JsonObject] = {
    "Kustomization": {
        "interval": "1m",
        "retryInterval": "1m",
        "timeout": "1m",
        "suspend": True,
        "prune": True,
        "force": True,
        "wait": True,
        "deletionPolicy": "Orphan",
        "serviceAccountName": "x",
        "healthChecks": [{"kind": "Deployment", "name": "x"}],
        "healthCheckExprs": [{"apiVersion": "a/v1", "kind": "X", "current": "true"}],
    },
    "HelmRelease": {
        "interval": "1m",
        "timeout": "1m",
        "suspend": True,
        "maxHistory": 1,
        "persistentClient": False,
        "serviceAccountName": "x",
        "storageNamespace": "x",
        "postRenderStrategy": "separate",
        "waitStrategy": {"name": "legacy"},
        "healthCheckExprs": [{"apiVersion": "a/v1", "kind": "X", "current": "true"}],
        "install": _ACTION | {"createNamespace": True, "replace": True, "strategy": {"name": "RetryOnFailure"}},
        "upgrade": _ACTION | {"cleanupOnFail": True, "force": True, "crds": "CreateReplace", "serverSideApply": "auto"},
        "rollback": {"cleanupOnFail": True, "recreate": True},
        "test": {"enable": True, "filters": [{"name": "x", "exclude": True}]},
        "uninstall": {"keepHistory": True, "deletionPropagation": "orphan"},
    },
    "GitRepository": {k: v for k, v in _FETCHED.items() if k not in ("certSecretRef", "insecure")},
    "OCIRepository": _FETCHED | {"ignore": "*.md", "layerSelector": {"operation": "copy"}},
    "HelmRepository": {k: v for k, v in _FETCHED.items() if k in FIELDS["source.toolkit.fluxcd.io", "HelmRepository"]}
    | {"type": "default", "passCredentials": True, "accessFrom": {"namespaceSelectors": []}},
    "HelmChart": {"interval": "1m", "suspend": True, "verify": _VERIFY, "reconcileStrategy": "ChartVersion"},
}
CHART: JsonObject = {"chart": "web", "version": "1.0.0", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
CHARTS: JsonObject = {"url": "https://charts.example.com"}


def _with(kind: str, **more: Any) -> SourceConfig:
    """The source that comes of an object, or of one that takes its files from it."""
    if kind in ("Kustomization", "HelmRelease"):
        return only(expanded({"Kustomization": kustomization, "HelmRelease": release}[kind](**more)))
    if kind == "GitRepository":
        return only(expanded(kustomization(), origin(kind, "flux-system", url=OWN_URL, **more)))
    if kind == "HelmRepository":
        return only(expanded(release(chart={"spec": CHART}), origin(kind, "charts", "shop", **CHARTS | more)))
    body = origin(kind, "web", "shop", **CHART | more)
    if kind == "OCIRepository":
        body = origin(kind, "web", "shop", url="oci://registry.example.com/c/web", ref={"tag": "1.0.0"}, **more)
    charts = origin("HelmRepository", "charts", "shop", **CHARTS)
    return only(expanded(release(chartRef={"kind": kind, "name": "web"}), body, charts))


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in IDLE.items() for field in fields])
def test_what_changes_nothing_that_is_declared_changes_nothing_here(kind: str, field: str) -> None:
    assert _with(kind, **{field: IDLE[kind][field]}) == _with(kind)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (kustomization(path=1), "spec.path must be text"),
        (kustomization(prune="yes"), "spec.prune must be true or false"),
        (kustomization(patches={}), "spec.patches must be a list"),
        (kustomization(patches=[{"patch": {}}]), "spec.patches[0].patch must be text"),
        (kustomization(images=[1]), "spec.images[0] must be a mapping"),
        (kustomization(postBuild=[]), "spec.postBuild must be a mapping"),
        (
            kustomization(postBuild={"substitute": {"n": 3}}),
            "spec.postBuild.substitute.n must be text",
        ),
        (kustomization(commonMetadata={"labels": {"a": True}}), "spec.commonMetadata.labels.a must be text"),
        (kustomization(dependsOn="a"), "spec.dependsOn must be a list"),
        (release(valuesFrom="x", kubeConfig=1), "spec.valuesFrom must be a list; spec.kubeConfig must be a mapping"),
        (release(maxHistory=True), "spec.maxHistory must be a whole number"),
    ],
)
def test_what_the_api_server_refuses_is_an_error_with_its_place(body: JsonObject, words: str) -> None:
    found = expanded(body, kustomization("other"))
    assert [s.name for s in found.sources] == ["flux.flux-system.other"]
    (broken,) = found.problems
    assert broken.error.code == "GA291"
    assert " at fleet.yaml:1 is refused by the API server: " in broken.error.message
    assert words in broken.error.message


def test_a_source_that_is_refused_breaks_what_is_built_from_it() -> None:
    found = expanded(kustomization(), origin("GitRepository", "flux-system", url=OWN_URL, ref={"tag": 1.1}))
    (broken,) = found.problems
    assert "GitRepository flux-system/flux-system at fleet.yaml:2 is refused" in broken.error.message
    assert "spec.ref.tag must be text" in broken.error.message


@pytest.mark.parametrize(
    "spec", [{"prune": "${PRUNE}"}, {"patches": None}, {"images": [{"newTag": None, "name": "a"}]}]
)
def test_a_variable_may_become_anything_and_null_is_nothing(spec: JsonObject) -> None:
    assert not expanded(kustomization(**spec)).problems


def test_fields_that_are_in_no_known_version_are_told_with_the_object() -> None:
    source = origin("GitRepository", "flux-system", url=OWN_URL, newField="x")
    found = expanded(kustomization(targetnamespace="a", patches=[{"pach": "x", "patch": "y"}]), source)
    assert [s.name for s in found.sources] == ["flux.flux-system.apps"]
    assert found.notes == (
        "Kustomization flux-system/apps at fleet.yaml:1 has fields that this audit does not know: "
        "spec.targetnamespace, spec.patches[0].pach",
        "GitRepository flux-system/flux-system at fleet.yaml:2 has fields that this audit does not know: spec.newField",
    )


def test_a_set_of_templates_is_told() -> None:
    body = kustomization() | {"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet"}
    assert "makes objects of templates and inputs" in reason(expanded(body))


class _WithSubmodules(FakeFiles):
    def read(self, config: SourceConfig, path: str) -> bytes:
        return b'[submodule "a"]\n' if path == ".gitmodules" else super().read(config, path)


def test_submodules_are_told_where_there_are_any() -> None:
    bodies = [kustomization(), origin("GitRepository", "flux-system", url=OWN_URL, recurseSubmodules=True)]
    assert "(`recurseSubmodules`)" in reason(expanded(*bodies, files=_WithSubmodules()))
    assert only(expanded(*bodies)) == only(expanded(bodies[0]))


def _controller(image: str, *args: str) -> JsonObject:
    pod = {"spec": {"containers": [{"name": "manager", "image": image, "args": list(args)}]}}
    metadata = {"name": "kustomize-controller", "namespace": "flux-system"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": pod}}


@pytest.mark.parametrize(
    ("controller", "is_strict"),
    [
        (None, None),
        (_controller("ghcr.io/fluxcd/kustomize-controller:v1.8.5"), False),
        (_controller("ghcr.io/fluxcd/kustomize-controller:v1.9.0"), True),
        (_controller("ghcr.io/fluxcd/kustomize-controller:v1.10.1@sha256:0"), True),
        (_controller("mirror.example/kustomize-controller@sha256:0"), None),
        (_controller("x:v1.2.0", "--feature-gates=A=true,StrictPostBuildSubstitutions=true"), True),
        (
            _controller(
                "ghcr.io/fluxcd/kustomize-controller:v1.9.4", "--feature-gates=StrictPostBuildSubstitutions=false"
            ),
            False,
        ),
    ],
)
@pytest.mark.parametrize("is_live", [False, True])
def test_how_strict_flux_is_follows_from_its_controller(
    controller: JsonObject | None, is_strict: bool | None, is_live: bool
) -> None:
    bodies = [kustomization(postBuild={"substitute": {"a": "b"}})]
    more = [controller] if controller else []
    found = expanded(*bodies, live=more) if is_live else expanded(*bodies, *more)
    (source,) = found.sources
    assert source.post_build is not None
    assert source.post_build.substitution is not None
    assert source.post_build.substitution.is_strict is is_strict
