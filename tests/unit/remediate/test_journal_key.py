"""The key of the journal: what it encrypts is for its holder, and what is wrong with it is told before a run."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from gitops_audit.config.remediation import JournalKeyConfig
from gitops_audit.errors import ConfigError
from gitops_audit.remediate.journal_key import JournalKey, WrongKey

OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
SECRET = {"kind": "Secret", "data": {"password": "bWFya2Vy"}}


def key(*lines: str, folder: Path) -> JournalKey:
    path = folder / "key"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    found = JournalKey.load(JournalKeyConfig(path))
    assert found is not None
    return found


def test_what_was_sealed_is_opened_for_its_own_place_alone(tmp_path: Path) -> None:
    found = key(NEW, folder=tmp_path)
    sealed = found.seal(SECRET, "run/a")

    assert found.open(sealed, "run/a") == SECRET
    assert "bWFya2Vy" not in str(sealed)
    with pytest.raises(WrongKey, match="of another object"):
        found.open(sealed, "run/b")


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_seals(tmp_path: Path) -> None:
    sealed = key(OLD, folder=tmp_path).seal(SECRET, "run/a")
    digest = key(OLD, folder=tmp_path).digest(b"text")

    both = key(NEW, OLD, folder=tmp_path)

    assert both.open(sealed, "run/a") == SECRET
    assert both.is_digest_of(digest, b"text")
    assert key(NEW, folder=tmp_path).open(both.seal(SECRET, "run/a"), "run/a") == SECRET


def test_a_key_that_is_gone_is_named(tmp_path: Path) -> None:
    old = key(OLD, folder=tmp_path)
    sealed, digest = old.seal(SECRET, "run/a"), old.digest(b"text")
    new = key(NEW, folder=tmp_path)

    with pytest.raises(WrongKey, match=sealed["key"]):
        new.open(sealed, "run/a")
    assert not new.is_digest_of(digest, b"text")


@pytest.mark.parametrize("damage", [{"data": "AAAA"}, {"nonce": ""}, {"nonce": None}, {"data": "no base64!"}])
def test_damaged_values_are_told(tmp_path: Path, damage: dict[str, object]) -> None:
    found = key(NEW, folder=tmp_path)

    with pytest.raises(WrongKey, match="damaged"):
        found.open({**found.seal(SECRET, "run/a"), **damage}, "run/a")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text(NEW)
    path.chmod(mode)

    with pytest.raises(ConfigError, match="open to others") as told:
        JournalKey.load(JournalKeyConfig(path))

    assert told.value.code == "GA521"


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640])
def test_owner_and_group_may_read_it(tmp_path: Path, mode: int) -> None:
    """A Secret that is mounted for a group has the mode 0440."""
    path = tmp_path / "key"
    path.write_text(NEW)
    path.chmod(mode)

    assert JournalKey.load(JournalKeyConfig(path)) is not None


@pytest.mark.parametrize("text", ["", "  \n", "short", "AAAA", NEW[:-4], "\x00" * 32, f"{NEW}\nmore"])
def test_what_is_no_key_is_told_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(ConfigError, match="journal key") as told:
        JournalKey.load(JournalKeyConfig(path))

    assert "openssl rand -base64 32" in told.value.hint
    assert not text.strip() or text not in str(told.value)


@pytest.mark.parametrize("name", ["missing", "folder", "pipe"])
def test_a_key_that_is_no_file_is_told_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ConfigError, match="cannot be read"):
        JournalKey.load(JournalKeyConfig(tmp_path / name))


def test_a_key_in_a_variable_is_not_passed_on_to_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_JOURNAL_KEY", NEW)

    first = JournalKey.load(JournalKeyConfig(env="TEST_JOURNAL_KEY"))
    again = JournalKey.load(JournalKeyConfig(env="TEST_JOURNAL_KEY"))

    assert first is not None
    assert again is not None
    assert again.open(first.seal(SECRET, "p"), "p") == SECRET
    assert "TEST_JOURNAL_KEY" not in os.environ


def test_a_variable_that_is_not_set_is_told() -> None:
    with pytest.raises(ConfigError, match="the variable NOT_SET_HERE is empty"):
        JournalKey.load(JournalKeyConfig(env="NOT_SET_HERE"))


def test_it_shows_nothing_of_itself(tmp_path: Path) -> None:
    assert NEW not in repr(key(NEW, folder=tmp_path))
    assert JournalKey.load(None) is None
