"""One source on two clusters: where it is not the same on both, a note says so."""

from __future__ import annotations

from pathlib import Path

from gitops_audit.sandbox.client import ApiClient
from gitops_audit.sandbox.server import Sandbox
from tests.audited import audited
from tests.fleet import NAMESPACE, deployed, fleet, manifest

CONFIG = """\
version: 1
clusters:
  eu: {kubeconfig: kubeconfig}
  us: {kubeconfig: us}
sources:
  - {name: shop, path: apps, namespace: shop}
"""
SECRET = {"data": {"password": "Y2hhbmdlZA=="}}


def test_a_change_on_one_cluster_is_named_and_the_same_change_on_both_is_not(tmp_path: Path) -> None:
    with deployed(tmp_path / "shop") as shop, Sandbox() as other:
        client = ApiClient(other.url, other.user("admin"))
        client.apply(manifest("Namespace", NAMESPACE))
        for body in fleet():
            client.apply(body, namespace=NAMESPACE)
        other.write_kubeconfig(shop.root / "us")
        shop.config.write_text(CONFIG, encoding="utf-8")
        shop.patch("Deployment", "web", {"spec": {"replicas": 7}}, "apps/v1")
        for one in (shop.client, client):
            one.patch(manifest("Secret", "credentials"), SECRET, namespace=NAMESPACE, manager="kubectl-edit")

        found = audited(shop.root)

    assert [note for note in found.finished.notes if "not the same" in note] == [
        "source shop is not the same on all its clusters: 1 of 4 objects differs: "
        "Deployment.apps/shop/web (spec.replicas on eu)"
    ]
