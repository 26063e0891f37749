"""Each option of an Application, as Argo CD's documentation tells it, becomes the same option of a source."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gitops_audit.config.settings import (
    NO_REPOSITORY,
    ArgoCDFollow,
    ChartRef,
    DirectoryOptions,
    HelmParameter,
    ValuesRepository,
)
from gitops_audit.deployer.inputs import of_application_source, of_source
from tests.unit.deployer.argocd.engine import HERE, SOURCE, application, expanded, from_git, only, reasons


def test_an_application_becomes_a_source_with_its_place_namespace_and_cluster() -> None:
    source = only(expanded(from_git("targetRevision: v1.2")))

    assert (source.name, source.repo, source.revision, source.path) == ("fleet.shop", "", "v1.2", "apps")
    assert (source.namespace, source.clusters, source.type) == ("web", ("prod",), "auto")
    assert source.followed_from == "Application argocd/shop at argocd/apps.yaml:1"
    assert (source.where.path, source.where.line) == ("argocd/apps.yaml", 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("pa$$word", "pa$word"),
        ("$$ARGOCD_APP_NAME", "$ARGOCD_APP_NAME"),
        ("$2a$10$H1a", "a0"),
        ("host: ${NODE_NAME}", "host: "),
        ("${NODE_NAME:fallback}x", "x"),
        ("a${}b", "ab"),
        ("a ${open", "a "),
        ("ends with $", "ends with $"),
        ("a $ b $.c", "a $ b $.c"),
    ],
)
def test_what_looks_like_a_variable_of_a_shell_is_one_for_argo_cd(value: str, expected: str) -> None:
    body = from_git("")
    body["spec"]["source"]["helm"] = {"parameters": [{"name": "a", "value": value}]}
    assert only(expanded(body)).helm.parameters == (HelmParameter("a", expected),)


def test_without_options_a_directory_is_its_own_files_and_the_release_is_the_application() -> None:
    source = only(expanded(from_git("")))

    assert source.directory == DirectoryOptions()
    assert source.helm.release_name == "shop"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("{recurse: true}", DirectoryOptions(recurse=True)),
        ("{disableExtensionFilter: true}", DirectoryOptions(any_suffix=True)),
        ("{include: '*.yaml'}", DirectoryOptions(include="*.yaml")),
        ("{exclude: '{config.json,env-*/*}'}", DirectoryOptions(exclude="{config.json,env-*/*}")),
        (
            "{jsonnet: {libs: [vendor], extVars: [{name: a, value: b}]}}",
            DirectoryOptions(jsonnet='{"libs": ["vendor"], "extVars": [{"name": "a", "value": "b"}]}'),
        ),
        (
            "{jsonnet: {tlas: [{name: a, value: $ARGOCD_APP_NAME}]}}",
            DirectoryOptions(jsonnet='{"tlas": [{"name": "a", "value": "shop"}]}'),
        ),
    ],
)
def test_options_of_a_directory(options: str, expected: DirectoryOptions) -> None:
    source = only(expanded(from_git(f"directory: {options}")))
    assert (source.type, source.directory) == ("directory", expected)


@pytest.mark.parametrize(
    ("options", "overlay"),
    [
        ("namePrefix: eu-", {"namePrefix": "eu-"}),
        ("nameSuffix: -eu", {"nameSuffix": "-eu"}),
        ("namespace: shop", {"namespace": "shop"}),
        ("images: ['nginx:1.27']", {"images": [{"name": "nginx", "newTag": "1.27"}]}),
        (
            "images: ['nginx=reg.example.com:5000/nginx:1.27']",
            {"images": [{"name": "nginx", "newName": "reg.example.com:5000/nginx", "newTag": "1.27"}]},
        ),
        ("images: ['nginx@sha256:ab']", {"images": [{"name": "nginx", "digest": "sha256:ab"}]}),
        ("images: ['nginx=*:2']", {"images": [{"name": "nginx", "newTag": "2"}]}),
        ("replicas: [{name: web, count: 3}]", {"replicas": [{"name": "web", "count": 3}]}),
        ("replicas: [{name: web, count: '4'}]", {"replicas": [{"name": "web", "count": 4}]}),
        ("commonLabels: {team: web}", {"commonLabels": {"team": "web"}}),
        (
            "{commonLabels: {team: web}, labelWithoutSelector: true}",
            {"labels": [{"pairs": {"team": "web"}, "includeSelectors": False, "includeTemplates": False}]},
        ),
        (
            "{commonLabels: {team: web}, labelWithoutSelector: true, labelIncludeTemplates: true}",
            {"labels": [{"pairs": {"team": "web"}, "includeSelectors": False, "includeTemplates": True}]},
        ),
        ("commonAnnotations: {a: $ARGOCD_APP_NAME}", {"commonAnnotations": {"a": "$ARGOCD_APP_NAME"}}),
        (
            "{commonAnnotations: {a: '${ARGOCD_APP_NAME}'}, commonAnnotationsEnvsubst: true}",
            {"commonAnnotations": {"a": "shop"}},
        ),
        ("commonLabels: {a: $ARGOCD_APP_NAME}", {"commonLabels": {"a": "shop"}}),
        ("patches: [{path: p.yaml}]", {"patches": [{"path": "p.yaml"}]}),
        ("components: [../eu]", {"components": ["../eu"]}),
        ("version: v5.4.0", None),
    ],
)
def test_options_of_kustomize(options: str, overlay: Any) -> None:
    text = options if options.startswith("{") else f"{{{options}}}"
    source = only(expanded(from_git(f"kustomize: {text}")))

    assert source.type == "kustomize"
    assert (json.loads(source.kustomize.overlay) if source.kustomize.overlay else None) == overlay


def test_kustomize_leaves_out_missing_components_where_it_says_so() -> None:
    assert only(expanded(from_git("kustomize: {ignoreMissingComponents: true}"))).kustomize.skips_missing


def test_charts_of_a_kustomization_are_told_of_the_kubernetes_that_the_application_names() -> None:
    options = only(expanded(from_git("kustomize: {kubeVersion: 1.30.0, apiVersions: [a/v1]}"))).kustomize
    assert (options.kube_version, options.api_versions) == ("1.30.0", ("a/v1",))


@pytest.mark.parametrize(
    ("options", "unforced"),
    [
        ("{commonLabels: {a: b}}", ("commonLabels",)),
        ("{commonLabels: {a: b}, labelWithoutSelector: true}", ("labels",)),
        ("{commonLabels: {a: b}, forceCommonLabels: true}", ()),
        ("{commonAnnotations: {a: b}}", ("commonAnnotations",)),
        ("{commonAnnotations: {a: b}, forceCommonAnnotations: true}", ()),
    ],
)
def test_labels_and_annotations_that_stand_already_are_replaced_by_force_alone(
    options: str, unforced: tuple[str, ...]
) -> None:
    assert only(expanded(from_git(f"kustomize: {options}"))).kustomize.unforced == unforced


@pytest.mark.parametrize(
    ("options", "field", "expected"),
    [
        ("releaseName: edge", "release_name", "edge"),
        ("valueFiles: [values-eu.yaml, /common.yaml]", "value_files", ("values-eu.yaml", "/common.yaml")),
        ("values: 'a: 1'", "values", '{"a": 1}'),
        ("valuesObject: {a: {b: c}}", "values", '{"a": {"b": "c"}}'),
        ("valuesObject: {a: object}, values: 'a: text'", "values", '{"a": "object"}'),
        ("valuesObject: {}, values: 'a: text'", "values", "{}"),
        ("parameters: [{name: a, value: b}]", "parameters", (HelmParameter("a", "b"),)),
        ("parameters: [{name: a, value: '1', forceString: true}]", "parameters", (HelmParameter("a", "1", True),)),
        ("parameters: [{name: a, value: 'b,c'}]", "parameters", (HelmParameter("a", "b\\,c"),)),
        ("parameters: [{name: a, value: '{b,c}'}]", "parameters", (HelmParameter("a", "{b,c}"),)),
        ("parameters: [{name: a, value: $ARGOCD_APP_NAMESPACE}]", "parameters", (HelmParameter("a", "web"),)),
        (
            "parameters: [{name: a, value: '${ARGOCD_APP_REVISION_SHORT}'}]",
            "parameters",
            (HelmParameter("a", "0123456"),),
        ),
        (
            "parameters: [{name: a, value: $ARGOCD_APP_REVISION_SHORT_8}]",
            "parameters",
            (HelmParameter("a", "01234567"),),
        ),
        ("fileParameters: [{name: a, path: files/a.json}]", "file_parameters", (("a", "files/a.json"),)),
        ("fileParameters: [{name: a, path: $ARGOCD_APP_NAME.json}]", "file_parameters", (("a", "shop.json"),)),
        ("valueFiles: [$ARGOCD_APP_NAME/values.yaml]", "value_files", ("shop/values.yaml",)),
        ("values: 'a: $HOME'", "values", '{"a": "$HOME"}'),
        ("skipCrds: true", "skip_crds", True),
        ("ignoreMissingValueFiles: true", "ignore_missing_value_files", True),
        ("skipSchemaValidation: true", "skip_schema_validation", True),
        ("kubeVersion: 1.30.0", "kube_version", "1.30.0"),
        ("apiVersions: [monitoring.coreos.com/v1]", "api_versions", ("monitoring.coreos.com/v1",)),
        ("namespace: other", "namespace", "other"),
        ("passCredentials: true", "release_name", "shop"),
    ],
)
def test_options_of_helm(options: str, field: str, expected: Any) -> None:
    source = only(expanded(from_git(f"helm: {{{options}}}")))
    assert (source.type, getattr(source.helm, field)) == ("helm", expected)


def test_a_chart_of_a_repository_takes_value_files_of_another_source() -> None:
    source = only(
        expanded(
            application(f"""
