"""The tree of a commit is written once for all sources of a run, and is gone afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from gitops_audit.config.load import load
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.options import RunOptions
from gitops_audit.source.commit_checkout import CommitCheckout
from tests.audited import repository
from tests.rendering import TOOLS_PATH

COUNT = 5


def sources(folder: Path, kustomization: str = "resources: [cm.yaml]\n") -> Path:
    files = {"gitops-audit.yaml": "version: 1\nsources:\n"}
    for i in range(COUNT):
        files[f"a{i}/kustomization.yaml"] = kustomization
        files[f"a{i}/cm.yaml"] = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a{i}}}\n"
        files["gitops-audit.yaml"] += f"- {{name: a{i}, path: a{i}}}\n"
    return repository(folder / "repo", files)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this test alone."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("PATH", TOOLS_PATH)
    return tmp_path / "tmp"


def test_all_sources_of_a_commit_are_built_from_one_tree(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    materialise = CommitCheckout.materialise

    def counted(checkout: CommitCheckout, dest: Path) -> None:
        written.append(dest)
        materialise(checkout, dest)

    monkeypatch.setattr(CommitCheckout, "materialise", counted)
    found = read_all(load(sources(tmp_path) / "gitops-audit.yaml"), RunOptions())
    assert [[m.body["metadata"]["name"] for m in s.rendered.manifests] for s in found] == [
        [f"a{i}"] for i in range(COUNT)
    ]
    assert (len(written), list(temporary.iterdir())) == (1, [])
    for source in found:
        source.close()


def test_nothing_of_the_tree_is_left_after_a_failure(tmp_path: Path, temporary: Path) -> None:
    found = read_all(load(sources(tmp_path, "resources: [no.yaml]\n") / "gitops-audit.yaml"), RunOptions())
    assert all(s.rendered.problems for s in found)
    assert list(temporary.iterdir()) == []
    for source in found:
        source.close()


def test_a_source_that_reads_a_kustomization_as_data_sees_what_git_has(tmp_path: Path, temporary: Path) -> None:
    text = "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: own, files: [kustomization.yaml]}\n"
    found = read_all(load(sources(tmp_path, text) / "gitops-audit.yaml"), RunOptions())
    data = [m.body["data"] for s in found for m in s.rendered.manifests if "data" in m.body]
    assert data == [{"kustomization.yaml": text}] * COUNT
    for source in found:
        source.close()
