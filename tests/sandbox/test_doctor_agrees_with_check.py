"""`doctor` ends with 3 where `check` does: what it calls covered is what an audit would come to an answer about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from gitops_audit.cli.main import cli
from gitops_audit.model.resource import JsonObject
from tests.audited import repository
from tests.fleet import deployed, manifest
from tests.recording import write_recording

WIDGET = manifest("Widget", "w", "example.com/v1")
SETTINGS = manifest("ConfigMap", "settings", data={"a": "b"})
HOOK: JsonObject = {**WIDGET, "metadata": {"name": "w", "annotations": {"helm.sh/hook": "test"}}}
NAMED: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "c-"}}
DEFINITION: JsonObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
        ],
    },
}
POLICY: JsonObject = {
    "apiVersion": "gitops-audit/v1",
    "kind": "Policy",
    "metadata": {"name": "widgets-are-named"},
    "spec": {
        "title": "Widgets have names",
        "match": {"kinds": ["Widget.example.com"]},
        "rules": [{"name": "name", "message": "name it", "cel": "has(object.metadata.name)"}],
    },
}
OFFLINE = "version: 1\nsources: [{name: a, path: a, namespace: shop}]\n"
RECORDED = f"{OFFLINE}clusters: {{c: {{snapshot: live.json}}}}\n"
Files = Mapping[str, JsonObject | str]
CASES: dict[str, tuple[str, Files, int]] = {
    "a kind without a schema": (OFFLINE, {"a/w.yaml": WIDGET}, 3),
    "a kind with its definition": (OFFLINE, {"a/w.yaml": WIDGET, "a/crd.yaml": DEFINITION}, 0),
    "a kind that a policy is about": (
        f"{OFFLINE}policies: [{{path: p}}]\n",
        {"a/w.yaml": WIDGET, "p/p.yaml": POLICY},
        0,
    ),
    "a policy about other kinds": (f"{OFFLINE}policies: [{{pack: pod-security-baseline}}]\n", {"a/w.yaml": WIDGET}, 3),
    "a hook without a schema": (OFFLINE, {"a/w.yaml": HOOK}, 3),
    "an object without a name": (OFFLINE, {"a/w.yaml": NAMED}, 0),
    "declared twice": (OFFLINE, {"a/a.yaml": SETTINGS, "a/b.yaml": SETTINGS}, 3),
    "nothing": (OFFLINE, {"b/a.yaml": SETTINGS}, 3),
    "a kind that a recording does not hold": (RECORDED, {"a/w.yaml": WIDGET}, 3),
    "recorded": (RECORDED, {"a/c.yaml": SETTINGS}, 0),
}


def code(command: str) -> int:
    return CliRunner().invoke(cli, [command]).exit_code


def text(content: JsonObject | str) -> str:
    return content if isinstance(content, str) else yaml.safe_dump(content)


@pytest.mark.parametrize("case", CASES)
def test_both_end_alike_where_no_server_is_asked(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, files, expected = CASES[case]
    repository(tmp_path, {"gitops-audit.yaml": config, **{name: text(body) for name, body in files.items()}})
    live = {**SETTINGS, "metadata": {"name": "settings", "namespace": "shop"}}
    write_recording(tmp_path / "live.json", live)
    monkeypatch.chdir(tmp_path)
    assert (code("doctor"), code("check") == 3) == (expected, expected == 3)


FOR_ANOTHER = """\
version: 1
clusters: {test: {kubeconfig: kubeconfig}, other: {snapshot: live.json}}
sources: [{name: a, path: a, clusters: [other]}]
"""
LIVE = json.dumps({"apiVersion": "v1", "kind": "List", "items": [SETTINGS]})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 0),
        ({"apps/twice.yaml": SETTINGS}, 3),
        ({"gitops-audit.yaml": FOR_ANOTHER, "live.json": LIVE, "a/a.yaml": SETTINGS}, 3),
    ],
    ids=["sound", "declared twice", "nothing is declared for it"],
)
def test_both_end_alike_where_a_server_is_asked(
    files: Files, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deployed(tmp_path / "shop") as shop:
        shop.commit({"a.txt": "", **{name: text(body) for name, body in files.items()}})
        monkeypatch.chdir(shop.root)
        assert (code("doctor"), code("check") == 3) == (expected, expected == 3)


def test_the_reason_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path, {"gitops-audit.yaml": OFFLINE, "a/w.yaml": text(WIDGET)})
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(cli, ["doctor"]).output
    assert "an audit would look at 0 of 1 declared object (0 %)" in said
    assert "1 is left out: nothing could be checked: no schema of it is known" in said
    assert "nothing of source a was evaluated for cluster git" in said


@pytest.mark.parametrize(("config", "covered"), [(OFFLINE, "2 of 2"), (RECORDED, "1 of 2")])
def test_what_is_never_compared_is_looked_at_where_there_is_no_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, covered: str
) -> None:
    files = {"a/c.json": json.dumps(SETTINGS), "a/n.json": json.dumps(NAMED), "gitops-audit.yaml": config}
    monkeypatch.chdir(repository(tmp_path, files))
    live = SETTINGS | {"metadata": {"name": "settings", "namespace": "shop"}}
    Path("live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [live]}))
    assert f"would look at {covered} declared objects" in CliRunner().invoke(cli, ["doctor"]).output
    counts = json.loads(CliRunner().invoke(cli, ["check", "-q", "--json", "-"]).output)["summary"]
    assert f"{counts['passed']} of {counts['resources']}" == covered
