"""The file of a baseline: what it takes, what it refuses with the line, and how it is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gitops_audit.errors import ConfigError
from gitops_audit.history.baseline import read, write
from gitops_audit.model.baseline import KnownFinding
from tests.reported import BREAKING_OUT

TODAY = date(2026, 1, 1)
ENTRY = """\
  - fingerprint: "0123"
    cluster: prod
    resource: Service/shop/web
    check: drift
    since: 2025-12-01
    owner: team-web
    expires: 2026-03-01
"""
HEAD = "version: 1\nfindings:\n"


def known(name: str, **more: str) -> KnownFinding:
    values = {"cluster": "prod", "resource": "Service/shop/web", "check": "drift", "rule": "changed", "path": ""}
    rest = {"source": "shop", "severity": "low", "since": "2025-12-01", "owner": "o", "expires": "2026-03-01"}
    return KnownFinding(name, **(values | rest | more))


def refused(tmp_path: Path, text: str | bytes) -> ConfigError:
    file = tmp_path / "known.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        read(file, TODAY)
    assert caught.value.code == "GA608"
    return caught.value


def test_what_was_written_is_read_again_and_sorted(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    entries = [known("2", resource="Service/shop/b"), known("1", resource="Service/shop/a"), known("123456")]
    write(file, entries)
    text = file.read_text()
    assert list(read(file, TODAY).entries) == sorted(entries, key=lambda entry: entry.order)
    write(file, reversed(entries))
    assert file.read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["known.yaml"]


def test_an_empty_baseline_is_one(tmp_path: Path) -> None:
    write(tmp_path / "known.yaml", [])
    assert list(read(tmp_path / "known.yaml", TODAY).entries) == []


@pytest.mark.parametrize("text", [text for text in BREAKING_OUT if text.isprintable()])
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    entry = known("1", resource=text, owner=text)
    write(tmp_path / "known.yaml", [entry])
    assert list(read(tmp_path / "known.yaml", TODAY).entries) == [entry]


def test_an_entry_counts_to_the_end_of_the_day_it_expires(tmp_path: Path) -> None:
    write(tmp_path / "known.yaml", [known("1", expires="2026-01-01"), known("2", expires="2025-12-31")])
    baseline = read(tmp_path / "known.yaml", TODAY)
    assert (set(baseline.known), set(baseline.expired)) == ({"1"}, {"2"})


FAULTS: dict[str, tuple[str | bytes, int, str]] = {
    "a key that is none": (HEAD + ENTRY + "    ownr: x\n", 3, "did you mean 'owner'?"),
    "no owner": (HEAD + ENTRY.replace("    owner: team-web\n", ""), 3, "lacks owner"),
    "an empty owner": (HEAD + ENTRY.replace("team-web", ""), 3, "lacks owner"),
    "no expiry": (HEAD + ENTRY.replace("    expires: 2026-03-01\n", ""), 3, "lacks expires"),
    "a day that is none": (HEAD + ENTRY.replace("2026-03-01", "2026-02-30"), 3, "expires is no day"),
    "a finding twice": (HEAD + ENTRY + ENTRY, 10, "line 3 stands there once more"),
    "no version": ("findings: []\n", 1, "version: 1"),
    "another key at the top": (HEAD + ENTRY + "more: 1\n", 1, "nothing else"),
    "no list": ("version: 1\nfindings: x\n", 1, "no list"),
    "no mapping": ("[1]\n", 1, "no mapping"),
    "a value that is a list": (HEAD + ENTRY.replace("prod", "[prod]"), 4, "no text"),
    "an alias": ("version: &v 1\nfindings: [*v]\n", 2, "no aliases"),
    "many levels": ("[" * 100 + "]" * 100, 1, "no deeper levels"),
    "no YAML": ("a: [1\n", 2, ""),
    "nothing": ("", 1, "no mapping"),
    "no UTF-8": (b"\xff", 0, "not UTF-8"),
}


@pytest.mark.parametrize(("text", "line", "reason"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str | bytes, line: int, reason: str) -> None:
    error = refused(tmp_path, text)
    assert reason in str(error)
    assert error.where is not None
    assert error.where.line == line


def test_a_file_that_is_not_there_is_told_with_what_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "known.yaml", TODAY)
    assert "baseline create" in caught.value.hint


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        write(tmp_path / "no" / "known.yaml", [])
    assert caught.value.code == "GA609"
