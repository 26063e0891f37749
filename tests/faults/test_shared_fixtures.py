"""What the tests of this folder are built from: a repository, a recording, the two commands."""

from __future__ import annotations

import pytest

from tests.command import run_cli, run_pytest
from tests.fleet import manifest
from tests.recording import write_recording
from tests.repository import Repo

CONFIG = """\
version: 1
clusters:
  c: {snapshot: live.json}
sources:
  - {name: s, path: app, namespace: shop}
"""
DECLARED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n"


@pytest.mark.parametrize(("value", "code"), [("1", 0), ("2", 1)])
def test_both_commands_audit_a_recording_alike(repository: Repo, value: str, code: int) -> None:
    repository.commit_files({"gitops-audit.yaml": CONFIG, "app/a.yaml": DECLARED})
    live = manifest("ConfigMap", "a", data={"x": value})
    live["metadata"]["namespace"] = "shop"
    write_recording(repository.folder / "live.json", live)
    assert run_cli("check", cwd=repository.folder).code == code
    assert run_pytest("gitops-audit.yaml", cwd=repository.folder).code == code
