"""Where the value of a field stands that a chart made: told where rendering proves it, and nowhere else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gitops_audit.engine.evidence import value_origin
from gitops_audit.model.resource import JsonObject
from tests import tools
from tests.audited import audited, command, git, repository

pytestmark = pytest.mark.slow

CHART = {
    "apps/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "apps/web/values.yaml": "# The defaults.\nimage:\n  repository: shop/web\n  tag: '1.2'\nport: 80\nother: 80\n"
    "name: ann\nword: plain\nlist: [a]\nflag: true\nstrict: 1\ntemplate: t\ngiven: x\nlarge: 7\n",
    "apps/web/templates/web.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: web, labels: {team: fixed}}
data:
  image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
  port: {{ .Values.port | quote }}
  literal: "80"
  upper: {{ .Values.name | upper }}
  color: {{ .Values.color }}
  same: {{ .Values.word }}
  twice: {{ .Values.word }}
  flag: {{ .Values.flag | quote }}
  template: {{ tpl .Values.template . }}
  given: {{ .Values.given }}
  large: {{ .Values.large | quote }}
  {{- if gt (int .Values.strict) 1 }}{{ fail "no" }}{{ end }}
  strict: {{ .Values.strict | quote }}
---
apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {password: {{ .Values.name }}}
""",
    "apps/values-prod.yaml": "\nimage:\n  tag: '1.3'\n",
    "gitops-audit.yaml": """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources:
- name: web
  path: apps/web
  namespace: shop
  helm: {valueFiles: [../values-prod.yaml], values: {color: blue, strict: 1}}
""",
}
DECLARED = {
    "image": "shop/web:1.3",
    "port": "80",
    "literal": "80",
    "upper": "ANN",
    "color": "blue",
    "same": "plain",
    "twice": "plain",
    "flag": "true",
    "template": "t",
    "given": "x",
    "strict": "1",
    "large": "7",
}
# The live value, and where the declared one is told to stand.
CASES = {
    "image": ("shop/web:1.4", "apps/values-prod.yaml:3 (image.tag)"),
    "port": ("8080", "apps/web/values.yaml:5 (port)"),
    "literal": ("81", ""),
    "upper": ("BOB", ""),
    "color": ("red", "`helm.values` of the source web (color)"),
    "same": ("other", "apps/web/values.yaml:8 (word)"),
    "twice": ("other", "apps/web/values.yaml:8 (word)"),
    "template": ("{{ .Values.name }}", ""),
    "given": ("", ""),
    "large": ("2000000000", ""),
}


def found(root: Path) -> dict[str, str]:
    """The keys of the ConfigMap that differ, with what is told of their values."""
    told = {}
    for verdict in audited(root, cache=False):
        for finding in verdict.changes:
            if finding.change is not None:
                told[finding.change.path] = finding.change.value_at
    return told


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", os.pathsep.join([str(tools.FOLDER), os.environ["PATH"]]))
    return repository(tmp_path / "repo", CHART | {"live.json": "{}"})


def live(root: Path, **data: str) -> None:
    metadata: JsonObject = {"name": "web", "namespace": "shop", "labels": {"team": "fixed"}}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": DECLARED | data}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web", "namespace": "shop"}}
    items = [config_map, secret | {"data": {"password": "b3RoZXI="}}]
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def test_a_value_is_told_where_setting_it_makes_the_field_what_is_live(root: Path) -> None:
    live(root, **{key: value for key, (value, _) in CASES.items()})
    told = found(root)
    assert {key: told[f"data.{key}"] for key in CASES} == {key: place for key, (_, place) in CASES.items()}


def test_the_value_of_a_secret_is_neither_looked_for_nor_rendered(root: Path) -> None:
    live(root)
    assert found(root) == {"data.password": ""}


def test_where_the_chart_refuses_the_live_value_nothing_is_told(root: Path) -> None:
    live(root, strict="2")
    assert found(root)["data.strict"] == ""


def test_reports_tell_the_place(root: Path) -> None:
    live(root, image="shop/web:1.4")
    done = command(root, "check", "--json", "report.json", "--no-cache")
    assert "its value comes from apps/values-prod.yaml:3 (image.tag)" in " ".join(done.stdout.split())
    told = [
        c["valueAt"]
        for r in json.loads((root / "report.json").read_text())["resources"]
        if r["drift"]
        for c in r["drift"]["changes"]
        if "valueAt" in c
    ]
    assert told == ["apps/values-prod.yaml:3 (image.tag)"]


def test_charts_are_not_rendered_again_without_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_origin, "MOST_RENDERINGS", 0)
    live(root, image="shop/web:1.4")
    assert found(root)["data.image"] == ""


FOLLOWED = {
    "gitops-audit.yaml": """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources:
- {name: flux, flux: {path: fleet}, clusters: [prod]}
- {name: argo, argocd: {path: argo}, clusters: [prod], destinations: {"https://kubernetes.default.svc": prod}}
""",
    "fleet/a.yaml": """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
  values: {color: blue}
  valuesFrom: [{kind: ConfigMap, name: given}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: given, namespace: shop}
data: {values.yaml: "tone: low"}
""",
    "argo/a.yaml": """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: two, namespace: argocd}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: other}
  sources:
  - repoURL: https://git.example.com/a/b
    path: charts/web
    helm: {releaseName: two, valueFiles: [$vals/vals/two.yaml], parameters: [{name: tone, value: loud}]}
  - {repoURL: https://git.example.com/a/b, ref: vals}
""",
    "vals/two.yaml": "color: green\n",
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "size: 3\ncolor: none\ntone: mid\n",
    "charts/web/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n"
    "data: {color: '{{ .Values.color }}', size: 'n={{ .Values.size }}', tone: '{{ .Values.tone }}'}\n",
}


def test_values_of_a_release_and_of_other_repositories_are_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(tools.FOLDER), os.environ["PATH"]]))
    data = {"color": "red", "size": "n=4", "tone": "other"}
    live = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}
        for name, namespace in (("web", "shop"), ("two", "other"))
    ]
    recording = json.dumps({"apiVersion": "v1", "kind": "List", "items": live})
    root = repository(tmp_path / "repo", FOLLOWED | {"live.json": recording})
    git(root, "remote", "add", "origin", "https://git.example.com/a/b")
    told = {
        (verdict.subject.source, finding.change.path.removeprefix("data.")): finding.change.value_at
        for verdict in audited(root, cache=False)
        for finding in verdict.changes
        if finding.change is not None
    }
    release = "the values of HelmRelease shop/web at fleet/a.yaml:1"
    assert told == {
        ("flux.shop.web", "color"): f"{release} (color)",
        ("flux.shop.web", "size"): "charts/web/values.yaml:1 (size)",
        ("flux.shop.web", "tone"): f"{release} (tone)",
        ("argo.two", "color"): "$vals/vals/two.yaml:1 (color)",
        ("argo.two", "size"): "charts/web/values.yaml:1 (size)",
        ("argo.two", "tone"): "",
    }
