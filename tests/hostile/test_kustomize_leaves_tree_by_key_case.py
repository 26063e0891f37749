"""A kustomization is read as Go reads it, so no spelling of a field leads kustomize out of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.settings import KustomizeOptions
from gitops_audit.render.kustomization import reach
from tests.unit.render.checkouts import DictCheckout

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
LEAVES = "this path leads out of the repository: put what it names into it"
PLUGIN = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\n"


def refused(folder: Path, kustomization: str, *, load_restrictor: str = "none", **others: str) -> list[str]:
    """The reasons why a kustomization is not built; `outside/` beside the repository holds what it wants."""
    (folder / "outside").mkdir()
    (folder / "outside/kustomization.yaml").write_text("resources: [a.yaml]\n")
    (folder / "outside/a.yaml").write_text(OBJECT)
    root = folder / "tree"
    files: dict[str, str | bytes] = {"app/kustomization.yaml": kustomization, "app/a.yaml": OBJECT}
    DictCheckout(files | {name.replace("__", "/"): text for name, text in others.items()}).materialise(root)
    options = KustomizeOptions(load_restrictor, helm_charts=True)  # type: ignore[arg-type]
    return [problem.message for problem in reach(root, root / "app", options).problems]


@pytest.mark.parametrize(
    "kustomization",
    [
        "RESOURCES: ['../../outside']",
        "Resources: ['../../outside']",
        "re\u017fources: ['../../outside']",
        "ba\u017fe\u017f: ['../../outside']",
        "COMPONENTS: ['../../outside']",
        "Generators: ['../../outside']",
        "transFormers: ['../../outside/a.yaml']",
        "Validators: ['../../outside/a.yaml']",
        "CRDs: ['../../outside/a.yaml']",
        "Configurations: ['../../outside/a.yaml']",
        "PatchesStrategicMerge: ['../../outside/a.yaml']",
        "patches: ['../../outside/a.yaml']",
        "Patches: [{Path: '../../outside/a.yaml'}]",
        "patchesJSON6902: [{PATH: '../../outside/a.yaml'}]",
        "Replacements: [{Path: '../../outside/a.yaml'}]",
        "OpenAPI: {Path: '../../outside/a.yaml'}",
        "configmapgenerator: [{name: c, Files: ['k=../../outside/a.yaml']}]",
        "SecretGenerator: [{name: c, ENVS: ['../../outside/a.yaml']}]",
        "SecretGenerator: [{name: c, Env: '../../outside/a.yaml'}]",
        "HelmCharts: [{Name: ../../../outside}]",
        "helmGlobals: {ChartHome: ../../outside}\nhelmCharts: [{name: c}]",
        "resources: ['x: /../../../outside/a.yaml']",
        "patchesStrategicMerge: ['x: /../../../outside/a.yaml']",
    ],
)
def test_a_field_in_any_case_is_read_as_kustomize_reads_it(tmp_path: Path, kustomization: str) -> None:
    assert refused(tmp_path, kustomization) == [LEAVES]


@pytest.mark.parametrize(
    "kustomization",
    [
        "resources: [a.yaml]\nRESOURCES: [a.yaml]",
        "patches: [{path: a.yaml, Path: a.yaml}]",
        "configMapGenerator: [{name: c, files: [a.yaml], FILES: [a.yaml]}]",
        "helmCharts: []\nhelmGlobals: {chartHome: a, charthome: b}",
    ],
)
def test_a_field_that_is_written_in_two_cases_is_refused(tmp_path: Path, kustomization: str) -> None:
    (reason,) = refused(tmp_path, kustomization)
    assert reason.startswith("this field is written twice")


def test_labels_that_differ_in_case_are_no_fields(tmp_path: Path) -> None:
    assert refused(tmp_path, "resources: [a.yaml]\ncommonLabels: {App: x, app: y}") == []


@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("path: ../../outside/a.yaml", LEAVES),
        ("PATH: ../../outside/a.yaml", LEAVES),
        ("paths: [../../outside/a.yaml]", LEAVES),
        ("files: [../../outside/a.yaml]", LEAVES),
        ("envs: [../../outside/a.yaml]", LEAVES),
        ("env: ../../outside/a.yaml", LEAVES),
        ("replacements: [{path: ../../outside/a.yaml}]", LEAVES),
        ("targetFilePath: ../../outside/a.yaml", LEAVES),
    ],
)
def test_plugins_are_looked_into_inline_and_in_files(tmp_path: Path, field: str, settings: str, reason: str) -> None:
    plugin = f"{PLUGIN}{settings}\n"
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    (tmp_path / "3").mkdir()
    inline = f"{field}:\n- |\n" + "".join(f"  {line}\n" for line in plugin.splitlines())
    assert refused(tmp_path / "1", inline) == [reason]
    assert refused(tmp_path / "2", f"{field}: [p/p.yaml]", app__p__p="", **{"app__p__p.yaml": plugin}) == [reason]
    made = {"app__p__kustomization.yaml": "resources: [p.yaml]", "app__p__p.yaml": plugin}
    assert refused(tmp_path / "3", f"{field}: [p]", **made) == [reason]


def test_a_folder_that_changes_plugins_it_makes_is_refused(tmp_path: Path) -> None:
    made = {"app__p__kustomization.yaml": "resources: [p.yaml]\npatches: [{patch: x}]", "app__p__p.yaml": PLUGIN}
    (reason,) = refused(tmp_path, "generators: [p]", **made)
    assert "changes the configurations of plugins" in reason


@pytest.mark.parametrize(
    "plugin",
    [
        "apiVersion: evil.example/v1\nkind: Evil\nmetadata: {name: x}\n",
        "apiVersion: builtin\nkind: E\nmetadata: {name: x, annotations: {config.kubernetes.io/function: 'exec: {}'}}\n",
        "APIVERSION: evil.example/v1\napiVersion: builtin\nkind: Evil\nmetadata: {name: x}\n",
        "kind: List\nitems:\n- {apiVersion: evil.example/v1, kind: Evil, metadata: {name: x}}\n",
    ],
)
def test_programs_and_containers_are_never_plugins(tmp_path: Path, plugin: str) -> None:
    reasons = refused(tmp_path, "generators: [p.yaml]", **{"app__p.yaml": plugin})
    assert any("the audit runs none" in reason for reason in reasons)


def test_two_dots_after_a_link_are_taken_as_go_takes_them(tmp_path: Path) -> None:
    (tmp_path / "tree/app/a/b/c").mkdir(parents=True)
    (tmp_path / "tree/app/a/outside").mkdir()
    (tmp_path / "tree/app/a/outside/kustomization.yaml").write_text("resources: []\n")
    (tmp_path / "tree/app/link").symlink_to("a/b/c")
    assert refused(tmp_path, "resources: ['link/../../../outside']") == [LEAVES]


@pytest.mark.parametrize(
    ("kustomization", "reason"),
    [
        ("helmGlobals: {configHome: x}\nresources: [a.yaml]", "helmGlobals.configHome"),
        ("helmChartInflationGenerator: [{chartName: x, helmBin: ./evil}]", "helmChartInflationGenerator"),
    ],
)
def test_helm_gets_no_settings_or_programs_from_the_repository(tmp_path: Path, kustomization: str, reason: str) -> None:
    (words,) = refused(tmp_path, kustomization)
    assert words.startswith(reason)
