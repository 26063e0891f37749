from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_audit.config.init import starter
from gitops_audit.config.load import load
from gitops_audit.config.settings import Settings

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"


def tree(root: Path, **files: str) -> None:
    """Files by path; `__` stands for `/`, `_` for `.`."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def loaded(folder: Path, *contexts: str) -> Settings:
    path = folder / "gitops-audit.yaml"
    path.write_text(starter(folder, contexts))
    return load(path)


def sources(settings: Settings) -> dict[str, tuple[str, str]]:
    return {source.path: (source.name, source.type) for source in settings.sources}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / ".git").mkdir(parents=True)
    return folder


def test_overlays_are_sources_and_the_bases_they_use_are_not(root: Path) -> None:
    tree(
        root,
        apps__web__base__kustomization_yaml="resources: [d.yaml]\n",
        apps__web__base__d_yaml=MANIFEST,
        apps__web__overlays__dev__kustomization_yaml="resources:\n  - ../../base\n",
        apps__web__overlays__prod__kustomization_yaml="resources:\n- '../../base'\n- ../../../shared # all\n",
        apps__shared__kustomization_yaml="resources: []\n",
        apps__extra__kustomization_yaml="kind: Component\n",
    )
    assert sources(loaded(root)) == {
        "apps/web/overlays/dev": ("web-dev", "kustomize"),
        "apps/web/overlays/prod": ("web-prod", "kustomize"),
    }


def test_a_chart_is_one_source_and_nothing_in_it_is_another(root: Path) -> None:
    tree(
        root,
        charts__redis__Chart_yaml="name: redis\n",
        charts__redis__templates__d_yaml=MANIFEST,
        charts__redis__charts__sub__Chart_yaml="name: sub\n",
    )
    assert sources(loaded(root)) == {"charts/redis": ("redis", "helm")}


def test_manifests_are_grouped_by_application_or_top_directory(root: Path) -> None:
    tree(
        root,
        apps__web__deployment_yaml=MANIFEST,
        apps__web__jobs__job_yml=MANIFEST,
        apps__api__deployment_yaml=MANIFEST,
        deploy__front__x_yaml=MANIFEST,
        deploy__back__x_yaml=MANIFEST,
    )
    assert sources(loaded(root)) == {
        "apps/api": ("api", "directory"),
        "apps/web": ("web", "directory"),
        "deploy": ("deploy", "directory"),
    }


def test_a_directory_leaves_out_the_kustomizations_in_it(root: Path) -> None:
    tree(root, clusters__prod__x_yaml=MANIFEST, clusters__prod__flux__kustomization_yaml="resources: []\n")
    settings = loaded(root)
    assert sources(settings) == {
        "clusters/prod": ("prod", "directory"),
        "clusters/prod/flux": ("prod-flux", "kustomize"),
    }
    assert [source.exclude for source in settings.sources] == [("**/flux/**",), ()]


@pytest.mark.parametrize(
    "files",
    [
        {"_github__workflow_yaml": MANIFEST},
        {"node_modules__x__x_yaml": MANIFEST},
        {"tests__x_yaml": MANIFEST},
        {"config__values_yaml": "replicas: 1\n"},
        {"templates__x_yaml": MANIFEST + "data: {a: {{ .Values.a }}}\n"},
        {"docs__x_md": MANIFEST},
    ],
)
def test_what_declares_nothing_is_no_source(root: Path, files: dict[str, str]) -> None:
    tree(root, **{name.replace("node_modules", "node-modules"): text for name, text in files.items()})
    if (root / "node-modules").exists():
        (root / "node-modules").rename(root / "node_modules")
    assert sources(loaded(root)) == {"": ("shop", "auto")}


def test_manifests_in_the_root_count_only_where_there_are_no_others(root: Path) -> None:
    tree(root, skaffold_yaml=MANIFEST)
    assert sources(loaded(root)) == {"": ("shop", "directory")}
    tree(root, apps__web__x_yaml=MANIFEST)
    assert sources(loaded(root)) == {"apps/web": ("web", "directory")}


def test_paths_count_from_the_repository_also_when_the_file_is_for_a_folder(root: Path) -> None:
    tree(root, infra__apps__web__x_yaml=MANIFEST, other__x_yaml=MANIFEST)
    assert sources(loaded(root / "infra")) == {"infra": ("infra", "directory")}


def test_a_context_that_a_path_names_is_audited_and_bound_to_it(root: Path) -> None:
    tree(root, clusters__prod__x_yaml=MANIFEST, clusters__dev__x_yaml=MANIFEST, shared__x_yaml=MANIFEST)
    settings = loaded(root, "staging", "arn:aws:eks:eu-west-1:1:cluster/prod", "dev")
    assert {c.name: c.context for c in settings.clusters} == {
        "prod": "arn:aws:eks:eu-west-1:1:cluster/prod",
        "dev": "dev",
    }
    assert {s.path: s.clusters for s in settings.sources} == {
        "clusters/dev": ("dev",),
        "clusters/prod": ("prod",),
        "shared": (),
    }


def test_without_a_match_the_first_context_is_audited_and_the_others_are_comments(root: Path) -> None:
    tree(root, shared__x_yaml=MANIFEST)
    text = starter(root, ["kind-a", "kind-b"])
    assert "  kind-a: {context: kind-a}\n#   kind-b: {context: kind-b}\n" in text
    assert [c.name for c in loaded(root, "kind-a", "kind-b").clusters] == ["kind-a"]


@pytest.mark.parametrize(
    ("folder", "context", "cluster"),
    [
        ("prod", "gke_acme_europe-west1_prod", "gke_acme_europe-west1_prod"),
        ("production", "kind-prod", "kind-prod"),
        ("stage", "acme-staging", "acme-staging"),
        ("web", "kind-web", ""),
        ("prod", "reproduced", ""),
    ],
)
def test_an_environment_is_for_the_context_with_it_among_the_words_of_its_name(
    root: Path, folder: str, context: str, cluster: str
) -> None:
    files = {"x_yaml": MANIFEST, "kustomization_yaml": "resources: [x.yaml]"}
    tree(root, **{f"apps__x__{folder}__{name}": text for name, text in files.items()})
    (source,) = loaded(root, "other", context).sources
    assert source.clusters == ((cluster,) if cluster else ())


def test_environments_of_plain_manifests_are_sources_of_their_own(root: Path) -> None:
    tree(root, apps__web__prod__x_yaml=MANIFEST, apps__web__dev__db__x_yaml=MANIFEST, deploy__prod__x_yaml=MANIFEST)
    assert {s.path: s.clusters for s in loaded(root, "prod", "dev").sources} == {
        "apps/web/dev": ("dev",),
        "apps/web/prod": ("prod",),
        "deploy/prod": ("prod",),
    }


def test_an_environment_that_two_contexts_may_be_is_asked_for(root: Path) -> None:
    tree(root, overlays__prod__x_yaml=MANIFEST, overlays__prod__kustomization_yaml="resources: [x.yaml]")
    (source,) = loaded(root, "prod-eu", "prod-us").sources
    assert source.clusters == ()
    assert "    # clusters: [prod-eu]  # which one is prod?" in (root / "gitops-audit.yaml").read_text()


@pytest.mark.parametrize("kind", ["overlays", "clusters"])
def test_what_is_for_another_environment_than_the_contexts_is_left_out(root: Path, kind: str) -> None:
    text = "resources: [x.yaml]" if kind == "overlays" else KUSTOMIZATION.replace("PATH", "./apps")
    for name in ("prod", "staging"):
        tree(root, **{f"{kind}__{name}__x_yaml": MANIFEST, f"{kind}__{name}__kustomization_yaml": text})
    assert [s.path for s in loaded(root, "prod", "dev").sources] == [f"{kind}/prod"]
    assert "# Left out: no context is named after staging: say by `cluster" in (root / "gitops-audit.yaml").read_text()


def test_tests_and_examples_that_no_source_leaves_out_are_told(root: Path) -> None:
    tree(root, apps__x_yaml=MANIFEST, apps__testdata__x_yaml=MANIFEST, examples__a__x_yaml=MANIFEST, tests__x_py="")
    tree(root, chart__Chart_yaml="name: x", chart__templates__x_yaml=MANIFEST)
    assert set(sources(loaded(root))) == {"apps", "chart"}
    text = (root / "gitops-audit.yaml").read_text()
    assert '"**/testdata/**"  # tests, examples or templates\n' in text
    assert "  # Left out, as tests, examples or templates: examples\n" in text


@pytest.mark.parametrize(
    "context", ["git", "no", "1", "on", "a: b", "x/", "é ü", '"', "{}", "#", "*", "a::b", "[x]", "-", "😀", "\x7f", ""]
)
def test_the_result_can_be_loaded_whatever_the_contexts_are_called(root: Path, context: str) -> None:
    tree(root, shared__x_yaml=MANIFEST)
    settings = loaded(root, context, context)
    assert [c.context for c in settings.clusters] == ([context] if context.isprintable() and context else [])


@pytest.mark.parametrize("name", ["no", "1", "a: b", "#x", "é ü", '"', "a[b]", "::", "-x", "😀", "tab\there", "*"])
def test_the_result_can_be_loaded_whatever_the_directories_are_called(root: Path, name: str) -> None:
    (root / name).mkdir()
    (root / name / "x.yaml").write_text(MANIFEST)
    settings = loaded(root)
    assert settings.sources[0].path == (name if name.isprintable() else "")


def test_names_are_told_apart(root: Path) -> None:
    tree(root, apps__web__x_yaml=MANIFEST, services__web__x_yaml=MANIFEST)
    assert sources(loaded(root)) == {"apps/web": ("web", "directory"), "services/web": ("web-2", "directory")}


def test_an_empty_folder_outside_a_repository_gives_a_start_too(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert sources(loaded(tmp_path / "x")) == {"": ("x", "auto")}


def test_files_that_cannot_be_read_are_passed_over(root: Path) -> None:
    tree(root, apps__web__x_yaml=MANIFEST)
    subprocess.run(["mkfifo", str(root / "apps/web/pipe.yaml")], check=True)
    (root / "apps/web/dead.yaml").symlink_to("nowhere")
    assert sources(loaded(root)) == {"apps/web": ("web", "directory")}


KUSTOMIZATION = (
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec: {path: PATH}\n"
)
APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec: {source: {path: PATH}}\n"
)
SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec: {generators: [{git: {directories: [{path: teams/*}]}}], template: {}}
"""


