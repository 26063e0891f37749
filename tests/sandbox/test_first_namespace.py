"""`config init` writes the namespace in which the cluster has the objects that name none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gitops_audit.cli.main import cli
from gitops_audit.live.server import ServerCluster
from tests.fleet import Deployed, deployed, manifest


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(tmp_path / "shop") as made:
        monkeypatch.chdir(made.root)
        monkeypatch.setenv("KUBECONFIG", str(made.root / "kubeconfig"))
        made.config.unlink()
        yield made


def first(shop: Deployed) -> str:
    assert CliRunner().invoke(cli, ["config", "init"], catch_exceptions=False).exit_code == 0
    return shop.config.read_text()


def test_the_first_audit_looks_where_the_objects_are(shop: Deployed) -> None:
    assert "    namespace: shop  # where cluster " in first(shop)
    checked = CliRunner().invoke(cli, ["check"])
    assert "4 passed, 0 failed" in checked.output
    assert checked.exit_code == 0


def test_an_object_that_is_in_many_namespaces_does_not_decide(shop: Deployed) -> None:
    for name in ("a", "b"):
        shop.client.apply(manifest("Namespace", name))
        shop.client.apply(manifest("ConfigMap", "settings"), namespace=name)
    assert "    namespace: shop  # where cluster " in first(shop)


def test_two_namespaces_that_may_be_meant_are_asked_for(shop: Deployed) -> None:
    shop.delete("Deployment", "web", "apps/v1")
    shop.delete("Service", "web")
    shop.delete("Secret", "credentials")
    shop.client.apply(manifest("Namespace", "a"))
    shop.client.apply(manifest("ConfigMap", "settings"), namespace="a")
    assert "has its objects in a, shop: `default` is meant where this is left out" in first(shop)


def test_what_a_server_calls_a_namespace_and_is_no_name_is_not_written(
    shop: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ServerCluster, "namespaces_of", lambda *_: ["x\nhistory: {url: evil}", "y # z"])
    text = first(shop)
    assert "evil" not in text
    assert " shows none of them: `default` is meant" in text


def test_a_cluster_that_has_none_of_them_is_told(shop: Deployed) -> None:
    for kind, name, version in (("Deployment", "web", "apps/v1"), ("Service", "web", "v1")):
        shop.delete(kind, name, version)
    shop.delete("Secret", "credentials")
    shop.delete("ConfigMap", "settings")
    assert "    # namespace: NAME  # its objects name none, and cluster " in first(shop)


def test_a_cluster_that_does_not_answer_is_told(shop: Deployed) -> None:
    shop.sandbox.__exit__(None, None, None)
    assert " does not answer: `default` is meant where this is left out" in first(shop)
