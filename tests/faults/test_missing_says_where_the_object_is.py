"""An object that is missing because its source names a wrong namespace says where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.audited import audited, command, repository

_QUESTION = "is the namespace of the source right?"


def _service(namespace: str, name: str) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}


def _prepared(root: Path, live: list[str], *, sources: str = "{name: shop, path: apps, namespace: shopp}") -> Path:
    """A service `web` that a source declares in `shopp`, and the namespaces that have one in the cluster."""
    config = f"version: 1\nclusters: {{prod: {{snapshot: live.json}}}}\nsources: [{sources}]\n"
    repository(root, {"gitops-audit.yaml": config, "apps/web.json": json.dumps(_service("", "web"))})
    items = [_service("shopp", "other"), *(_service(namespace, "web") for namespace in live)]
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return root


@pytest.mark.parametrize(
    ("live", "told"),
    [
        (["shop"], "an object of this kind and name is in namespace shop: " + _QUESTION),
        (["b", "a"], "an object of this kind and name is in namespaces a, b: " + _QUESTION),
        (list("edcba"), "an object of this kind and name is in namespaces a, b, c and 2 more: " + _QUESTION),
        ([], ""),
    ],
)
def test_the_namespaces_that_have_it_are_told(tmp_path: Path, live: list[str], told: str) -> None:
    (verdict,) = audited(_prepared(tmp_path, live))
    assert verdict.drift is not None
    assert (verdict.drift.status, verdict.drift.reason) == ("missing", told)


def test_an_object_that_another_source_declares_is_not_the_missing_one(tmp_path: Path) -> None:
    sources = "{name: shop, path: apps, namespace: shopp}, {name: stage, path: apps, namespace: stage}"
    found = audited(_prepared(tmp_path, ["stage"], sources=sources))
    missing = [v for v in found if v.drift and v.drift.status == "missing"]
    assert [(v.subject.source, v.drift and v.drift.reason) for v in missing] == [("shop", "")]


def test_every_report_tells_it(tmp_path: Path) -> None:
    root = _prepared(tmp_path, ["shop"])
    done = command(root, "check", "--json", "out.json", "--junit", "out.xml")
    for report in (done.stdout, (root / "out.json").read_text(), (root / "out.xml").read_text()):
        assert "is in namespace shop: " + _QUESTION in report
