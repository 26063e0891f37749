"""A chart that computes with a value that only a Secret of the cluster holds: what it makes of it is not compared."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.audited import Audited, audited, drift_of, git, repository
from tests.rendering import TOOLS_PATH

URL = "https://git.example.com/team/fleet"
CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: flux, flux: {path: clusters, cluster: prod}}]
"""
FLUX = f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: fleet, namespace: shop}}
spec: {{url: {URL}, ref: {{branch: main}}, interval: 1m}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: shop}}
spec:
  interval: 1m
  chart: {{spec: {{chart: ./chart, sourceRef: {{kind: GitRepository, name: fleet}}}}}}
  valuesFrom: [{{kind: Secret, name: given, valuesKey: password, targetPath: password}}]
  values: {{plain: a}}
"""
TEMPLATE = """\
apiVersion: v1
kind: Secret
metadata: {name: login}
data:
  password: {{ .Values.password | b64enc | quote }}
  plain: {{ .Values.plain | b64enc | quote }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: made, annotations: {sum: {{ .Values.password | sha256sum | quote }}}}
data:
  url: "https://{{ .Values.password }}@db"
  upper: {{ .Values.password | upper | quote }}
  plain: {{ .Values.plain }}
"""


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", TOOLS_PATH)


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _audited(root: Path, plain: str = "a") -> Audited:
    """The cluster has all that the chart makes of the password `hidden`."""
    place = {"namespace": "shop"}
    login = {"password": _coded("hidden"), "plain": _coded(plain)}
    made = {"url": "https://hidden@db", "upper": "HIDDEN", "plain": plain}
    live = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", **place}, "data": login},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "made", **place, "annotations": {"sum": "5f0a"}},
            "data": made,
        },
    ]
    files = {
        "gitops-audit.yaml": CONFIG,
        "clusters/web.yaml": FLUX,
        "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "chart/templates/all.yaml": TEMPLATE,
        "live.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": live}),
    }
    repository(root, files)
    git(root, "remote", "add", "origin", URL)
    return audited(root)


def test_what_a_chart_computes_of_such_a_value_is_unknown_and_no_drift(tmp_path: Path) -> None:
    found = {v.subject.key.name: v for v in _audited(tmp_path)}
    assert {name: drift_of(found[name]).status for name in ("login", "made")} == {"login": "unknown", "made": "unknown"}
    assert "computes it of a value that Git does not hold" in drift_of(found["login"]).reason


def test_what_else_differs_in_the_same_objects_counts(tmp_path: Path) -> None:
    found = {v.subject.key.name: v for v in _audited(tmp_path, plain="b")}
    paths = {name: [f.change.path for f in found[name].findings if f.change] for name in ("login", "made")}
    assert paths == {"login": ["data.plain"], "made": ["data.plain"]}
