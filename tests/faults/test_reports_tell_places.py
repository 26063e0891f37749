"""What is told once keeps a place; what stands in no line claims none."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from tests.command import run_cli, run_pytest
from tests.recorded import config_map, make

CONFIG = "version: 1\nclusters: {c: {snapshot: live.json}}\nsources: [{name: s, path: apps}]\n"
GENERATED = (
    "configMapGenerator: [{name: g, namespace: shop, literals: [a=b], options: {disableNameSuffixHash: true}}]\n"
)
SCALED = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]},
            },
        },
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    },
]


def test_many_duplicates_are_told_once_with_the_places_of_the_first(tmp_path: Path) -> None:
    twice = [config_map(f"c{n}") for n in range(6) for _ in range(2)]
    root = make(tmp_path, twice, [config_map("c0")], {"gitops-audit.yaml": CONFIG})
    out = run_cli("check", "-q", cwd=root).out
    assert "…" not in out
    assert "6 resources could not be evaluated: declared 2 times: apps/" in out


def test_a_generated_object_has_no_line_in_either_junit_file(tmp_path: Path) -> None:
    files = {"gitops-audit.yaml": CONFIG, "apps/kustomization.yaml": GENERATED}
    root = make(tmp_path, [], [config_map("g", a="b")], files)
    run_pytest("gitops-audit.yaml", "--junitxml=stock.xml", "--gitops-junit=own.xml", cwd=root)
    stock, own = (ET.parse(root / name).getroot() for name in ("stock.xml", "own.xml"))  # noqa: S314
    assert [p.get("value") for p in stock.iter("property") if p.get("name") == "line"] == []
    assert {case.get("line") for case in own.iter("testcase")} == {None}


def test_replicas_beside_an_autoscaler_are_a_warning(tmp_path: Path) -> None:
    root = make(tmp_path, SCALED, SCALED, {"gitops-audit.yaml": CONFIG})
    ran = run_cli("check", "-q", cwd=root)
    assert "warning replicas-beside-autoscaler: declared beside HorizontalPodAutoscaler shop/web" in ran.out
    assert (ran.code, "invalid" in ran.out) == (0, False)
