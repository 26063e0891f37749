from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from gitops_audit.errors import AuditError, ConfigError, Location


def test_an_error_says_where_what_and_what_next() -> None:
    error = ConfigError(
        "no cluster 'prd'", code="GA121", where=Location("gitops-audit.yaml", 7), hint="did you mean prod?"
    )
    assert str(error) == "gitops-audit.yaml:7: no cluster 'prd' [GA121]\n  did you mean prod?"


def test_a_file_below_the_working_directory_is_named_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(Location.of(tmp_path / "apps/web.yaml", 3)) == "apps/web.yaml:3"
    assert str(Location.of(tmp_path.parent / "other.yaml")) == str(tmp_path.parent / "other.yaml")


def test_an_error_survives_pickling_between_processes() -> None:
    error = ConfigError("m", code="GA101", where=Location("f", 2), hint="h")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert isinstance(copy, ConfigError)
    assert str(copy) == str(error)


def test_errors_of_use_exit_with_2_and_errors_of_reading_with_3() -> None:
    assert (ConfigError("m").exit_code, AuditError("m").exit_code) == (2, 3)
