"""The file of `pytest --junitxml`: what programs sort by, and what concerns the run as a whole."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from tests.recorded import config_map, make, run

CONFIG = """\
version: 1
kubernetesVersion: "1.35"
sources: [{name: shop, path: apps, namespace: shop}]
"""
UNKNOWN = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "one", "namespace": "shop"}}
AUDIT = ("pytest", "gitops-audit.yaml", "-q", "-p", "no:cacheprovider", "--junitxml=out.xml")


def written(root: Path) -> ET.Element:
    return ET.fromstring((root / "out.xml").read_bytes())  # noqa: S314 - our own text


def test_a_failure_carries_its_facts_as_properties_and_in_its_text(tmp_path: Path) -> None:
    make(tmp_path, [config_map("web", k="v")], [config_map("web", k="w")], {})
    run(tmp_path, *AUDIT)
    root = written(tmp_path)
    told = {p.get("name"): p.get("value") for p in root.findall("testsuite/testcase/properties/property")}
    assert (told["status"], told["check"], told["severity"]) == ("modified", "drift/changed", "medium")
    assert len(str(told["fingerprint"])) == 32
    (failure,) = root.iter("failure")
    assert f"fingerprint: {told['fingerprint']}" in str(failure.text)


def test_that_nothing_of_a_source_was_evaluated_is_an_error_of_the_file(tmp_path: Path) -> None:
    make(tmp_path, [UNKNOWN], [], {"gitops-audit.yaml": CONFIG})
    result = run(tmp_path, *AUDIT)
    assert result.returncode == 1
    root = written(tmp_path)
    (error,) = root.iter("error")
    assert "nothing of source shop was evaluated" in str(error.get("message"))
    (suite,) = root.iter("testsuite")
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "1")


def test_the_notes_of_the_run_are_properties_of_its_suite(tmp_path: Path) -> None:
    rule = "drift: {ignore: [{match: {name: nobody}, fields: [/data], reason: r}]}\n"
    config = "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources: [{name: shop, path: apps}]\n"
    make(tmp_path, [config_map("web", k="v")], [config_map("web", k="v")], {"gitops-audit.yaml": config + rule})
    run(tmp_path, *AUDIT)
    notes = [p.get("value") for p in written(tmp_path).findall("testsuite/properties/property")]
    assert any("ignore rule" in str(note) for note in notes)
