"""Values of Secrets that Flux takes variables and values from are in no report, whatever their length and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audited import command, git, repository

VALUE = "zq7"  # too short to be recognised as a secret anywhere else
FILES = {
    "gitops-audit.yaml": "version: 1\nsources:\n- {name: flux, flux: {path: fleet}}\n",
    "fleet/apps.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    "metadata: {name: apps, namespace: flux-system}\n"
    "spec:\n  path: ./apps\n  sourceRef: {kind: GitRepository, name: flux-system}\n"
    "  postBuild: {substituteFrom: [{kind: Secret, name: keys}]}\n"
    "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    "metadata: {name: keys, namespace: flux-system}\n"
    "spec: {path: ./keys, sourceRef: {kind: GitRepository, name: flux-system}}\n",
    "keys/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: flux-system}\n"
    f"stringData: {{token: {VALUE}}}\n",
    "keys/more.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: more, namespace: shop}\n"
    f"stringData: {{k: {VALUE}}}\n",
    "apps/map.yaml": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: map, namespace: shop, labels: {a: '${token}'}}\n"
    "data: {url: 'https://u:${token}@db', upper: '${token^^}', cut: '${token:0:2}', n: '${#token}'}\n",
    "apps/web.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
    "metadata: {name: web, namespace: shop}\n"
    "spec:\n  chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: flux-system, "
    "namespace: flux-system}}}\n  values: {inline: 'x-${token}'}\n"
    "  valuesFrom: [{kind: Secret, name: more, valuesKey: k, targetPath: secret}]\n",
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
    "data: {a: '{{ .Values.inline }}', b: '{{ .Values.secret }}', c: 1}\n",
}
FORMATS = ("json", "junit", "html", "sarif", "markdown", "codequality", "csv", "metrics")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "fleet", FILES)
    git(folder, "remote", "add", "origin", "https://git.example.com/a/b")
    return folder


def test_no_report_shows_a_value_that_flux_would_put_in(fleet: Path, tmp_path: Path) -> None:
    reports = [part for name in FORMATS for part in (f"--{name}", str(tmp_path / name))]
    done = command(fleet, "check", "-v", *reports)
    texts = {name: (tmp_path / name).read_text() for name in FORMATS} | {"terminal": done.stdout + done.stderr}
    assert "ConfigMap/shop/map" in texts["json"]
    assert "ConfigMap/shop/web" in texts["json"]
    for name, text in texts.items():
        assert VALUE not in text, name
        assert VALUE.upper() not in text, name


@pytest.mark.parametrize("output", ["yaml", "json"])
def test_what_is_rendered_holds_the_variable_in_its_place(fleet: Path, output: str) -> None:
    done = command(fleet, "render", "-c", "gitops-audit.yaml", "-o", output)
    assert VALUE not in done.stdout + done.stderr
    assert "https://u:${token}@db" in done.stdout
    assert "x-${token}" in done.stdout
