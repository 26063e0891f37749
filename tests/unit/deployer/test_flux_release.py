"""Each option of a HelmRelease, as fluxcd.io/flux/components/helm/helmreleases documents it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from gitops_audit.config.settings import ChartRef, HelmParameter, SourceConfig
from tests.unit.deployer.flux_objects import FakeFiles, expanded, held, only, origin, reason, release

REPOSITORY = origin("HelmRepository", "charts", "shop", url="https://charts.example.com/")
REGISTRY = origin("HelmRepository", "charts", "shop", url="oci://registry.example.com/charts", type="oci")


def _of_repository(**chart: Any) -> dict[str, Any]:
    return {"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository", "name": "charts"}} | chart}


def test_a_release_is_a_source_of_its_own_with_its_place() -> None:
    found = only(expanded(release()))
    assert (found.name, found.type, found.repo, found.path) == ("flux.shop.web", "helm", "fleet", "charts/web")
    assert (found.namespace, found.clusters) == ("shop", ("prod",))
    assert found.followed_from == "HelmRelease shop/web at fleet.yaml:1"


@pytest.mark.parametrize(
    ("spec", "name", "namespace"),
    [
        ({}, "web", "shop"),
        ({"releaseName": "front"}, "front", "shop"),
        ({"targetNamespace": "prod"}, "prod-web", "prod"),
        ({"targetNamespace": "prod", "releaseName": "front"}, "front", "prod"),
        ({"storageNamespace": "elsewhere"}, "web", "shop"),
        ({"releaseName": "a" * 54}, f"{'a' * 40}-{hashlib.sha256(b'a' * 54).hexdigest()[:12]}", "shop"),
        ({"releaseName": "a" * 53}, "a" * 53, "shop"),
    ],
)
def test_a_release_has_the_name_and_namespace_that_flux_gives_it(
    spec: dict[str, Any], name: str, namespace: str
) -> None:
    found = only(expanded(release(**spec)))
    assert (found.helm.release_name, found.namespace) == (name, namespace)


@pytest.mark.parametrize(
    ("chart", "repository", "expected"),
    [
        ({"version": "1.2.3"}, REPOSITORY, ChartRef("https://charts.example.com", "web", "1.2.3")),
        ({"version": ">=1.0.0"}, REPOSITORY, ChartRef("https://charts.example.com", "web", ">=1.0.0")),
        ({"version": "*"}, REPOSITORY, ChartRef("https://charts.example.com", "web", "")),
        ({}, REPOSITORY, ChartRef("https://charts.example.com", "web", "")),
        ({"version": "1.x"}, REGISTRY, ChartRef("oci://registry.example.com/charts", "web", "1.x")),
    ],
)
def test_a_chart_comes_from_its_repository(chart: dict[str, str], repository: Any, expected: ChartRef) -> None:
    assert only(expanded(release(chart=_of_repository(**chart)), repository)).helm.chart == expected


@pytest.mark.parametrize(
    ("ref", "version"),
    [({"tag": "5.1.0"}, "5.1.0"), ({"semver": "1.x"}, "1.x"), ({"tag": "1.0.0", "digest": "sha256:0"}, "1.0.0")],
)
def test_a_chart_may_be_an_oci_repository(ref: dict[str, str], version: str) -> None:
    body = origin("OCIRepository", "web", "shop", url="oci://registry.example.com/charts/app-template", ref=ref)
    found = only(expanded(release(chartRef={"kind": "OCIRepository", "name": "web"}), body))
    assert found.helm.chart == ChartRef("oci://registry.example.com/charts", "app-template", version)


def _helm_controller(*args: str) -> Any:
    pod = {"spec": {"containers": [{"name": "manager", "args": list(args)}]}}
    metadata = {"name": "helm-controller", "namespace": "flux-system"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": pod}}


@pytest.mark.parametrize(
    ("gates", "build"),
    [
        ("--feature-gates=DisableChartDigestTracking=true", ""),
        ("--feature-gates=DisableChartDigestTracking=false,Other=true", "artifact"),
        ("--log-level=info", "artifact"),
    ],
)
def test_the_digest_of_an_artifact_is_part_of_the_version_of_its_chart(gates: str, build: str) -> None:
    body = origin("OCIRepository", "web", "shop", url="oci://registry.example.com/charts/web", ref={"tag": "1.0.0"})
    named = release(chartRef={"kind": "OCIRepository", "name": "web"})
    assert only(expanded(named, body, _helm_controller(gates))).helm.build == build
    assert only(expanded(named, body)).helm.build == "artifact"


@pytest.mark.parametrize(
    ("chart", "build"),
    [
        ({}, ""),
        ({"reconcileStrategy": "Revision"}, ""),
        ({"valuesFiles": ["a.yaml"]}, "unknown"),
        ({"reconcileStrategy": "Revision", "valuesFiles": ["a.yaml"]}, "unknown"),
    ],
)
def test_what_flux_puts_behind_the_version_of_a_chart_is_known_or_not(chart: dict[str, Any], build: str) -> None:
    assert only(expanded(release(chart=_of_repository(**chart)), REPOSITORY)).helm.build == build


def test_a_chart_of_git_may_have_a_version_for_every_commit() -> None:
    reference = {"kind": "GitRepository", "name": "flux-system", "namespace": "flux-system"}
    spec = {"chart": "./charts/web", "reconcileStrategy": "Revision", "sourceRef": reference}
    assert only(expanded(release(chart={"spec": spec}))).helm.build == "commit"


def test_a_chart_may_be_a_helm_chart() -> None:
    chart = origin(
        "HelmChart", "web", "shop", chart="web", version="2.0.0", sourceRef={"kind": "HelmRepository", "name": "charts"}
    )
    found = only(expanded(release(chartRef={"kind": "HelmChart", "name": "web"}), chart, REPOSITORY))
    assert found.helm.chart == ChartRef("https://charts.example.com", "web", "2.0.0")


@pytest.mark.parametrize(
    ("spec", "more", "words"),
    [
        ({"chart": _of_repository()}, [], "HelmRepository shop/charts is not declared"),
        ({"chartRef": {"kind": "OCIRepository", "name": "x"}}, [], "OCIRepository shop/x is not declared"),
        (
            {"chartRef": {"kind": "OCIRepository", "name": "x"}},
            [origin("OCIRepository", "x", "shop", url="oci://r.example/c/web")],
            "takes the tag `latest`",
        ),
        (
            {"chartRef": {"kind": "OCIRepository", "name": "x"}},
            [origin("OCIRepository", "x", "shop", url="oci://r.example/c/web", ref={"digest": "sha256:0"})],
            "by a digest alone",
        ),
        (
            {"chartRef": {"kind": "OCIRepository", "name": "x"}},
            [
                origin(
                    "OCIRepository", "x", "shop", url="oci://r.example/c/web", ref={"semver": "1", "semverFilter": "a"}
                )
            ],
            "of tags that fit a pattern (`semverFilter`)",
        ),
        ({"chartRef": {"kind": "ExternalArtifact", "name": "x"}}, [], "ExternalArtifact shop/x"),
        ({"chart": _of_repository(sourceRef={"kind": "Bucket", "name": "b"})}, [], "files of Bucket shop/b"),
    ],
)
def test_a_chart_that_is_nowhere_is_named_with_the_reason(spec: dict[str, Any], more: list[Any], words: str) -> None:
    assert words in reason(expanded(release(**spec), *more))


@pytest.mark.parametrize(
    ("chart", "files"),
    [
        (_of_repository(valuesFiles=["values.yaml", "prod.yaml"]), ("$/values.yaml", "$/prod.yaml")),
        (
            {
                "spec": {
                    "chart": "./charts/web",
                    "valuesFiles": ["./charts/web/values.yaml", "../../env/prod.yaml"],
                    "sourceRef": {"kind": "GitRepository", "name": "flux-system", "namespace": "flux-system"},
                }
            },
            ("/charts/web/values.yaml", "/env/prod.yaml"),
        ),
    ],
)
def test_files_of_values_take_the_place_of_the_default_ones(chart: Any, files: tuple[str, ...]) -> None:
    helm = only(expanded(release(chart=chart), REPOSITORY)).helm
    assert helm.value_files == files
    assert helm.replaces_defaults
    assert not only(expanded(release())).helm.replaces_defaults


def test_files_of_values_that_lack_may_be_left_out() -> None:
    chart = _of_repository(valuesFiles=["prod.yaml"], ignoreMissingValuesFiles=True)
    assert only(expanded(release(chart=chart), REPOSITORY)).helm.ignore_missing_value_files
    assert not only(expanded(release())).helm.ignore_missing_value_files


VALUES = held("ConfigMap", "base", {"values.yaml": "a: {b: 1, c: 2}\n", "other": "a: {b: 9}", "one": "x,y"}, "shop")
SECRET = held("Secret", "keys", {"values.yaml": "password: hidden-value", "token": "hidden-token"}, "shop")
FROM = {"kind": "ConfigMap", "name": "base"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"values": {"a": {"b": 3}}}, {"a": {"b": 3}}),
        ({"valuesFrom": [FROM]}, {"a": {"b": 1, "c": 2}}),
        ({"valuesFrom": [FROM], "values": {"a": {"b": 3}}}, {"a": {"b": 3, "c": 2}}),
        ({"valuesFrom": [FROM, FROM | {"valuesKey": "other"}]}, {"a": {"b": 9, "c": 2}}),
        ({"valuesFrom": [FROM | {"valuesKey": "gone", "optional": True}]}, {}),
        ({"valuesFrom": [{"kind": "ConfigMap", "name": "gone", "optional": True}]}, {}),
    ],
)
def test_values_are_merged_in_the_order_that_flux_has(spec: dict[str, Any], expected: Any) -> None:
    found = only(expanded(release(**spec), VALUES, live=[])).helm.values
    assert (json.loads(found) if found else {}) == expected


@pytest.mark.parametrize(
    ("reference", "parameter"),
    [
        (FROM | {"valuesKey": "one", "targetPath": "p"}, HelmParameter("p", "x,y")),
        (FROM | {"valuesKey": "one", "targetPath": "p", "literal": True}, HelmParameter("p", "x\\,y", True)),
        (
            {"kind": "Secret", "name": "keys", "valuesKey": "token", "targetPath": "p"},
            HelmParameter("p", "${valuesFrom_Secret_shop_keys_token}", True),
        ),
    ],
)
def test_a_value_may_go_to_a_path(reference: Any, parameter: HelmParameter) -> None:
    found = only(expanded(release(valuesFrom=[reference]), VALUES, SECRET))
    assert found.helm.parameters == (parameter,)
    assert "hidden" not in repr([(p.name, p.value) for p in found.helm.parameters])


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ({"kind": "Secret", "name": "keys"}, "its values are not used, so that none of them is shown"),
        ({"kind": "ConfigMap", "name": "gone"}, "is not declared in what is followed"),
        (FROM | {"valuesKey": "gone"}, "has no key 'gone'"),
        (FROM | {"valuesKey": "one"}, "is no YAML map"),
    ],
)
def test_a_chart_whose_values_are_not_known_is_not_rendered(reference: Any, words: str) -> None:
    assert words in reason(expanded(release(valuesFrom=[reference]), VALUES, SECRET))


def _left(found: SourceConfig) -> set[str]:
    assert found.post_build is not None
    assert found.post_build.substitution is not None
    return set(found.post_build.substitution.unknown)


def test_variables_that_are_left_in_the_values_are_known_to_be_unknown() -> None:
    found = only(expanded(release(values={"host": "web.${DOMAIN}"})))
    assert _left(found) == {"DOMAIN"}


def test_post_renderers_are_kept_in_order_with_their_patches_and_images() -> None:
    patch = {"patch": "x", "target": {"kind": "Deployment"}}
    found = only(
        expanded(
            release(
                postRenderers=[
                    {"kustomize": {"patches": [patch | {"path": "/etc/passwd"}]}},
                    {"kustomize": {"images": [{"name": "a", "newTag": "1"}], "patchesStrategicMerge": [{"kind": "X"}]}},
                    {"kustomize": {}},
                ]
            )
        )
    )
    assert [json.loads(one) for one in found.helm.post_renderers] == [
        {"patches": [patch], "images": []},
        {"patches": [{"patch": '{"kind": "X"}'}], "images": [{"name": "a", "newTag": "1"}]},
    ]


def test_drift_that_the_release_ignores_is_ignored_in_its_objects() -> None:
    drift = {"mode": "enabled", "ignore": [{"paths": ["/spec/replicas"], "target": {"kind": "Deployment"}}]}
    (rule,) = only(expanded(release(driftDetection=drift))).ignore
    assert (rule.match.kind, rule.fields, rule.source) == ("Deployment", ("/spec/replicas",), "flux.shop.web")


def test_the_empty_pointer_ignores_the_whole_object_and_one_with_wildcards_nothing() -> None:
    ignore = [{"paths": [""], "target": {"kind": "Job"}}, {"paths": ["/data/*"], "target": {"kind": "Secret"}}]
    found = expanded(release(driftDetection={"mode": "enabled", "ignore": ignore}))
    assert [(rule.match.kind, rule.fields) for rule in only(found).ignore] == [("Job", ("",))]
    assert ["/data/*" in note and "no wildcards" in note for note in found.notes] == [True]


@pytest.mark.parametrize(
    ("policy", "skips"), [("Skip", True), ("Create", False), ("CreateReplace", False), (None, False)]
)
def test_definitions_are_declared_unless_the_installation_skips_them(policy: str | None, skips: bool) -> None:
    install = {"crds": policy} if policy else {}
    assert only(expanded(release(install=install))).helm.skip_crds is skips


def test_common_metadata_is_for_all_objects() -> None:
    post_build = only(expanded(release(commonMetadata={"labels": {"a": "b"}}))).post_build
    assert post_build is not None
    assert post_build.labels == (("a", "b"),)


def test_a_chart_of_another_repository_must_be_at_hand() -> None:
    other = origin("GitRepository", "other", "shop", url="https://other.example.com/x", ref={"tag": "v1"})
    chart = {"spec": {"chart": "web", "sourceRef": {"kind": "GitRepository", "name": "other"}}}
    found = only(expanded(release(chart=chart), other))
    assert (found.repo, found.revision, found.path) == ("https://other.example.com/x", "v1", "web")
    assert "no revision" in reason(expanded(release(chart=chart), other, files=FakeFiles(missing=["v1"])))


def test_values_that_outlive_a_release_are_told() -> None:
    (note,) = expanded(release(upgrade={"preserveValues": True})).notes
    assert "HelmRelease shop/web at fleet.yaml:1 keeps values of earlier releases (`upgrade.preserveValues`)" in note


@pytest.mark.parametrize("action", ["install", "upgrade"])
def test_values_that_one_action_does_not_validate_are_not_validated(action: str) -> None:
    spec: dict[str, Any] = {action: {"disableSchemaValidation": True}}
    assert only(expanded(release(**spec))).helm.skip_schema_validation
    assert not only(expanded(release())).helm.skip_schema_validation
