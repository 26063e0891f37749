"""`helmCharts` are rendered where the source says so; else, and where they are not there, the reason is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.settings import KustomizeOptions, NetworkConfig, SourceConfig
from gitops_audit.render.given import Given
from tests.audited import write
from tests.rendering import rendered, values

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.0\n",
    "values.yaml": "level: info\n",
    "templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {level: {{ .Values.level }}}\n",
}
ENABLED = SourceConfig("s", path="app", kustomize=KustomizeOptions(helm_charts=True))


def below(folder: str, kustomization: str) -> dict[str, str | bytes]:
    chart: dict[str, str | bytes] = {f"{folder}/{name}": text for name, text in CHART.items()}
    return chart | {"app/kustomization.yaml": kustomization, "app/prod.yaml": "level: warn\n"}


@pytest.mark.parametrize(
    ("folder", "kustomization"),
    [
        ("app/charts/web", "helmCharts: [{name: web, valuesFile: prod.yaml}]"),
        ("app/c/web", "helmGlobals: {chartHome: c}\nhelmCharts: [{name: web, valuesInline: {level: warn}}]"),
        (
            "app/charts/web-1.2.0/web",
            "helmCharts: [{name: web, version: 1.2.0, repo: 'https://h.example', valuesInline: {level: warn}}]",
        ),
    ],
)
def test_a_chart_of_the_repository_is_rendered(
    folder: str, kustomization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rendered(below(folder, kustomization), ENABLED, monkeypatch)
    assert (found.problems, values(found)) == ((), {"web": {"level": "warn"}})


def test_a_chart_of_a_mirrored_repository_is_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {f"web/{name}": text for name, text in CHART.items()})
    given = Given(network=NetworkConfig((("https://charts.example.com/stable", tmp_path),)))
    text = "helmCharts: [{name: web, version: VERSION, repo: 'https://charts.example.com/stable'}]"
    files = below("x", text.replace("VERSION", "1.2.0"))
    assert values(rendered(files, ENABLED, monkeypatch, given)) == {"web": {"level": "info"}}
    (problem,) = rendered(below("x", text.replace("VERSION", "1.3.0")), ENABLED, monkeypatch, given).problems
    assert "there is no chart in app/charts/web-1.3.0/web" in problem.message


@pytest.mark.parametrize("chart", ["{name: web}", "{name: web, repo: 'https://h.example'}"])
def test_without_the_setting_the_refusal_names_it(chart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = below("app/charts/web", f"helmCharts: [{chart}]")
    (problem,) = rendered(files, SourceConfig("s", path="app"), monkeypatch).problems
    assert "`kustomize: {helmCharts: true}`" in problem.message
    assert "fetch" not in problem.message


def test_a_chart_that_is_not_there_says_where_it_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {"app/kustomization.yaml": "helmCharts: [{name: web}]"}
    (problem,) = rendered(files, ENABLED, monkeypatch).problems
    assert "there is no chart in app/charts/web" in problem.message
