from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.live.openapi import OpenApiDocuments, cache_directory
from tests.unit.live.api import client_of
from tests.unit.live.scripted import Answer, Script, ok, status

INDEX = {"paths": {"apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=AB"}}}
DOCUMENT = "/openapi/v3/apis/apps/v1"


def documents(script: Script, cache: Path | None = None, **routes: Answer) -> OpenApiDocuments:
    script.on("/openapi/v3", routes.get("index", ok(INDEX)))
    script.on(DOCUMENT, routes.get("document", ok({"openapi": "3.0"})))
    return OpenApiDocuments(client_of(script), cache)


def test_a_document_is_fetched_once_and_only_when_asked_for(script: Script) -> None:
    found = documents(script)
    assert script.requests == []
    assert [found("apps", "v1"), found("apps", "v1")] == [{"openapi": "3.0"}] * 2
    assert script.paths() == ["/openapi/v3", DOCUMENT]


def test_a_copy_on_disk_saves_the_download(script: Script, tmp_path: Path) -> None:
    documents(script, tmp_path / "c")("apps", "v1")
    assert documents(script, tmp_path / "c")("apps", "v1") == {"openapi": "3.0"}
    assert script.paths().count(DOCUMENT) == 1


@pytest.mark.parametrize("damage", [b"", b'{"openapi"', b"[]", b"\xff"])
def test_a_damaged_copy_is_replaced(script: Script, tmp_path: Path, damage: bytes) -> None:
    documents(script, tmp_path)("apps", "v1")
    (copy,) = tmp_path.iterdir()
    copy.write_bytes(damage)
    assert documents(script, tmp_path)("apps", "v1") == {"openapi": "3.0"}
    assert copy.read_bytes() == b'{"openapi": "3.0"}'


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(script: Script, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert documents(script, tmp_path / "file")("apps", "v1") == {"openapi": "3.0"}


def test_another_server_with_the_same_hash_has_its_own_copy(script: Script, tmp_path: Path) -> None:
    documents(script, tmp_path)("apps", "v1")
    script.url = script.url.replace("127.0.0.1", "localhost")
    documents(script, tmp_path, document=ok({"openapi": "other"}))("apps", "v1")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("code", [403, 404, 500])
def test_a_server_that_shows_no_schemas_leaves_a_reason(script: Script, code: int) -> None:
    found = documents(script, index=status(code, "Why", "no schemas for you"))
    assert found("apps", "v1") is None
    assert "no schemas for you" in found.reason


def test_a_broken_document_leaves_a_reason(script: Script) -> None:
    found = documents(script, document=Answer(200, b"<html>"))
    assert found("apps", "v1") is None
    assert DOCUMENT in found.reason


@pytest.mark.parametrize(
    "index",
    [
        {},
        {"paths": []},
        {"paths": {"apis/apps/v1": 5}},
        {"paths": {"apis/apps/v1": {"serverRelativeURL": "http://127.0.0.1:1/elsewhere"}}},
        {"paths": {"apis/apps/v1": {"serverRelativeURL": "//elsewhere"}}},
    ],
)
def test_an_index_that_is_malformed_or_points_elsewhere_gives_nothing(script: Script, index: object) -> None:
    found = documents(script, index=ok(index))
    assert found("apps", "v1") is None
    assert bool(found.failure("apps", "v1")) == (
        not isinstance(index, dict) or not isinstance(index.get("paths"), dict)
    )
    assert script.paths() == ["/openapi/v3"]


def test_copies_are_where_xdg_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert cache_directory() == Path("/c/gitops-audit/openapi")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path.home() / ".cache/gitops-audit/openapi"
