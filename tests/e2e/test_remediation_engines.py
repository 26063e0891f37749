"""Repairs of what Flux deploys: in the order of `dependsOn`, and not at all where it heals by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from tests import engines
from tests.audited import git, repository
from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop, config_map
from tests.engines import FLUX_SYSTEM, URL

pytestmark = pytest.mark.e2e

NAMES = ("apps", "base")


def kustomization(name: str, *needs: str, suspend: bool) -> JsonObject:
    body = engines.kustomization("", name, f"./{name}")
    spec = {**body["spec"], "suspend": suspend, "prune": True, "dependsOn": [{"name": n} for n in needs]}
    spec["sourceRef"] = {"kind": "GitRepository", "name": FLUX_SYSTEM}
    return {**body, "spec": spec | {"targetNamespace": "default"}, "status": {}}


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Two Kustomizations, of which `apps` depends on `base`; of what they deploy only one ConfigMap each is there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = Shop(apiserver, tmp_path / "repository", tmp_path / "state")
    document = {
        "version": 1,
        "clusters": {"prod": {"kubeconfig": str(apiserver.write_kubeconfig(tmp_path / "kubeconfig"))}},
        "sources": [{"name": "flux", "flux": {"from": "git", "path": "clusters", "cluster": "prod"}}],
    }
    document["clusters"]["prod"]["context"] = "admin"  # type: ignore[index]
    declared = [kustomization("apps", "base", suspend=True), kustomization("base", suspend=True)]
    files = {f"{n}/{o}.yaml": yaml.safe_dump(config_map(f"{n}-{o}")) for n in NAMES for o in ("kept", "lost")}
    files |= {"clusters/all.yaml": yaml.safe_dump_all(declared), "gitops-audit.yaml": yaml.safe_dump(document)}
    repository(found.root, files)
    git(found.root, "remote", "add", "origin", URL)
    with apiserver.left_as_found():
        definition = engines.definition(declared[0], "kustomizations")
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FLUX_SYSTEM}}
        (tmp_path / "engine.yaml").write_text(yaml.safe_dump_all([definition, namespace]))
        found.kubectl("apply", "--server-side", "-f", str(tmp_path / "engine.yaml"))
        found.kubectl("wait", "--for=condition=Established", "crd/kustomizations.kustomize.toolkit.fluxcd.io")
        found.kubectl("apply", "--server-side", f"--namespace={FLUX_SYSTEM}", "-f", str(found.root / "clusters"))
        for name in NAMES:
            found.kubectl("apply", "--server-side", "-f", str(found.root / name / "kept.yaml"))
        yield found
        found.unlock()


def test_a_repair_follows_the_dependencies_of_flux(shop: Shop) -> None:
    plan = shop.plan()
    assert plan["after"] == [{"source": "flux.flux-system.apps", "needs": "flux.flux-system.base"}], plan
    assert [a["resource"] for a in plan["actions"]] == ["ConfigMap/default/base-lost", "ConfigMap/default/apps-lost"]

    done = shop.apply()
    assert done.returncode == 0, done.stdout
    assert shop.data("apps-lost") == {"a": "1"}


def test_what_flux_heals_is_proposed_to_it_even_where_it_is_missing(shop: Shop) -> None:
    patch = json.dumps({"spec": {"suspend": False}})
    shop.kubectl("patch", "kustomization", "apps", f"--namespace={FLUX_SYSTEM}", "--type=merge", "-p", patch)
    plan = shop.plan("configmap/apps-lost", "configmap/base-lost")
    reasons = json.dumps(plan["refused"])
    assert [a["resource"] for a in plan["actions"]] == ["ConfigMap/default/base-lost"]
    assert "flux reconcile kustomization apps -n flux-system" in reasons