def followed(settings: Settings) -> dict[str, str]:
    return {s.path: "argocd" if s.argocd else "flux" if s.flux else s.type for s in settings.sources}


def test_where_flux_is_told_is_followed_and_nothing_is_guessed_below_what_it_deploys(root: Path) -> None:
    tree(
        root,
        clusters__prod__apps_yaml=KUSTOMIZATION.replace("PATH", "./apps/prod"),
        apps__prod__kustomization_yaml="resources: [../base]\n",
        apps__base__kustomization_yaml="resources: [d.yaml]\n",
        apps__base__d_yaml=MANIFEST,
        other__d_yaml=MANIFEST,
    )
    assert followed(loaded(root)) == {"clusters/prod": "flux", "other": "directory"}


def test_nested_kustomizations_of_flux_are_followed_from_the_first(root: Path) -> None:
    tree(
        root,
        flux__cluster__ks_yaml=KUSTOMIZATION.replace("PATH", "./apps"),
        apps__web__ks_yaml=KUSTOMIZATION.replace("PATH", "./apps/web/app"),
        apps__web__app__d_yaml=MANIFEST,
    )
    assert followed(loaded(root)) == {"flux/cluster": "flux"}


def test_of_several_clusters_of_flux_each_is_for_the_context_of_its_name(root: Path) -> None:
    for name in ("prod", "staging"):
        tree(root, **{f"clusters__{name}__apps_yaml": KUSTOMIZATION.replace("PATH", f"./apps/{name}")})
    sources = loaded(root, "kind-a", "prod", "staging").sources
    assert {s.path: s.flux.cluster for s in sources if s.flux} == {
        "clusters/prod": "prod",
        "clusters/staging": "staging",
    }