sources:
- {{repoURL: "https://charts.example.com", chart: web, targetRevision: 1.2.3, helm: {{valueFiles: [$v/eu/web.yaml]}}}}
- {{repoURL: {HERE}, targetRevision: dev, ref: v}}
""")
        )
    )
    assert (source.name, source.repo, source.type) == ("fleet.shop", NO_REPOSITORY, "helm")
    assert source.helm.chart == ChartRef("https://charts.example.com", "web", "1.2.3")
    assert source.helm.value_repositories == (ValuesRepository("v", "", "dev"),)


def test_a_chart_without_a_scheme_is_of_a_registry() -> None:
    source = only(expanded(application("source: {repoURL: registry.example.com/charts, chart: web}")))
    assert source.helm.chart == ChartRef("oci://registry.example.com/charts", "web", "")


@pytest.mark.parametrize("revision", ["v1.2.0", "1.2"])
def test_a_version_counts_among_the_tags_with_the_prefix_of_the_source(revision: str) -> None:
    assert (
        only(expanded(from_git(f"{{tagPrefix: shop/, targetRevision: '{revision}'}}"))).revision == f"shop/{revision}"
    )


def test_each_source_that_renders_something_is_one_of_its_own() -> None:
    spec = f"sources: [{{repoURL: {HERE}, path: a}}, {{repoURL: {HERE}, path: b, ref: x}}, {{repoURL: {HERE}, ref: y}}]"
    found = expanded(application(spec))
    assert [(s.name, s.path) for s in found.sources] == [("fleet.shop.1", "a"), ("fleet.shop.2", "b")]


def test_files_in_its_path_override_its_options_first_for_all_and_then_for_one_application() -> None:
    files = {
        "apps/.argocd-source.yaml": "repoURL: https://elsewhere.example.com\nkustomize: {namePrefix: all-}\n",
        "apps/.argocd-source-shop.yaml": "kustomize: {nameSuffix: -shop}\n",
        "apps/.argocd-source-other.yaml": "kustomize: {namePrefix: no-}\n",
    }
    source = only(expanded(from_git("kustomize: {namePrefix: own-}"), files=files))
    assert json.loads(source.kustomize.overlay) == {"namePrefix": "all-", "nameSuffix": "-shop"}
    assert source.repo == ""


@pytest.mark.parametrize("namespace", ["argocd", "team-a"])
def test_a_file_for_one_application_may_name_its_namespace(namespace: str) -> None:
    files = {"apps/.argocd-source-team-a_shop.yaml": "kustomize: {namePrefix: own-}\n"}
    body = from_git("kustomize: {nameSuffix: -x}")
    body["metadata"]["namespace"] = namespace
    overlay = json.loads(only(expanded(body, files=files)).kustomize.overlay)
    assert overlay == {"nameSuffix": "-x"} | ({"namePrefix": "own-"} if namespace == "team-a" else {})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "helm: {valueFiles: ['https://me:hunter2@files.example.com/v.yaml?key=hunter3']}",
            "its value file https://files.example.com/v.yaml is fetched from elsewhere, which the audit does not do",
        ),
        (
            "helm: {valueFiles: ['$v/secrets://me:hunter2@keys.example.com/v.yaml']}",
            "its value file secrets://keys.example.com/v.yaml is fetched from elsewhere, which the audit does not do",
        ),
        ("{tagPrefix: a/, targetRevision: v1.*}", "its revision 'a/v1.*' is a range of tags"),
        (
            "{tagPrefix: a/, targetRevision: main}",
            "with a tagPrefix its targetRevision must be a version or a range, not 'main'",
        ),
        ("plugin: {name: x}", "a config management plugin renders it, and none is run"),
        ("{kustomize: {}, helm: {}}", "it has options of helm and kustomize, and Argo CD takes only one of them"),
        ("path: ../../etc", "its path '../../etc' leaves the repository"),
        ("repoURL: oci://registry.example.com/app", "it deploys an OCI artefact, which is not fetched"),
        ("repoURL: https://forbidden.example.com/a.git", "the repository is another one"),
        ("targetRevision: 1.2.*", "its revision '1.2.*' is a range of tags"),
        ("helm: {values: '[1]'}", "its `helm.values` are no YAML mapping"),
        ("helm: {values: 'a: [}'}", "its `helm.values` are no YAML mapping"),
        ("helm: {valueFiles: [$x/a.yaml]}", "its value files name $x, and no source of it has that `ref`"),
        (
            "helm: {parameters: [{name: a, value: $ARGOCD_ENV_FOO}]}",
            "it uses $ARGOCD_ENV_FOO, which the audit does not know",
        ),
    ],
)
def test_what_cannot_be_followed_says_why(source: str, reason: str) -> None:
    found = expanded(from_git(source))
    assert found.sources == ()
    [told] = reasons(found)
    assert told.endswith(reason)


@pytest.mark.parametrize("spec", ["source: {}", "sources: []", f"sources: [{{repoURL: {HERE}, ref: x}}]"])
def test_an_application_that_declares_nothing_is_no_green_source(spec: str) -> None:
    assert expanded(application(spec)).sources == ()
    assert len(reasons(expanded(application(spec)))) == 1


@pytest.mark.parametrize(
    ("destination", "clusters", "cluster"),
    [
        ("{server: 'https://kubernetes.default.svc'}", ("prod", "eu"), "prod"),
        ("{name: in-cluster}", ("prod", "eu"), "prod"),
        ("{name: eu}", ("prod", "eu"), "eu"),
        ("{server: 'https://1.2.3.4'}", ("prod", "eu"), "eu"),
        ("{server: 'https://1.2.3.4/'}", ("prod", "eu"), "eu"),
        ("{name: europe}", ("prod", "eu"), "eu"),
        ("{server: 'https://9.9.9.9'}", (), "9.9.9.9"),
    ],
)
def test_a_destination_is_a_cluster_of_the_configuration(
    destination: str, clusters: tuple[str, ...], cluster: str
) -> None:
    source = replace(SOURCE, destinations=(("https://1.2.3.4", "eu"), ("europe", "eu")))
    spec = f"{{destination: {destination}, source: {{repoURL: {HERE}, path: a}}}}"
    assert only(expanded(application(spec), source=source, clusters=clusters)).clusters == (cluster,)


def test_a_destination_that_is_no_cluster_of_the_configuration_is_told() -> None:
    spec = f"{{destination: {{server: 'https://9.9.9.9'}}, source: {{repoURL: {HERE}, path: a}}}}"
    assert "https://9.9.9.9 is no cluster of the configuration" in reasons(expanded(application(spec)))[0]


@pytest.mark.parametrize(
    ("follow", "names"),
    [
        (ArgoCDFollow(), ["a", "b"]),
        (ArgoCDFollow(names=("a*",)), ["a"]),
        (ArgoCDFollow(projects=("default",)), ["a", "b"]),
        (ArgoCDFollow(projects=("team",)), []),
        (ArgoCDFollow(labels=(("tier", "*"),)), ["b"]),
        (ArgoCDFollow(namespaces=("argocd",)), ["a", "b"]),
        (ArgoCDFollow(namespaces=("other",)), []),
    ],
)
def test_what_is_followed_can_be_narrowed(follow: ArgoCDFollow, names: list[str]) -> None:
    spec = f"source: {{repoURL: {HERE}, path: a}}"
    first, second = application(spec, "a"), application(spec, "b")
    second["metadata"]["labels"] = {"tier": "web"}
    found = expanded(first, second, source=replace(SOURCE, argocd=follow))
    assert [s.name for s in found.sources] == [f"fleet.{name}" for name in names]


def test_applications_of_one_name_in_two_namespaces_are_two_sources() -> None:
    spec = f"source: {{repoURL: {HERE}, path: a}}"
    other = application(spec)
    other["metadata"]["namespace"] = "team-a"
    found = expanded(application(spec), other)
    assert [s.name for s in found.sources] == ["fleet.shop", "fleet.team-a.shop"]


@pytest.mark.parametrize(
    ("recorded", "foreign"),
    [
        ("kustomize: {namePrefix: eu-, images: ['nginx:1']}", ()),
        ("kustomize: {namePrefix: us-, images: ['nginx:1']}", ("kustomize.namePrefix",)),
        ("kustomize: {namePrefix: eu-}", ("kustomize.images",)),
    ],
)
def test_what_argo_cd_applied_last_was_rendered_with_the_same_options_or_with_others(
    recorded: str, foreign: tuple[str, ...]
) -> None:
    now = only(expanded(from_git("kustomize: {namePrefix: eu-, images: ['nginx:1']}")))
    then = of_application_source(from_git(recorded)["spec"]["source"], "shop", "web")
    assert then.foreign("kustomize", of_source(now)) == foreign


def test_an_application_of_a_later_wave_comes_after_all_of_the_waves_before_it() -> None:
    bodies = [from_git(""), from_git(""), from_git("")]
    for body, name, wave in zip(bodies, ("last", "first", "middle"), ("2", "-1", None), strict=True):
        body["metadata"]["name"] = name
        body["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": wave} if wave else {}
    after = {s.name: s.after for s in expanded(*bodies).sources}
    assert after == {
        "fleet.last": ("fleet.first", "fleet.middle"),
        "fleet.middle": ("fleet.first",),
        "fleet.first": (),
    }


def test_applications_that_different_ones_deploy_have_no_order() -> None:
    bodies = [from_git(""), from_git("")]
    for body, name, parent in zip(bodies, ("one", "two"), ("a", "b"), strict=True):
        tracking = f"{parent}:argoproj.io/Application:argocd/{name}"
        wave = str(bodies.index(body))
        body["metadata"]["annotations"] = {
            "argocd.argoproj.io/sync-wave": wave,
            "argocd.argoproj.io/tracking-id": tracking,
        }
        body["metadata"]["name"] = name
    assert {s.after for s in expanded(*bodies).sources} == {()}
