from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.settings import ClusterConfig, Settings, SourceConfig
from gitops_audit.engine.options import RunOptions, Shard, narrowed
from gitops_audit.errors import ConfigError
from gitops_audit.model.resource import Declared, Origin, ResourceKey

SETTINGS = Settings(
    Path("gitops-audit.yaml"),
    clusters=(ClusterConfig("a"), ClusterConfig("b")),
    sources=(SourceConfig("s1"), SourceConfig("s2")),
)


def resource(number: int) -> Declared:
    return Declared(ResourceKey("c", "", "ConfigMap", "n", f"cm-{number}"), "s", "v1", {}, Origin("f", 1))


def test_shards_are_disjoint_and_complete() -> None:
    everything = [resource(n) for n in range(500)]
    parts = [[r for r in everything if Shard(i, 4).holds(r)] for i in (1, 2, 3, 4)]
    assert sorted(r.key.name for part in parts for r in part) == sorted(r.key.name for r in everything)
    assert all(len(part) > 50 for part in parts)


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "1", "a/b", "1/0", "-1/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no shard"):
        Shard.parse(text)


def test_a_run_can_be_narrowed_to_a_cluster_and_a_source() -> None:
    chosen = narrowed(SETTINGS, RunOptions(clusters=("b",), sources=("s2",), revision="v1"))
    assert [c.name for c in chosen.clusters] == ["b"]
    assert [(s.name, s.revision) for s in chosen.sources] == [("s2", "v1")]


def test_an_unknown_cluster_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="no cluster 'x'") as caught:
        narrowed(SETTINGS, RunOptions(clusters=("x",)))
    assert "a, b" in str(caught.value)


def test_offline_leaves_no_cluster() -> None:
    assert narrowed(SETTINGS, RunOptions(offline=True)).clusters == ()


def test_a_snapshot_stands_for_one_cluster_only() -> None:
    with pytest.raises(ConfigError, match="one cluster"):
        narrowed(SETTINGS, RunOptions(snapshot=Path("s.json.gz")))
    chosen = narrowed(SETTINGS, RunOptions(clusters=("a",), snapshot=Path("s.json.gz")))
    assert chosen.clusters == (ClusterConfig("a", snapshot=Path("s.json.gz")),)
