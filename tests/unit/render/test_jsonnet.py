"""Jsonnet files of a directory that Argo CD reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import DirectoryOptions, SourceConfig
from gitops_audit.model.resource import Rendered
from gitops_audit.render import jsonnet
from tests.rendering import rendered

OBJECT = '{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "%s"}, data: {a: %s}}'


def made(patch: pytest.MonkeyPatch, files: dict[str, str | bytes], options: dict[str, Any] | None = None) -> Rendered:
    text = json.dumps(options) if options else ""
    return rendered(
        files, SourceConfig("a", path="app", type="directory", directory=DirectoryOptions(jsonnet=text)), patch
    )


def data(found: Rendered) -> dict[str, Any]:
    assert found.problems == ()
    return {m.body["metadata"]["name"]: m.body["data"]["a"] for m in found.manifests}


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (OBJECT % ("x", '"one"'), {}, {"x": "one"}),
        (f"[{OBJECT % ('x', '1')}, {OBJECT % ('y', '2')}]", {}, {"x": 1, "y": 2}),
        (OBJECT % ("x", '(import "near.libsonnet").v'), {}, {"x": "near"}),
        (OBJECT % ("x", '(import "far.libsonnet").v'), {"libs": ["vendor"]}, {"x": "far"}),
        (OBJECT % ("x", 'std.extVar("e")'), {"extVars": [{"name": "e", "value": "ext"}]}, {"x": "ext"}),
        (OBJECT % ("x", 'std.extVar("e")'), {"extVars": [{"name": "e", "value": "1 + 1", "code": True}]}, {"x": 2}),
        (f"function(t) {OBJECT % ('x', 't')}", {"tlas": [{"name": "t", "value": "top"}]}, {"x": "top"}),
        (f"function(t) {OBJECT % ('x', 't')}", {"tlas": [{"name": "t", "value": "true", "code": True}]}, {"x": True}),
    ],
)
def test_what_a_file_comes_to(
    monkeypatch: pytest.MonkeyPatch, text: str, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    files: dict[str, str | bytes] = {
        "app/a.jsonnet": text,
        "app/near.libsonnet": '{v: "near"}',
        "vendor/far.libsonnet": '{v: "far"}',
    }
    found = made(monkeypatch, files, options)
    assert data(found) == expected
    assert {str(m.origin) for m in found.manifests} == {"app/a.jsonnet"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "jsonnet: app/a.jsonnet:1"),
        ('error "hunter2"', "jsonnet: it ends with an error of its own"),
        ('importstr "/etc/passwd"', "jsonnet: it ends with an error of its own"),
        ('importstr "../../../../../../etc/passwd"', "jsonnet: it ends with an error of its own"),
        ("local f(x) = f(x + 1); f(0)", "jsonnet: it ends with an error of its own"),
        ("[1, 2]", "jsonnet: it must come to an object, or to a list of objects"),
    ],
)
def test_what_cannot_be_evaluated_is_a_problem_of_its_file(
    monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    found = made(monkeypatch, {"app/a.jsonnet": text, "app/b.jsonnet": OBJECT % ("b", "1")})
    assert [m.body["metadata"]["name"] for m in found.manifests] == ["b"]
    assert all(p.path == "app/a.jsonnet" and p.message.startswith(told) for p in found.problems)
    assert found.problems
    assert "hunter2" not in str(found)


def test_without_the_extra_the_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonnet, "find_spec", lambda _: None)
    [problem] = made(monkeypatch, {"app/a.jsonnet": OBJECT % ("a", "1")}).problems
    assert (problem.code, "extra `jsonnet`" in problem.message) == ("GA261", True)


def test_a_plain_directory_leaves_jsonnet_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "app/a.jsonnet": "{",
        "app/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    }
    found = rendered(files, SourceConfig("a", path="app", type="directory"), monkeypatch)
    assert (len(found.manifests), found.problems) == (1, ())
