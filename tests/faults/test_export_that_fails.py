"""A commit of which a file is lost: every source that a tool would render from it says so, and the rest is audited."""

from __future__ import annotations

from tests.command import run_cli
from tests.repository import Repo

_CONFIG = """\
version: 1
sources:
  - {name: a, path: a}
  - {name: b, path: b}
  - {name: plain, path: plain}
"""
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\n"


def test_each_source_names_the_lost_file_and_the_others_are_audited(repository: Repo) -> None:
    files = {f"{name}/kustomization.yaml": "resources: [map.yaml]\n" for name in ("a", "b")}
    files |= {f"{name}/map.yaml": _MAP % name for name in ("a", "b", "plain")}
    repository.commit_files({"gitops-audit.yaml": _CONFIG, **files, "other/lost.txt": "lost"})
    blob = repository.git("rev-parse", "HEAD:other/lost.txt").strip()
    (repository.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()

    run = run_cli("check", "-v", cwd=repository.folder)

    assert run.code == 3, run.said
    assert "GA001" not in run.said
    assert f"object {blob}" in run.said
    assert "passed: ConfigMap/shop/plain" in run.said
