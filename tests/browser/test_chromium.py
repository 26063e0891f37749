"""Which Chromium the tests take."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import chromium


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any; gives the folder of Playwright."""
    monkeypatch.delenv(chromium.OWN_PLACE, raising=False)
    monkeypatch.setattr(chromium, "PLACES", ())
    monkeypatch.setattr(chromium, "FETCHED", ())
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    return tmp_path


def fetched(folder: Path, version: str) -> str:
    program = folder / f"chromium-{version}/chrome-linux64/chrome"
    program.parent.mkdir(parents=True)
    program.touch()
    return str(program)


def test_without_any_the_reason_says_how_to_have_one(bare: Path) -> None:
    assert chromium.found() == ""
    assert "make browser" in chromium.MISSING


def test_the_newest_that_playwright_fetched_is_taken(bare: Path) -> None:
    _, newest = fetched(bare, "1200"), fetched(bare, "1300")
    assert chromium.found() == newest


def test_one_that_is_named_and_not_there_is_an_error_and_no_reason_to_skip(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(bare, "1300")
    monkeypatch.setenv(chromium.OWN_PLACE, str(bare / "absent"))
    with pytest.raises(FileNotFoundError, match="absent, and there is no such program"):
        chromium.found()
