"""Several configurations in one run: one audit each, one report together, whatever their files are called."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.command import Ran, run_pytest
from tests.repository import Repo

SOUND = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sound, namespace: shop}\n"
BROKEN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken, namespace: shop}\ndata: [wrong]\n"
TOP = "version: 1\nsources:\n  - {{name: {name}, path: {name}}}\n"


@pytest.fixture
def shop(repository: Repo) -> Path:
    first, second = TOP.format(name="first"), TOP.format(name="second")
    files = {"first/a.yaml": BROKEN, "second/a.yaml": SOUND, "gitops-audit.yaml": first, "team-b.yaml": second}
    files["flow.yml"] = "{version: 1, sources: [{name: second, path: second}]}\n"
    files["quoted.conf"] = json.dumps({"version": 1, "sources": [{"name": "second", "path": "second"}]}, indent=2)
    files["unrelated.yaml"] = "version: 1\nservices: {sources: []}\n"
    files["unfinished.yaml"] = "version: 1\nsources: [\n"
    repository.commit_files(files)
    return repository.folder


def audit(folder: Path, *arguments: str) -> Ran:
    reports = ("--gitops-json=out.json", "--gitops-junit=out.xml")
    return run_pytest(*arguments, "--gitops-offline", *reports, cwd=folder)


def reported(folder: Path) -> tuple[dict[str, str], int]:
    """The outcomes of the JSON report by the name of the resource, and the number of cases of the JUnit report."""
    report = json.loads((folder / "out.json").read_text())
    cases = list(ET.parse(folder / "out.xml").iter("testcase"))  # noqa: S314 - our own file
    assert report["summary"]["resources"] == len(report["resources"])
    return {r["name"]: r["outcome"] for r in report["resources"]}, len(cases)


BOTH = {"broken": "failed", "sound": "passed"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("gitops-audit.yaml", "team-b.yaml"),
        ("team-b.yaml", "gitops-audit.yaml"),
        ("--gitops-config=gitops-audit.yaml", "--gitops-config=team-b.yaml"),
        ("gitops-audit.yaml", "--gitops-config=team-b.yaml"),
        ("gitops-audit.yaml", "flow.yml"),
        ("gitops-audit.yaml", "quoted.conf"),
        ("gitops-audit.yaml", "team-b.yaml", "-n2"),
        ("--gitops-config=gitops-audit.yaml", "--gitops-config=team-b.yaml", "-n2", "--dist=loadfile"),
        ("gitops-audit.yaml", "team-b.yaml", "--gitops-split-checks"),
    ],
    ids=" ".join,
)
def test_both_are_audited_and_reported_together(shop: Path, arguments: tuple[str, ...]) -> None:
    result = audit(shop, *arguments)
    assert result.code == 1
    assert reported(shop) == (BOTH, 2)
    sources = json.loads((shop / "out.json").read_text())["sources"]
    assert sorted(s["name"] for s in sources) == ["first", "second"]


def test_a_configuration_named_twice_is_one_audit(shop: Path) -> None:
    assert audit(shop, "gitops-audit.yaml", "./gitops-audit.yaml", "--gitops-config=gitops-audit.yaml").code == 1
    assert reported(shop) == ({"broken": "failed"}, 1)


def test_one_that_cannot_be_used_is_told_in_the_report_of_the_others(shop: Path) -> None:
    (shop / "team-b.yaml").write_text("version: 1\nsources: []\nclusterz: {}\n")
    result = audit(shop, "gitops-audit.yaml", "team-b.yaml", "--continue-on-collection-errors")
    assert result.code == 1
    notes = json.loads((shop / "out.json").read_text())["notes"]
    assert any("team-b.yaml was not audited" in note for note in notes)


def test_a_broken_file_with_a_key_of_a_configuration_is_told_as_one(shop: Path) -> None:
    result = audit(shop, "unfinished.yaml")
    assert result.code == 2
    assert "unfinished.yaml" in result.said
    assert "GA101" in result.said


def test_yaml_that_is_no_configuration_is_not_taken(shop: Path) -> None:
    result = audit(shop, "unrelated.yaml")
    assert result.code == 4
    assert "not found" in result.said


def test_a_link_to_a_configuration_is_taken_by_its_own_name(shop: Path) -> None:
    (shop / "mounted").mkdir()
    (shop / "mounted" / "real.yaml").write_text(TOP.format(name="first").replace("path", f"repo: {shop}, path"))
    (shop / "mounted" / "gitops-audit.yaml").symlink_to("real.yaml")
    result = audit(shop, "mounted/gitops-audit.yaml", "-v")
    assert result.code == 1
    assert "mounted/gitops-audit.yaml::git::first::ConfigMap/shop/broken FAILED" in result.said
