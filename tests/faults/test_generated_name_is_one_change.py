"""A ConfigMap that a generator names by its content is one change when that changes, not a missing and an extra one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.kube.generated_name import generator_of
from tests.audited import Audited, audited, command, repository

OLD, OLDER = "app-ckm5b4tg52", "app-22222bbbbb"


def _object(kind: str, name: str, data: dict[str, str], created: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    metadata = {"name": name, "namespace": "shop", "creationTimestamp": created, "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data}


def _prepared(root: Path, live: list[dict[str, Any]], generator: str = "configMapGenerator") -> Path:
    config = (
        "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources: [{name: shop, path: app, namespace: shop}]\n"
        "drift: {orphans: {enabled: true, namespaces: [shop]}}\n"
    )
    kustomization = f"namespace: shop\n{generator}: [{{name: app, literals: [LEVEL=s3cr3tlevel, SAME=1]}}]\n"
    repository(root, {"gitops-audit.yaml": config, "app/kustomization.yaml": kustomization})
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": live}))
    return root


def _statuses(found: Audited) -> list[tuple[str, str]]:
    return sorted((v.drift.status, v.subject.key.name) for v in found if v.drift)


@pytest.mark.parametrize(("kind", "generator"), [("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")])
def test_it_is_one_finding_with_the_keys_that_changed(tmp_path: Path, kind: str, generator: str) -> None:
    values = {"LEVEL": "t0psecretlevel", "SAME": "1", "OLD": "x"}
    data = {k: base64.b64encode(v.encode()).decode() for k, v in values.items()} if kind == "Secret" else values
    found = audited(_prepared(tmp_path, [_object(kind, OLD, data, "2026-01-02T00:00:00Z")], generator))
    (verdict,) = found
    assert verdict.drift is not None
    assert verdict.drift.status == "missing"
    assert f"the cluster has {OLD} of the same generator, which differs in data.LEVEL, data.OLD" in verdict.drift.reason


def test_the_latest_one_before_stands_for_it_and_what_is_older_is_undeclared(tmp_path: Path) -> None:
    live = [
        _object("ConfigMap", OLD, {}, "2026-01-02T00:00:00Z"),
        _object("ConfigMap", OLDER, {}, "2026-01-01T00:00:00Z"),
        _object("ConfigMap", "application-ckm5b4tg52", {}, "2026-01-03T00:00:00Z"),
    ]
    statuses = _statuses(audited(_prepared(tmp_path, live)))
    assert [name for status, name in statuses if status == "extra"] == [OLDER, "application-ckm5b4tg52"]
    assert [status for status, _ in statuses if status != "extra"] == ["missing"]


def test_what_came_before_is_undeclared_once_the_new_one_is_there(tmp_path: Path) -> None:
    first = audited(_prepared(tmp_path / "first", []))
    (new,) = (v.subject.key.name for v in first)
    live = [
        _object("ConfigMap", new, {"LEVEL": "s3cr3tlevel", "SAME": "1"}, "2026-01-03T00:00:00Z"),
        _object("ConfigMap", OLD, {}, "2026-01-02T00:00:00Z"),
    ]
    assert _statuses(audited(_prepared(tmp_path / "second", live))) == [("extra", OLD), ("in-sync", new)]


def test_no_value_of_a_secret_is_told(tmp_path: Path) -> None:
    data = {"LEVEL": base64.b64encode(b"t0psecretlevel").decode()}
    root = _prepared(tmp_path, [_object("Secret", OLD, data, "2026-01-02T00:00:00Z")], "secretGenerator")
    done = command(root, "check", "--json", "out.json")
    text = done.stdout + done.stderr + (root / "out.json").read_text()
    assert "data.LEVEL" in text
    assert "t0psecretlevel" not in text
    assert "s3cr3tlevel" not in text


@pytest.mark.parametrize(
    ("group", "kind", "name", "expected"),
    [
        ("", "ConfigMap", "app-ckm5b4tg52", "app"),
        ("", "Secret", "a-b-ckm5b4tg52", "a-b"),
        ("", "ConfigMap", "app-ckm5b4tg5", ""),
        ("", "ConfigMap", "app-production", ""),
        ("", "ConfigMap", "ckm5b4tg52", ""),
        ("apps", "Deployment", "app-ckm5b4tg52", ""),
    ],
)
def test_a_name_made_of_content_is_known_by_its_form(group: str, kind: str, name: str, expected: str) -> None:
    assert generator_of(group, kind, name) == expected
