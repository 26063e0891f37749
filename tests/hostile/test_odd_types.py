"""A value of another type at any place of a document is an error of that document: nothing ends the run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.config.load import load
from gitops_audit.errors import ConfigError
from gitops_audit.model.resource import JsonObject
from tests.audited import audited
from tests.repository import Repo

ODD: tuple[Any, ...] = (None, "", "x", 0, -1, 2**70, 1.5, True, [], [[]], [None], {}, {"": {}}, {"x": [None]})

CONTAINER = {
    "name": "c",
    "image": "x:1",
    "ports": [{"containerPort": 80}],
    "env": [{"name": "A", "value": "b"}],
    "resources": {"limits": {"cpu": "1"}},
    "securityContext": {"capabilities": {"drop": ["ALL"]}},
}
WORKLOAD: JsonObject = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "w", "namespace": "shop", "labels": {"a": "b"}, "annotations": {"c": "d"}},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER], "volumes": []}},
    },
}
CONFIG: JsonObject = {
    "version": 1,
    "kubernetesVersion": "1.33",
    "clusters": {"c": {"snapshot": "rec.json"}},
    "sources": [{"name": "s", "path": "p", "exclude": ["x"], "clusters": ["c"], "namespace": "shop"}],
    "drift": {
        "mode": "owned",
        "appliers": ["x"],
        "ignore": [{"match": {"kind": "Service", "labels": {"a": "b"}}, "fields": ["/spec"], "reason": "r"}],
        "orphans": {"enabled": False, "namespaces": ["a"]},
    },
    "policies": [{"pack": "pod-security-baseline"}],
    "redact": [{"match": {"kind": "ConfigMap"}, "fields": ["/data"]}],
    "report": {"failOn": "low"},
}
MANAGED: JsonObject = {
    **WORKLOAD,
    "metadata": {
        **WORKLOAD["metadata"],
        "uid": "u",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "ownerReferences": [{"kind": "A", "name": "b", "uid": "c"}],
        "managedFields": [
            {
                "manager": "kubectl",
                "operation": "Apply",
                "time": "2026-01-01T00:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:spec": {"f:replicas": {}}},
            }
        ],
    },
    "status": {"observedGeneration": 1},
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from _places(child, (*path, key))


def _with(document: JsonObject, path: tuple[Any, ...], odd: Any) -> JsonObject:
    changed = deepcopy(document)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = odd
    return changed


def _variants(document: JsonObject) -> Iterator[JsonObject]:
    return (_with(document, path, odd) for path in _places(document) for odd in ODD)


PLACES = [(path, odd) for path in _places(CONFIG) for odd in ODD]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("odd")
    (root / "rec.json").write_text("{}")
    return root


@pytest.mark.parametrize(("path", "odd"), PLACES, ids=lambda value: str(value))
def test_a_configuration_of_odd_types_is_loaded_or_refused(folder: Path, path: tuple[Any, ...], odd: Any) -> None:
    file = folder / "gitops-audit.yaml"
    file.write_text(yaml.safe_dump(_with(CONFIG, path, odd)))
    with suppress(ConfigError):
        load(file)


POLICIES = "".join(f"  - {{pack: {name}}}\n" for name in ("pod-security-restricted", "best-practices", "supply-chain"))


def test_every_manifest_of_odd_types_gets_a_verdict(repository: Repo, request: pytest.FixtureRequest) -> None:
    variants = list(_variants(WORKLOAD))
    files: dict[str, str | bytes] = {f"p/{n:04}.json": json.dumps(body) for n, body in enumerate(variants)}
    files["gitops-audit.yaml"] = f"version: 1\nsources:\n  - {{name: s, path: p}}\npolicies:\n{POLICIES}"
    repository.commit_files(files)
    told = {path for verdict in audited(repository.folder) for path in _files(verdict)}
    request.node.user_properties.append(("inputs", len(variants)))
    assert {f"p/{n:04}.json" for n in range(len(variants))} - told == set()


def _files(verdict: Any) -> Iterator[str]:
    yield verdict.subject.origin.path
    for code, message in (verdict.subject.error,) if verdict.subject.error else ():
        assert code != "GA001"
        yield from (word.partition(":")[0] for word in message.split() if word.startswith("p/"))


def test_every_live_object_of_odd_types_is_compared_or_an_error(
    repository: Repo, request: pytest.FixtureRequest
) -> None:
    skipped = {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}
    variants = [_with(MANAGED, path, odd) for path in _places(MANAGED) if path not in skipped for odd in ODD]
    declared = [_with(WORKLOAD, ("metadata", "name"), f"w{n}") for n in range(len(variants))]
    live = [_with(body, ("metadata", "name"), f"w{n}") for n, body in enumerate(variants)]
    config = "version: 1\nclusters:\n  c: {snapshot: rec.json}\nsources:\n  - {name: s, path: p}\n"
    repository.commit_files({"gitops-audit.yaml": config, "p/all.yaml": yaml.safe_dump_all(declared)})
    (repository.folder / "rec.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": live}))
    run = audited(repository.folder)
    request.node.user_properties.append(("inputs", len(variants)))
    assert len(run.verdicts) == len(variants)
    assert all(v.is_compared or v.outcome == "error" for v in run)
    assert not any(e.rule == "GA001" for v in run for e in v.unevaluated)
