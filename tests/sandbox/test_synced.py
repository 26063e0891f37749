"""What the record of Argo CD or Flux costs in requests and needs in rights, over HTTP."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from gitops_audit.cli.main import cli
from gitops_audit.model.resource import JsonObject
from gitops_audit.sandbox import Rule
from tests import engines
from tests.engines import DEFINITIONS, SSH_URL, deployed_at
from tests.fleet import Deployed, deployed, deployment, file_of, manifest

ENGINE_PATHS = r"argoproj\.io/|fluxcd\.io/"
APPLICATIONS, KUSTOMIZATIONS = "/apis/argoproj.io/v1alpha1", "/apis/kustomize.toolkit.fluxcd.io/v1"
READ = Rule(["get", "list"], ["configmaps", "secrets", "services"])
READ_APPS = Rule(["get", "list"], ["deployments"], ["apps"])
FLUX_LABELS = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(tmp_path / "shop") as made:
        monkeypatch.chdir(made.root)
        subprocess.run(["git", "remote", "add", "origin", SSH_URL], check=True)
        yield made


def head() -> str:
    return subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()


def install(shop: Deployed, *records: JsonObject) -> None:
    for body in (*DEFINITIONS, manifest("Namespace", engines.ARGOCD), manifest("Namespace", engines.FLUX_SYSTEM)):
        shop.client.apply(body)
    for body in records:
        shop.client.apply(body)


def flux(commit: str) -> Sequence[JsonObject]:
    return [engines.kustomization(f"main@sha1:{commit}"), engines.git_repository()]


def scale_by_hand(shop: Deployed, **labels: str) -> None:
    patch = {"metadata": {"labels": labels}, "spec": {"replicas": 7}}
    shop.patch("Deployment", "web", patch, "apps/v1", manager="kubectl-scale")


def check(shop: Deployed) -> tuple[str, list[str]]:
    """What a check prints, and which requests for objects of the engines it sends."""
    shop.sandbox.requests.clear()
    result = CliRunner().invoke(cli, ["check"])
    assert "Traceback" not in result.output
    asked = shop.sandbox.requests.matching(ENGINE_PATHS)
    return result.output, [f"{r.method} {r.path}" for r in asked if "/openapi/" not in r.path]


def test_without_drift_no_engine_is_asked(shop: Deployed) -> None:
    install(shop, engines.application(deployed_at(head())), *flux(head()))
    output, requests = check(shop)
    assert "4 passed" in output
    assert requests == []


def test_where_no_engine_is_installed_nothing_is_asked_nor_told(shop: Deployed) -> None:
    scale_by_hand(shop)
    output, requests = check(shop)
    assert "1 failed" in output
    assert requests == []
    assert "causes are told" not in output


def test_drift_that_says_nothing_of_its_deployer_makes_every_engine_asked(shop: Deployed) -> None:
    install(shop, engines.application(deployed_at(head())))
    scale_by_hand(shop)
    _, requests = check(shop)
    assert requests == [
        f"GET {APPLICATIONS}/applications",
        f"GET {APPLICATIONS}/namespaces/argocd/applications/shop",
        f"GET {KUSTOMIZATIONS}/kustomizations",
    ]


def test_drift_that_names_its_deployer_makes_only_that_record_read(shop: Deployed) -> None:
    others = [engines.kustomization(f"main@sha1:{head()}", f"other-{number}") for number in range(5)]
    install(shop, engines.application(deployed_at(head())), *flux(head()), *others)
    scale_by_hand(shop, **FLUX_LABELS)
    _, requests = check(shop)
    assert requests == [
        f"GET {KUSTOMIZATIONS}/kustomizations",
        f"GET {KUSTOMIZATIONS}/namespaces/flux-system/kustomizations/shop",
        "GET /apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/deploy",
    ]


def test_a_change_in_git_after_a_hand_is_told_as_both(shop: Deployed) -> None:
    """Ownership alone knows only that somebody took the field."""
    applied = head()
    scale_by_hand(shop)
    body = deployment(replicas=5)
    shop.commit({file_of(body): yaml.safe_dump(body)})
    both = "changed in Git and in the cluster"
    assert both not in check(shop)[0]
    install(shop, *flux(applied))
    assert both in check(shop)[0]


def forbid(shop: Deployed, *more: Rule) -> None:
    shop.sandbox.user("reader", [READ, READ_APPS, *more])
    shop.sandbox.write_kubeconfig(shop.root / "kubeconfig", user="reader")


def remove_a_field(shop: Deployed, **labels: str) -> None:
    """Nobody owns a field that is gone, so that ownership does not tell who took it away."""
    shop.patch("ConfigMap", "settings", {"metadata": {"labels": labels}, "data": {"a": None}})
    body = manifest("ConfigMap", "settings", data={"a": "1"})
    shop.commit({file_of(body): yaml.safe_dump(body, indent=4)})


def test_a_right_that_is_missing_is_told_once_where_it_would_have_helped(shop: Deployed) -> None:
    install(shop, engines.application(deployed_at(head())))
    remove_a_field(shop)
    forbid(shop, Rule(["list"], ["kustomizations"], ["kustomize.toolkit.fluxcd.io"]))
    output, requests = check(shop)
    assert "data.a" in output
    assert "1 failed, 0 error" in output
    [note] = [line for line in output.splitlines() if "causes are told" in line]
    assert "cluster test: causes are told without the records of Argo CD:" in note
    assert "applications.argoproj.io" in note
    assert requests == [f"GET {APPLICATIONS}/applications", f"GET {KUSTOMIZATIONS}/kustomizations"]


def test_a_right_that_would_not_have_helped_is_not_missed(shop: Deployed) -> None:
    install(shop, engines.application(deployed_at(head())), *flux(head()))
    scale_by_hand(shop)
    forbid(shop)
    assert "causes are told" not in check(shop)[0]


def test_an_object_of_an_engine_that_may_not_be_read_is_told_whatever_its_cause(shop: Deployed) -> None:
    install(shop, *flux(head()))
    scale_by_hand(shop, **FLUX_LABELS)
    forbid(shop, Rule(["list"], ["kustomizations"], ["kustomize.toolkit.fluxcd.io"]))
    output, _ = check(shop)
    assert "causes are told without the records of Flux: " in output
