"""`demo --keep` and `config init` write only what is new, and what the demo leaves can be audited again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import run_cli, run_pytest
from tests.repository import Repo


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("place", [".", "apps", "empty", "empty/new/deep", "README.md"])
def test_a_place_in_a_repository_is_refused_and_left_alone(repository: Repo, place: str) -> None:
    repository.commit_files({"README.md": "mine\n", "apps/web.yaml": "a: 1\n", "gitops-audit.yaml": "version: 1\n"})
    (repository.folder / "empty").mkdir()
    before = contents(repository.folder)
    result = run_cli("demo", "--keep", place, cwd=repository.folder)
    assert result.code == 2
    assert "GA132" in result.err
    assert contents(repository.folder) == before


@pytest.mark.parametrize("place", ["full", "file", "link"])
def test_what_somebody_has_outside_of_repositories_is_refused_too(tmp_path: Path, place: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    assert run_cli("demo", "--keep", place, cwd=tmp_path).code == 2
    assert contents(tmp_path) == {"full/.hidden": b"mine", "file": b"mine"}


def test_what_the_demo_leaves_gives_its_result_again(tmp_path: Path) -> None:
    assert run_cli("demo", "--keep", "shop", cwd=tmp_path).code == 0
    shop = tmp_path / "shop"
    told = json.loads((shop / "report.json").read_text())["summary"]
    again = run_cli("check", "--json", "again.json", cwd=shop)
    assert again.code == 1
    assert json.loads((shop / "again.json").read_text())["summary"] == told
    assert run_pytest("gitops-audit.yaml", cwd=shop).code == 1


@pytest.mark.parametrize(
    ("place", "code"), [("there.yaml", "GA130"), ("dangling.yaml", "GA130"), ("no/such/folder.yaml", "GA131")]
)
def test_config_init_writes_only_a_new_file(repository: Repo, place: str, code: str) -> None:
    repository.commit_files({"there.yaml": "mine\n"})
    (repository.folder / "dangling.yaml").symlink_to("elsewhere.yaml")
    before = contents(repository.folder)
    result = run_cli("config", "init", "-o", place, cwd=repository.folder)
    assert result.code == 2
    assert code in result.err
    assert contents(repository.folder) == before
