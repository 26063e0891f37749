"""What an object holds, and what a terminal can show, decide neither whether a run ends well nor whether it reports."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.command import Ran, run_cli, run_pytest
from tests.recording import write_recording
from tests.repository import Repo

_CONFIG = "version: 1\nclusters: {c: {snapshot: live.json}}\nsources: [{name: s, path: app}]\n"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {k: declared}\n"
_VALUES = {
    "no character of XML": "v\ufffe\uffff",
    "a title and a cleared screen": "\x1b]0;owned\x07\x1b[2J\x1b[1A",
    "C1 and a bell": "\x9b31m\x07\x85",
    "turned around": "\u202egnp\u2066x\u2069\u200f",
    "lines and a command of CI": "x\r\n::error::owned\u2028##vso[task.complete]",
    "nothing of the kind": "caf\u00e9 \ud55c\uad6d\uc5b4 \U0001f600",
}
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_DIRECTION = "\u200e\u200f\u2028-\u202e\u2066-\u2069"
_STEERING = re.compile(f"[{_CONTROL}{_DIRECTION}]|^::error", re.MULTILINE)


@pytest.fixture
def drifted(repository: Repo, request: pytest.FixtureRequest) -> Path:
    repository.commit_files({"gitops-audit.yaml": _CONFIG, "app/a.yaml": _MAP})
    metadata = {"name": "a", "namespace": "shop"}
    live = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": request.param}}
    write_recording(repository.folder / "live.json", live)
    return repository.folder


def _checked(folder: Path, **environment: str) -> Ran:
    return run_cli("check", "--json", "out.json", "--junit", "out.xml", cwd=folder, **environment)


def _has_reports(folder: Path, *names: str) -> bool:
    for name in names:
        ET.parse(folder / name)  # noqa: S314 - our own file
    return bool(json.loads((folder / "out.json").read_text(encoding="utf-8"))["summary"]["failed"] == 1)


@pytest.mark.parametrize("drifted", _VALUES.values(), ids=_VALUES, indirect=True)
def test_check_writes_reports_that_parse_and_steers_no_terminal(drifted: Path) -> None:
    run = _checked(drifted)
    assert run.code == 1, run.said
    assert _has_reports(drifted, "out.xml")
    assert _STEERING.search(run.said) is None


@pytest.mark.parametrize("drifted", _VALUES.values(), ids=_VALUES, indirect=True)
def test_pytest_writes_reports_that_parse_and_steers_no_terminal(drifted: Path) -> None:
    reports = ("--gitops-json=out.json", "--gitops-junit=out.xml", "--junitxml=own.xml")
    run = run_pytest("gitops-audit.yaml", "-ra", *reports, cwd=drifted)
    assert run.code == 1, run.said
    assert _has_reports(drifted, "out.xml", "own.xml")
    assert _STEERING.search(run.said) is None


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp949", "cp932", "euc-kr", "cp1252"])
@pytest.mark.parametrize("drifted", [_VALUES["nothing of the kind"]], ids=[""], indirect=True)
def test_a_terminal_that_lacks_characters_changes_no_result(drifted: Path, encoding: str) -> None:
    run = _checked(drifted, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert run.code == 1, run.said
    assert _has_reports(drifted, "out.xml")