def test_a_cluster_of_flux_that_no_context_is_named_after_is_asked_for(root: Path) -> None:
    for name in ("prod", "staging"):
        tree(root, **{f"clusters__{name}__apps_yaml": KUSTOMIZATION.replace("PATH", f"./apps/{name}")})
    assert followed(loaded(root)) == {"clusters/prod": "flux"}
    assert "it is for another cluster than clusters/prod: say for which" in (root / "gitops-audit.yaml").read_text()


def test_where_argo_cd_is_told_is_followed_also_by_sets(root: Path) -> None:
    tree(
        root,
        argocd__web_yaml=APPLICATION.replace("PATH", "apps/web"),
        argocd__all_yaml=SET,
        apps__web__d_yaml=MANIFEST,
        teams__a__d_yaml=MANIFEST,
        teams__b__d_yaml=MANIFEST,
    )
    assert followed(loaded(root)) == {"argocd": "argocd"}


def test_a_chart_of_applications_is_followed_and_its_values_name_what_they_deploy(root: Path) -> None:
    tree(
        root,
        apps__Chart_yaml="name: apps\n",
        apps__values_yaml="applications: [{name: web}]\n",
        apps__templates__a_yaml="{{- range .Values.applications }}\n" + APPLICATION.replace("PATH", "{{ .name }}"),
        web__d_yaml=MANIFEST,
    )
    assert followed(loaded(root)) == {"apps": "argocd"}


@pytest.mark.parametrize(
    "text",
    ["{", "spec: [" * 5000, "spec: {path: ../../etc}", 'spec: {path: "a\\0b/c"}', "spec: {path: /}"],
)
def test_odd_files_that_look_like_those_of_an_engine_end_in_a_configuration(root: Path, text: str) -> None:
    tree(root, flux__a_yaml=KUSTOMIZATION.partition("spec")[0] + text, web__d_yaml=MANIFEST)
    assert "web" in followed(loaded(root))


def test_where_everything_would_be_left_out_the_first_stays_with_its_reason(root: Path) -> None:
    tree(root, chart__Chart_yaml="apiVersion: v2\nname: chart\nversion: 0.0.1\n", chart__values_prod_yaml="x: 1\n")
    text = starter(root, (), lambda found, *_: [replace(f, left_out="helm: a value is required") for f in found])
    assert "# It cannot be audited as it is: helm: a value is required" in text
    path = root / "gitops-audit.yaml"
    path.write_text(text)
    assert [source.name for source in load(path).sources] == ["chart"]
