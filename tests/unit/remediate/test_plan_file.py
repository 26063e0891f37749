"""The file of a plan: opened before the audit, only a regular one, and not left behind without a plan."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gitops_audit.errors import ConfigError
from gitops_audit.remediate.document import Plan, Scope
from gitops_audit.remediate.plan_file import PlanFile, load_plan

PLAN = Plan(Scope(), (), ()).sealed(datetime(2026, 3, 1, tzinfo=UTC))


def test_a_plan_that_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("a longer text than that of a plan" * 100)

    with PlanFile(path) as file:
        file.write(PLAN)

    assert load_plan(path) == PLAN


def test_without_a_path_nothing_is_written() -> None:
    with PlanFile(None) as file:
        file.write(PLAN)


@pytest.mark.parametrize("name", ["missing/plan.json", "folder", "pipe", "device"])
def test_a_path_that_cannot_be_written_is_told_before_the_audit(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/null")

    with pytest.raises(ConfigError, match="cannot be written") as told, PlanFile(tmp_path / name):
        pytest.fail("it was opened")

    assert (told.value.code, told.value.exit_code) == ("GA601", 2)


def test_a_file_without_a_plan_is_not_left_behind(tmp_path: Path) -> None:
    with PlanFile(tmp_path / "plan.json"):
        assert (tmp_path / "plan.json").exists()

    assert not (tmp_path / "plan.json").exists()


def test_what_stood_in_the_file_stays_where_no_plan_was_made(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("earlier")

    with PlanFile(tmp_path / "plan.json"):
        pass

    assert (tmp_path / "plan.json").read_text() == "earlier"


@pytest.mark.parametrize("name", ["missing.json", "pipe", "folder", "text"])
def test_what_is_no_file_of_a_plan_is_a_usage_error_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("plan")

    with pytest.raises(ConfigError, match="cannot be read") as told:
        load_plan(tmp_path / name)

    assert told.value.code == "GA501"


def test_a_plan_in_which_a_key_comes_twice_is_none(tmp_path: Path) -> None:
    """A person may have read the other one."""
    path = tmp_path / "plan.json"
    with PlanFile(path) as file:
        file.write(PLAN)
    path.write_text(path.read_text().replace('"actions"', '"actions": ["what was read"], "actions"'))

    with pytest.raises(ConfigError, match="has a key twice"):
        load_plan(path)
