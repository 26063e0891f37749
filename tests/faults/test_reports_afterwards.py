"""Reports are written afterwards from a JSON report, and shards are put together, at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recorded import config_map, make, run


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = [f"c{number}" for number in range(6)]
    declared = [config_map(name, k="v") for name in names]
    root = make(tmp_path_factory.mktemp("afterwards"), declared, declared[:3], {})
    for name, *options in (("whole",), ("one", "--shard", "1/2"), ("two", "--shard", "2/2")):
        run(root, "gitops-audit", "check", "-q", "--json", f"{name}.json", "--csv", f"{name}.csv", *options)
    return root


def test_a_format_is_written_from_a_json_report(shop: Path) -> None:
    done = run(shop, "gitops-audit", "report", "csv", "whole.json")
    assert done.returncode == 0
    assert done.stdout == (shop / "whole.csv").read_bytes()


def test_shards_are_merged_to_what_the_whole_audit_found(shop: Path) -> None:
    done = run(shop, "gitops-audit", "report", "merge", "two.json", "one.json", "-o", "merged.json")
    assert done.returncode == 0, done.stderr
    merged, whole, one = (json.loads((shop / f"{name}.json").read_text()) for name in ("merged", "whole", "one"))
    assert one["shard"] == {"index": 1, "count": 2}
    assert merged["shard"] is None
    assert merged["summary"] == whole["summary"]
    assert sorted(r["id"] for r in merged["resources"]) == sorted(r["id"] for r in whole["resources"])


def test_a_missing_shard_is_refused_and_nothing_is_written(shop: Path) -> None:
    done = run(shop, "gitops-audit", "report", "merge", "one.json", "-o", "part.json")
    assert done.returncode == 2
    assert b"1 of 2 shards is missing: 2/2" in done.stderr
    assert not (shop / "part.json").exists()


@pytest.mark.parametrize("name", ["absent.json", "apps", "gitops-audit.yaml"])
def test_what_is_no_report_is_told_with_its_name(shop: Path, name: str) -> None:
    done = run(shop, "gitops-audit", "report", "sarif", name)
    assert done.returncode == 2
    assert name.encode() in done.stderr
    assert b"GA604" in done.stderr
