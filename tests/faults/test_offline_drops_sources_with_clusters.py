"""Without a cluster to ask, a source that names clusters is audited all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.engine.options import Shard
from gitops_audit.errors import ConfigError
from tests.audited import audited
from tests.command import run_cli, run_pytest
from tests.repository import Repo

CONFIG = """\
version: 1
clusters:
  staging: {context: staging}
  prod: {context: prod}
sources:
  - {name: both, path: both, clusters: [staging, prod]}
  - {name: one, path: one, clusters: [staging]}
  - {name: any, path: any}
"""
BROKEN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken, namespace: shop}\ndata: [wrong]\n"
SOUND = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sound, namespace: shop}\n"


@pytest.fixture
def shop(repository: Repo) -> Path:
    files = {"gitops-audit.yaml": CONFIG, "both/a.yaml": SOUND, "one/a.yaml": BROKEN, "any/a.yaml": SOUND}
    repository.commit_files(files)
    return repository.folder


BOTH_STAGING, BOTH_PROD = "staging/both/ConfigMap/shop/sound", "prod/both/ConfigMap/shop/sound"
ONE, ANY = "staging/one/ConfigMap/shop/broken", "git/any/ConfigMap/shop/sound"


@pytest.mark.parametrize(
    ("clusters", "sources", "expected"),
    [
        ((), (), {BOTH_STAGING, BOTH_PROD, ONE, ANY}),
        (("staging",), (), {BOTH_STAGING, ONE, ANY}),
        (("prod",), (), {BOTH_PROD, ANY}),
        ((), ("one",), {ONE}),
        ((), ("both", "any"), {BOTH_STAGING, BOTH_PROD, ANY}),
        (("prod",), ("both",), {BOTH_PROD}),
    ],
)
def test_offline_each_source_is_audited_once_per_cluster_it_names(
    shop: Path, clusters: tuple[str, ...], sources: tuple[str, ...], expected: set[str]
) -> None:
    run = audited(shop, offline=True, clusters=clusters, sources=sources)
    assert set(run.verdicts) == expected
    assert all(v.drift is None for v in run)
    assert run.exit_code == (1 if ONE in expected else 0)


def test_the_parts_of_an_offline_audit_are_the_whole(shop: Path) -> None:
    parts = [set(audited(shop, offline=True, shard=Shard(n, 3)).verdicts) for n in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted([BOTH_STAGING, BOTH_PROD, ONE, ANY])


def test_a_source_that_is_not_for_the_chosen_cluster_is_refused(shop: Path) -> None:
    with pytest.raises(ConfigError, match="the source 'one' is for staging") as caught:
        audited(shop, offline=True, clusters=("prod",), sources=("one",))
    assert caught.value.code == "GA128"


def test_a_cluster_that_no_chosen_source_is_for_is_refused_with_clusters_too(shop: Path) -> None:
    result = run_cli("check", "--cluster", "prod", "--source", "one", cwd=shop)
    assert result.code == 2
    assert "nothing is declared for prod" in result.err


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        (("--source", "bth"), "did you mean 'both'? configured: both, one, any"),
        (("--cluster", "Staging"), "did you mean 'staging'? configured: staging, prod"),
    ],
)
def test_an_unknown_name_is_a_usage_error_with_a_suggestion(shop: Path, option: tuple[str, str], hint: str) -> None:
    result = run_cli("check", "--offline", *option, cwd=shop)
    assert result.code == 2
    assert hint in result.err


def test_a_snapshot_that_an_offline_run_would_not_read_is_refused(shop: Path) -> None:
    with pytest.raises(ConfigError, match="would not read the snapshot"):
        audited(shop, offline=True, clusters=("prod",), snapshot=Path("recording.json.gz"))


def test_pytest_audits_them_offline_too(shop: Path) -> None:
    result = run_pytest("gitops-audit.yaml", "--gitops-offline", "-q", cwd=shop)
    assert "1 failed, 3 passed" in result.out
    assert result.code == 1
