"""The commits of what was found; a history that cannot be read costs them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit import AuditResult, audit
from gitops_audit.engine.evidence.locate import Locator
from tests.repository import Repo

POD = """apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: shop}
spec:
  hostNetwork: true
  containers: [{name: web, image: nginx}]
"""
CONFIG = """version: 1
sources: [{name: damaged, repo: damaged}, {name: sound, repo: sound}]
policies: [{pack: pod-security-baseline}]
"""


def damaged(folder: Path) -> AuditResult:
    """An audit of two repositories; of one the first commit is lost."""
    for name in ("damaged", "sound"):
        repo = Repo.init(folder / name)
        first = repo.commit_files({"web.yaml": POD.replace("NAME", name)})
        repo.commit_files({"web.yaml": POD.replace("NAME", name) + "# again\n"})
        if name == "damaged":
            (folder / name / ".git/objects" / first[:2] / first[2:]).unlink()
    (folder / "gitops-audit.yaml").write_text(CONFIG)
    return audit(folder / "gitops-audit.yaml")


def test_a_damaged_history_leaves_every_verdict(tmp_path: Path) -> None:
    result = damaged(tmp_path)
    found = {v.subject.source: (v.outcome, v.commit is not None, v.findings[0].line) for v in result.verdicts}
    assert found == {"damaged": ("failed", False, 5), "sound": ("failed", True, 5)}
    assert result.summary.exit_code == 1


def test_whose_commits_are_not_known_is_a_note_with_what_to_do(tmp_path: Path) -> None:
    [note] = [note for note in damaged(tmp_path).notes if "last commits" in note]
    assert note.startswith("source damaged: the last commits of its files are not known: ")
    assert "git fsck" in note


def test_an_error_of_looking_up_lines_does_not_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("web.yaml")

    monkeypatch.setattr(Locator, "_lines", broken)
    result = damaged(tmp_path)
    assert [(v.outcome, v.unevaluated[0].rule) for v in result.verdicts] == [("error", "GA001")] * 2
