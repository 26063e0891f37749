"""Recordings of this tool that were changed: an error of the recording, or answers of the kinds they must have."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live.recording import record_all
from gitops_audit.live.snapshot import open_recording
from gitops_audit.model.finding import Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema.check import ManifestSchemas
from tests.audited import audited, repository
from tests.hostile.structure import broken_texts, mutants, some, text_of
from tests.unit.live.api import CONFIG_MAPS, DEPLOYMENTS, SECRETS, WIDGETS, Api, cluster_of, declared
from tests.unit.live.scripted import ok, serving

Record = Callable[[str, object], None]
_CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json.gz}}
sources: [{name: shop, path: app, revision: worktree}]
drift: {orphans: {enabled: true}}
"""
_CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\ndata: {k: v}\n"
_WANTED = [
    *declared(CONFIG_MAPS, "shop/a", "shop/gone"),
    *declared(SECRETS, "shop/s"),
    *declared(DEPLOYMENTS, "shop/web"),
    *declared(WIDGETS, "shop/w"),
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> JsonObject:
    path = tmp_path_factory.mktemp("recorded") / "live.json.gz"
    with serving() as script:
        api = Api(script)
        api.has(CONFIG_MAPS, "shop/a", data={"k": "v"})
        api.has(SECRETS, "shop/s", data={"k": "dg=="})
        api.has(DEPLOYMENTS, "shop/web", spec={"replicas": 1})
        script.on("/openapi/v3", ok({"paths": {"apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1"}}}))
        kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
        node = {"type": "object", "x-kubernetes-group-version-kind": [kind], "properties": {"spec": {"type": "object"}}}
        script.on("/openapi/v3/apis/apps/v1", ok({"components": {"schemas": {"Deployment": node}}}))
        cluster = cluster_of(script)
        record_all(cluster, path)
        cluster.close()
    document: JsonObject = json.loads(gzip.decompress(path.read_bytes()))
    return document


def _asked(path: Path) -> None:
    """Asks a recording all that an audit asks. Only ClusterError may come of it."""
    cluster = open_recording("prod", path, Redactor())
    live = cluster.read(_WANTED)
    for resource in _WANTED:
        body, problem = live.get(resource), live.problem(resource)
        assert body is None or isinstance(body, dict)
        assert problem is None or isinstance(problem, Problem)
        key = resource.key
        assert cluster.discovery.scope(key.group, resource.version, key.kind) in (True, False, None)
        cluster.schemas.type_for(key.group, resource.version, key.kind)
        if body is not None:
            ManifestSchemas(cluster.schemas.documents).check(body)
        with suppress(ClusterError):
            cluster.get(resource)
    for plural in ("configmaps", "deployments"):
        with suppress(ClusterError):
            cluster.list_metadata("", "v1", plural)
    assert all(isinstance(text, str) for text in (cluster.version, cluster.server, cluster.schema_problem))
    list(cluster.definitions)


def _held(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with suppress(ClusterError):
        _asked(path)


def test_the_sample_is_sound(recording: JsonObject, tmp_path: Path) -> None:
    path = tmp_path / "live.json.gz"
    path.write_bytes(gzip.compress(text_of(recording)))
    _asked(path)


def test_recordings_of_any_structure_are_no_bug(recording: JsonObject, tmp_path: Path, record_property: Record) -> None:
    found = some(mutants(recording), 1500)
    record_property("inputs", len(found))
    for mutant in found:
        _held(tmp_path / "live.json.gz", gzip.compress(text_of(mutant.body), 1))


def test_recordings_of_any_text_are_no_bug(recording: JsonObject, tmp_path: Path, record_property: Record) -> None:
    texts = list(broken_texts(json.dumps(recording, indent=1).encode(), 300))
    record_property("inputs", len(texts))
    for text in texts:
        _held(tmp_path / "live.json.gz", gzip.compress(text, 1))


def test_recordings_that_are_cut_off_or_damaged_are_no_bug(
    recording: JsonObject, tmp_path: Path, record_property: Record
) -> None:
    data = gzip.compress(text_of(recording))
    texts = [data[: len(data) * n // 50] for n in range(50)] + [data + data, data + b"x", b"\x1f\x8b", data[:10]]
    texts += broken_texts(data, 200)
    record_property("inputs", len(texts))
    for text in texts:
        _held(tmp_path / "live.json.gz", text)


def _with_value(recording: JsonObject, value: str) -> bytes:
    """A recording whose ConfigMap holds a value that is given as JSON text."""
    text = json.dumps(recording)
    assert '"k": "v"' in text
    return gzip.compress(text.replace('"k": "v"', f'"k": {value}').encode())


_NUMBERS = (
    "1e400",
    "-1e400",
    "9" * 5000,
    "-0",
    "1" + "0" * 400,
    "18446744073709551616",
    "0.1e-999",
    "NaN",
    "-Infinity",
)
_DEEP = ("[" * 251 + "]" * 251, '{"a":' * 900 + "1" + "}" * 900, "[" * 50_000 + "]" * 50_000, '"\\ud800"', "[" * 9000)


@pytest.mark.parametrize("value", [*_NUMBERS, *_DEEP], ids=range(len(_NUMBERS) + len(_DEEP)))
def test_a_value_that_nothing_can_hold_is_no_bug_in_an_audit(recording: JsonObject, value: str, tmp_path: Path) -> None:
    root = repository(
        tmp_path / "repo",
        {"gitops-audit.yaml": _CONFIG, "app/a.yaml": _CONFIG_MAP % "a", "app/b.yaml": _CONFIG_MAP % "b"},
    )
    (root / "live.json.gz").write_bytes(_with_value(recording, value))
    found = audited(root)
    assert [e.message for v in found for e in v.unevaluated if e.rule == "GA001"] == []
    assert found.outcomes["prod/shop/ConfigMap/shop/a"] in ("failed", "error")
    assert found.outcomes["prod/shop/ConfigMap/shop/b"] in ("failed", "error")


@pytest.mark.parametrize(
    "part", ["discovery", "complete", "absent", "problems", "schemas", "objects", "key", "version"]
)
@pytest.mark.parametrize("odd", [None, 0, "x", [], {}, [[]], [{}], ["x"], {"x": 1}, [[None] * 7], [["a"] * 7]], ids=str)
def test_an_audit_with_an_odd_part_of_a_recording_is_no_bug_and_no_green_run(
    part: str, odd: Any, recording: JsonObject, shop: Path
) -> None:
    (shop / "live.json.gz").write_bytes(gzip.compress(text_of({**recording, part: odd})))
    found = audited(shop)
    assert [e.message for v in found for e in v.unevaluated if e.rule == "GA001"] == []
    assert found.exit_code in (1, 3)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"gitops-audit.yaml": _CONFIG, "app/gone.yaml": _CONFIG_MAP % "gone"}
    return repository(tmp_path_factory.mktemp("fuzz") / "repo", files)
