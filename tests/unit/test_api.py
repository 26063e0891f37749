"""The public API does what docs/reference/api.md says of it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import gitops_audit
from tests.repository import Repo

PAGE = Path(__file__).parents[2] / "docs/reference/api.md"
POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  hostNetwork: true
  containers: [{name: web, image: nginx}]
"""
CONFIG = """version: 1
sources: [{name: storefront, path: apps}]
policies: [{pack: pod-security-baseline}]
"""


def test_the_example_of_the_docs_walks_the_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Repo.init(tmp_path).commit_files({"apps/web.yaml": POD, "gitops-audit.yaml": CONFIG})
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102 - our own docs
    *findings, exit_code = capsys.readouterr().out.splitlines()
    assert exit_code == "1"
    assert [line.split()[1:3] for line in findings] == [["Pod/shop/web", "pod-security-baseline/baseline"]]


def test_every_name_is_there_and_documented() -> None:
    page = PAGE.read_text()
    for name in gitops_audit.__all__:
        assert getattr(gitops_audit, name) is not None
        assert f"`{name}" in page
    with pytest.raises(AttributeError):
        _ = gitops_audit.nothing_of_that_name


def test_importing_it_imports_nothing_heavy() -> None:
    code = (
        "import gitops_audit, sys; print([m for m in ('kubernetes', 'git', 'jsonschema', 'yaml') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"


def test_a_mistake_in_the_configuration_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "gitops-audit.yaml").write_text("version: 1\nsource: []\n")
    with pytest.raises(gitops_audit.ConfigError, match="source"):
        gitops_audit.load_config(tmp_path / "gitops-audit.yaml")


def test_the_version_is_that_of_the_package() -> None:
    told = tomllib.loads((PAGE.parents[2] / "pyproject.toml").read_text())
    assert told["project"]["version"] == gitops_audit.__version__


def test_what_a_baseline_knows_is_told(tmp_path: Path) -> None:
    Repo.init(tmp_path).commit_files({"apps/web.yaml": POD, "gitops-audit.yaml": CONFIG})
    known = tmp_path / "baseline.yaml"
    known.write_text("version: 1\nfindings: []\n")
    result = gitops_audit.audit(tmp_path / "gitops-audit.yaml", gitops_audit.RunOptions(baseline=known, only_new=True))
    assert {finding.state for _, finding in result.findings} == {"new"}
    with pytest.raises(gitops_audit.ConfigError, match="there is no baseline"):
        gitops_audit.audit(tmp_path / "gitops-audit.yaml", gitops_audit.RunOptions(only_new=True))
