"""Below a directory source, templates of a chart and patches of a kustomization are no objects: they say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audited import Audited, audited, repository

PLAIN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"
CHART = {"app/chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}
TEMPLATE = "it looks like a Helm template (`{{`): render the chart"


def run(tmp_path: Path, files: dict[str, str]) -> Audited:
    config = "version: 1\nsources: [{name: s, path: app, type: directory, namespace: shop}]\n"
    return audited(repository(tmp_path, {"gitops-audit.yaml": config, "app/plain.yaml": PLAIN} | files))


def told(found: Audited) -> dict[str, list[str]]:
    """What is wrong with each file or object but the plain one."""
    return {
        v.subject.key.name: [f.message for f in v.found("schema")] + [e.message for e in v.unevaluated]
        for v in found
        if v.subject.key.name != "plain"
    }


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n",
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\n',
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\ndata: {a: "{{ .Values.a }}"}\n',
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\n",
    ],
    ids=["bare", "quoted", "a value", "none at all"],
)
def test_every_template_of_a_chart_gets_the_same_words(tmp_path: Path, text: str) -> None:
    found = told(run(tmp_path, CHART | {"app/chart/templates/sub/a.yaml": text}))
    assert list(found) == ["app/chart/templates/sub/a.yaml"]
    ((message,),) = found.values()
    assert "Helm template" in message
    assert "`type: helm`" in message
    assert "`exclude`" in message


def test_a_quoted_template_outside_of_a_chart_is_none_of_the_objects_either(tmp_path: Path) -> None:
    text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: "{{ .Team }}"}\n'
    found = told(run(tmp_path, {"app/scaffold/a.yaml": text}))
    assert list(found) == ["app/scaffold/a.yaml"]
    assert found["app/scaffold/a.yaml"][0].startswith(TEMPLATE)


def test_braces_in_the_values_of_an_object_are_its_own(tmp_path: Path) -> None:
    rule = PLAIN.replace("plain", "alerts") + 'data: {summary: "{{ $labels.pod }} is down"}\n'
    assert told(run(tmp_path, {"app/alerts.yaml": rule})) == {"alerts": []}


DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
KUSTOMIZATIONS = {
    "a path": "patches: [{path: part.yaml}]",
    "a path in block style": "patches:\n- target: {kind: Deployment}\n  path: ./part.yaml",
    "patchesStrategicMerge": "patchesStrategicMerge: [part.yaml]",
    "patchesJson6902": "patchesJson6902:\n- target: {version: v1, kind: Deployment, name: web}\n  path: part.yaml",
    "a generated file": "configMapGenerator: [{name: a, files: [web=part.yaml]}]",
    "a component": "kind: Component\npatches: [{path: part.yaml}]",
    "a transformer": "transformers: [part.yaml]",
    "replacements": "replacements: [{path: part.yaml}]",
}


@pytest.mark.parametrize("kustomization", KUSTOMIZATIONS)
def test_a_part_of_a_kustomization_says_that_it_needs_a_source_of_its_own(tmp_path: Path, kustomization: str) -> None:
    files = {"app/prod/kustomization.yaml": KUSTOMIZATIONS[kustomization], "app/prod/part.yaml": DEPLOYMENT}
    found = told(run(tmp_path, files | {"app/web.yaml": DEPLOYMENT}))
    assert "declared 2 times" not in str(found)
    assert "app/prod is a kustomization, give it a source of its own" in found["app/prod/part.yaml"][0]


def test_a_list_of_json_patches_is_no_object_and_its_kustomization_is_told(tmp_path: Path) -> None:
    patch = "[{op: replace, path: /spec/replicas, value: 3}]\n"
    files = {"app/prod/kustomization.yaml": "patches: [{path: part.yaml}]\n", "app/prod/part.yaml": patch}
    assert list(told(run(tmp_path, files))) == ["app/prod/kustomization.yaml"]
