"""Declared objects changed at each place, whoever made them: a verdict or an error of each file, and never a bug."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.config.load import load
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Judged
from gitops_audit.errors import ConfigError
from tests.audited import audited, repository
from tests.hostile.object_samples import CONFIG, OBJECTS
from tests.hostile.structure import Mutant, broken_texts, mutants, some, text_of

Record = Callable[[str, object], None]
_PACKS = ("best-practices", "rbac", "network", "supply-chain", "opengitops", "gitops-lint", "pod-security-restricted")
_AUDIT = f"""\
version: 1
clusters: {{prod: {{snapshot: live.json}}}}
sources: [{{name: shop, path: app, revision: worktree, namespace: shop, type: directory}}]
policies: [{", ".join(f"{{pack: {name}}}" for name in _PACKS)}]
"""
_LIVE = [inner for body in OBJECTS for inner in (body["items"] if body["kind"] == "List" else [body])]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"gitops-audit.yaml": _AUDIT, "app/web.yaml": "", "live.json": text_of(_list(_LIVE)).decode()}
    return repository(tmp_path_factory.mktemp("fuzz") / "repo", files)


def _list(items: Any) -> Any:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _is_told(root: Path, files: list[bytes]) -> list[str]:
    """One audit over many files; the bugs in it, and the files of which nothing is told."""
    shutil.rmtree(root / "app")
    (root / "app").mkdir()
    for number, data in enumerate(files):
        (root / "app" / f"{number:04}.yaml").write_bytes(data)
    audit = Audit(load(root / "gitops-audit.yaml"))
    try:
        audit.prepare()
        found = [event.verdict for event in audit.run() if isinstance(event, Judged)]
        ignored = {path for source in audit.info.sources for path, _ in source.ignored}
    finally:
        audit.close()
    wrong = [e.message for v in found for e in v.unevaluated if e.rule == "GA001"]
    told = ignored | {v.subject.origin.path for v in found}
    told |= {f"app/{name}" for v in found for e in v.unevaluated for name in re.findall(r"\d{4}\.yaml", e.message)}
    return wrong + [f"untold: {n}" for n in range(len(files)) if f"app/{n:04}.yaml" not in told]


def _with_own_name(body: Any, number: int) -> Any:
    """So that no two of a run are the same resource."""
    metadata = body.get("metadata") if isinstance(body, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(name, str) and "." not in name:
        metadata["name"] = f"{name}-{number}"
    return body


def _texts(found: list[Mutant]) -> list[bytes]:
    return [text_of(_with_own_name(mutant.body, number)) for number, mutant in enumerate(found)]


@pytest.mark.parametrize("declared", OBJECTS, ids=[body["kind"] for body in OBJECTS])
def test_a_declared_object_of_any_structure_is_told_and_no_bug(
    declared: Any, shop: Path, record_property: Record
) -> None:
    found = some(mutants(declared), 120)
    record_property("inputs", len(found))
    assert _is_told(shop, _texts(found)) == []


@pytest.mark.parametrize("declared", OBJECTS, ids=[body["kind"] for body in OBJECTS])
def test_a_file_of_any_bytes_is_told_and_no_bug(declared: Any, shop: Path, record_property: Record) -> None:
    found = list(broken_texts(yaml.safe_dump(declared).encode(), 20))
    record_property("inputs", len(found))
    assert _is_told(shop, found) == []


@pytest.mark.parametrize("items", ["List", "Thing", None])
def test_a_list_of_objects_with_a_faulty_head_is_an_error_of_its_file(items: Any, tmp_path: Path) -> None:
    body = {"kind": items, "items": copy.deepcopy(_LIVE[:1])}
    files = {
        "gitops-audit.yaml": _AUDIT,
        "app/a.yaml": text_of(body).decode(),
        "live.json": text_of(_list([])).decode(),
    }
    found = audited(repository(tmp_path / "repo", files))
    assert found.exit_code == 3
    told = [e.message for v in found for e in v.unevaluated]
    told += [fault.message for v in found for fault in v.found("schema")]
    assert any("its items are: write `apiVersion: v1` and `kind: List`" in message for message in told), told


def test_a_configuration_of_any_structure_is_no_bug(tmp_path: Path, record_property: Record) -> None:
    path = tmp_path / "gitops-audit.yaml"
    texts = [text_of(mutant.body) for mutant in some(mutants(CONFIG), 800)]
    texts += broken_texts(yaml.safe_dump(CONFIG).encode(), 200)
    record_property("inputs", len(texts))
    for text in texts:
        path.write_bytes(text)
        with suppress(ConfigError):
            load(path)
