"""What keeps many resources from being evaluated is told once, with their number; each keeps its error in reports."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.recorded import CONFIG, config_map, make, run

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
"""
COUNT = 300
# How many lines an audit may take that could evaluate nothing, whatever the number of resources.
MAX_LINES = 40

DEAD = CONFIG.replace("{snapshot: live.json}", "{kubeconfig: kubeconfig}")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    declared = [config_map(f"c{number}", k="v") for number in range(COUNT)]
    return make(tmp_path_factory.mktemp("dead"), declared, [], {"gitops-audit.yaml": DEAD, "kubeconfig": KUBECONFIG})


@pytest.mark.parametrize("options", [[], ["-v"]])
def test_check_tells_a_dead_cluster_once(shop: Path, options: list[str]) -> None:
    done = run(shop, "gitops-audit", "check", "-q", *options, "--json", "r.json", "--junit", "r.xml")
    said = done.stdout.decode()
    assert done.returncode == 3
    assert said.count("kubectl cluster-info") == 1
    assert f"{COUNT} resources could not be evaluated" in said
    assert said.count("\n") < MAX_LINES + (COUNT if options else 0)
    report = json.loads((shop / "r.json").read_text())
    assert [r["errors"][0]["code"] for r in report["resources"]] == ["GA302"] * COUNT
    errors = ET.parse(shop / "r.xml").iter("error")  # noqa: S314 - our own file
    assert sum("cannot be reached" in str(e.get("message")) for e in errors) == COUNT


@pytest.mark.parametrize("options", [["-q"], ["-q", "-rA"], ["-q", "-n", "2"], []])
def test_pytest_tells_a_dead_cluster_once_and_counts_all(shop: Path, options: list[str]) -> None:
    done = run(shop, "pytest", "gitops-audit.yaml", *options, "-p", "no:cacheprovider", "--junitxml=p.xml")
    said = done.stdout.decode()
    assert done.returncode == 1
    assert f"{COUNT} errors" in said
    assert said.count("kubectl cluster-info") == 1
    assert said.count("\n") < MAX_LINES
    errors = ET.parse(shop / "p.xml").iter("error")  # noqa: S314 - our own file
    assert sum("cannot be reached" in str(e.get("message")) for e in errors) == COUNT


def test_what_else_was_found_is_not_lost_beside_it(tmp_path: Path) -> None:
    declared = [config_map("a", k="v"), config_map("b", k="v"), config_map("c", k="v")]
    files = {"gitops-audit.yaml": DEAD, "kubeconfig": KUBECONFIG, "apps/broken.yaml": "a: [1\n"}
    said = run(make(tmp_path, declared, [], files), "gitops-audit", "check", "-q").stdout.decode()
    assert "invalid apps/broken.yaml" in said
    assert "3 resources could not be evaluated" in said


@pytest.mark.parametrize(
    ("command", "environment", "times"),
    [
        (["gitops-audit", "check", "-q"], {}, 1),
        (["pytest", "gitops-audit.yaml", "-q"], {}, 2),
        # pytest does not cut its short summary for a CI service.
        (["pytest", "gitops-audit.yaml", "-q"], {"CI": "true"}, 3),
    ],
)
def test_a_source_that_is_declared_twice_is_told_once(
    tmp_path: Path, command: list[str], environment: dict[str, str], times: int
) -> None:
    declared = [config_map(f"c{number}", k="v") for number in range(30)]
    twice = CONFIG.replace("]\n", ", {name: again, path: apps, namespace: shop}]\n")
    root = make(tmp_path, declared, declared, {"gitops-audit.yaml": twice})
    said = run(root, *command, **environment).stdout.decode()
    assert said.count("; keep one of them") == times
    assert said.count("\n") < MAX_LINES
    assert "30 resources could not be evaluated" in said
