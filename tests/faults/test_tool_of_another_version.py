"""Another version of a tool gives other objects: where the configuration says which is wanted, another is a finding."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from gitops_audit.config.load import load
from gitops_audit.errors import AuditError
from tests.audited import audited, command, repository
from tests.tools import HELM, KUBECTL

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: shop}\n"


@pytest.fixture(autouse=True)
def _kustomize_of_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kustomize within kubectl says its version; the script that stands for the other one in tests does not."""
    (tmp_path / "bin").mkdir()
    for tool in (KUBECTL, HELM):
        (tmp_path / "bin" / tool.name).symlink_to(tool)
    git = shutil.which("git")
    assert git
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", os.pathsep.join((str(tmp_path / "bin"), os.defpath)))


def _prepared(root: Path, tools: str) -> Path:
    sources = ", ".join(f"{{name: {name}, path: {name}}}" for name in ("a", "b", "c", "d", "k"))
    files = {"gitops-audit.yaml": f"version: 1\ntools: {tools}\nsources: [{sources}]\n"}
    for name in "abcd":
        files |= {f"{name}/Chart.yaml": CHART, f"{name}/templates/a.yaml": OBJECT.replace("NAME", name)}
    files |= {"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": OBJECT.replace("NAME", "k")}
    return repository(root, files)


def _faults(root: Path) -> list[tuple[int, str]]:
    return [(f.line, f.message) for v in audited(root, offline=True) for f in v.findings]


def test_it_is_one_finding_for_all_sources_at_the_line_of_the_wish(tmp_path: Path) -> None:
    ((line, message),) = _faults(_prepared(tmp_path / "repo", "{helm: '<3', kustomize: '>=5'}"))
    assert line == 2
    assert "rendered a, b, c and 1 more, and `tools` wants <3" in message
    assert "GA269" in message


def test_what_is_wanted_is_no_finding_and_stands_in_the_report(tmp_path: Path) -> None:
    root = _prepared(tmp_path / "repo", "{helm: '>=3.14', kustomize: '5'}")
    assert _faults(root) == []
    done = command(root, "check", "--offline", "--json", "out.json")
    assert "GA269" not in done.stdout
    assert {"helm", "kustomize", "version"} == json.loads((root / "out.json").read_text())["tool"].keys()


def test_it_fails_the_run(tmp_path: Path) -> None:
    done = command(_prepared(tmp_path / "repo", "{kustomize: '4'}"), "check", "--offline")
    assert (done.returncode, "`tools` wants 4" in done.stdout) == (1, True)


@pytest.mark.parametrize("tools", ["{helm: latest}", "{helm: ''}", "{kubectl: '1'}", "{helm: 3}"])
def test_what_is_no_range_is_an_error_of_the_configuration(tmp_path: Path, tools: str) -> None:
    with pytest.raises(AuditError):
        load(_prepared(tmp_path / "repo", tools) / "gitops-audit.yaml")
