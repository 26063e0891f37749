"""A missing object that another namespace has, over HTTP: found by one small request, and by ten at the most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gitops_audit.cli.main import cli
from tests.fleet import Deployed, deployed, manifest


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(tmp_path / "shop") as made:
        monkeypatch.chdir(made.root)
        yield made


def test_the_namespace_that_has_it_is_told(shop: Deployed) -> None:
    shop.delete("Deployment", "web", "apps/v1")
    shop.client.apply(manifest("Namespace", "stage"))
    moved = manifest("Deployment", "web", "apps/v1") | {
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "w", "image": "w"}]}},
        }
    }
    shop.client.apply(moved, namespace="stage")
    shop.sandbox.requests.clear()

    done = CliRunner().invoke(cli, ["check"])

    assert "an object of this kind and name is in namespace stage: is the namespace of the source right?" in done.output
    assert len(shop.sandbox.requests.matching(r"fieldSelector=metadata\.name%3Dweb")) == 1
