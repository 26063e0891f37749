"""The line of a field is one that says what was declared, or none: overlays change what a base says."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import JsonObject
from tests.audited import audited, repository
from tests.recording import write_recording
from tests.rendering import TOOLS_PATH, rendered

BASE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  kept: base
  changed: base
"""
CONFIG = "version: 1\nclusters: {c: {snapshot: ../cluster.json}}\nsources: [{name: s, path: app, namespace: shop}]\n"
PATCH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {changed: overlay, added: overlay}\n"


def lines(folder: Path, kustomization: str, live_name: str = "web") -> dict[str, tuple[str, int]]:
    """File and line of each field that differs, by its path."""
    live: JsonObject = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": live_name, "namespace": "shop"},
        "data": {"kept": "x", "changed": "x", "added": "x"},
    }
    write_recording(folder / "cluster.json", live)
    files = {"gitops-audit.yaml": CONFIG, "base/cm.yaml": BASE, "base/kustomization.yaml": "resources: [cm.yaml]\n"}
    files |= {"app/kustomization.yaml": kustomization, "app/patch.yaml": PATCH}
    found = audited(repository(folder / "repo", files))
    (verdict,) = [v for v in found if v.drift]
    assert verdict.drift is not None
    return {c.path: (verdict.subject.origin.path, c.line) for c in verdict.changes if c.rule != "added"}


@pytest.mark.parametrize("prefix", ["", "eu-"])
@pytest.mark.parametrize(
    "patch",
    [
        "patches: [{path: patch.yaml}]\n",
        "patches:\n- {patch: '- {op: add, path: /data/changed, value: overlay}', target: {kind: ConfigMap}}\n"
        "- {patch: '- {op: add, path: /data/added, value: overlay}', target: {kind: ConfigMap}}\n",
    ],
)
def test_only_a_line_that_says_the_value_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patch: str, prefix: str
) -> None:
    monkeypatch.setenv("PATH", TOOLS_PATH)
    kustomization = f"resources: [../base]\n{patch}" + (f"namePrefix: {prefix}\n" if prefix else "")
    assert lines(tmp_path, kustomization, f"{prefix}web") == {
        "data.kept": ("base/cm.yaml", 6),
        "data.changed": ("base/cm.yaml", 0),
        "data.added": ("base/cm.yaml", 0),
    }


@pytest.mark.parametrize(
    ("names", "prefix", "expected"),
    [
        (("web", "worker"), "p-", {"p-web": 1, "p-worker": 5}),
        (("web", "web-2"), "", {"web": 1, "web-2": 5}),
        (("web", "web-2"), "p-", {"p-web": 1, "p-web-2": 0}),
        (("web", "p-web"), "p-", {"p-web": 0, "p-p-web": 0}),
    ],
)
def test_under_another_name_an_object_is_not_taken_for_its_neighbour(
    names: tuple[str, str], prefix: str, expected: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n" for name in names)
    kustomization = "resources: [cm.yaml]\n" + (f"namePrefix: {prefix}\n" if prefix else "")
    files: dict[str, str | bytes] = {"app/kustomization.yaml": kustomization, "app/cm.yaml": objects}
    found = rendered(files, SourceConfig("s", path="app"), monkeypatch).manifests
    assert {m.body["metadata"]["name"]: m.origin.line for m in found} == expected


def test_what_a_generator_or_a_chart_makes_stands_on_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    generated: dict[str, str | bytes] = {"app/kustomization.yaml": "configMapGenerator: [{name: c, literals: [a=b]}]"}
    chart: dict[str, str | bytes] = {
        "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
        "app/templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    }
    places = [
        (m.origin.path, m.origin.line)
        for files in (generated, chart)
        for m in rendered(files, SourceConfig("s", path="app"), monkeypatch).manifests
    ]
    assert places == [("app/kustomization.yaml", 0), ("app/templates/c.yaml", 0)]
