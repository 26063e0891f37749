"""A shard that gets none of the resources is fine and says so; an audit that selects nothing is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.engine.options import Shard
from gitops_audit.model.resource import JsonObject
from tests.audited import audited
from tests.command import run_cli, run_pytest
from tests.recorded import config_map, make

CONFIG = "version: 1\nclusters: {c: {snapshot: live.json}}\nsources: [{name: s, path: apps}]\n"


def _root(folder: Path) -> tuple[Path, str, str]:
    """A repository with one resource, the shard that holds it and the one that is empty."""
    root = make(folder, [config_map("a")], [config_map("a")], {"gitops-audit.yaml": CONFIG, "b.yaml": CONFIG})
    filled = next(n for n in (1, 2) if len(audited(root, shard=Shard(n, 2)).verdicts))
    return root, f"{filled}/2", f"{3 - filled}/2"


def test_check_says_that_a_shard_is_empty_and_ends_with_0(tmp_path: Path) -> None:
    root, filled, empty = _root(tmp_path)
    ran = run_cli("check", "-q", "--shard", empty, "--json", "r.json", cwd=root)
    assert f"the shard {empty} holds none of the 1 resource: other shards audit them" in ran.out
    assert (ran.code, json.loads((root / "r.json").read_text())["summary"]["resources"]) == (0, 0)
    assert run_cli("check", "-q", "--shard", filled, cwd=root).code == 0


@pytest.mark.parametrize("options", [[], ["--gitops-split-checks"], ["-n", "2"], ["b.yaml"]], ids=str)
def test_pytest_says_that_a_shard_is_empty_and_ends_with_0(tmp_path: Path, options: list[str]) -> None:
    root, _, empty = _root(tmp_path)
    ran = run_pytest("gitops-audit.yaml", *options, "--gitops-shard", empty, cwd=root)
    assert "this shard holds none of the 1 resource" in ran.out
    assert ran.code == 0


def test_a_selection_that_takes_nothing_of_a_shard_is_no_success(tmp_path: Path) -> None:
    root, filled, _ = _root(tmp_path)
    assert run_pytest("gitops-audit.yaml", "-k", "zzz", "--gitops-shard", filled, cwd=root).code == 5


def _generated(number: int) -> JsonObject:
    """What no check applies to: of a kind without a schema, and without a name."""
    metadata = {"generateName": f"job-{number}-", "namespace": "shop"}
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata}


def _shards(root: Path) -> tuple[str, str]:
    """The shard that holds the ConfigMap `a`, and the other one, which must hold something too."""
    runs = {n: audited(root, shard=Shard(n, 2)) for n in (1, 2)}
    assert all(run.verdicts for run in runs.values())
    filled = next(n for n, run in runs.items() if any(v.is_compared for v in run))
    return f"{filled}/2", f"{3 - filled}/2"


def test_a_shard_of_skipped_resources_is_judged_with_those_of_the_other_shards(tmp_path: Path) -> None:
    root = make(
        tmp_path, [config_map("a"), *map(_generated, range(5))], [config_map("a")], {"gitops-audit.yaml": CONFIG}
    )
    for shard in _shards(root):
        assert run_cli("check", "-q", "--shard", shard, cwd=root).code == 0
        assert run_pytest("gitops-audit.yaml", "--gitops-shard", shard, cwd=root).code == 0
        assert run_pytest("gitops-audit.yaml", "-n", "2", "--gitops-shard", shard, cwd=root).code == 0


def test_a_source_that_no_shard_can_judge_is_green_in_none(tmp_path: Path) -> None:
    root = make(tmp_path, [*map(_generated, range(6))], [config_map("a")], {"gitops-audit.yaml": CONFIG})
    codes = {run_cli("check", "-q", "--shard", f"{n}/2", cwd=root).code for n in (1, 2)}
    assert codes == {3}
