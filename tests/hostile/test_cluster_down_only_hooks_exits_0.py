"""A cluster that cannot be read is told, whatever is declared for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from tests.audited import audited
from tests.command import run_cli, run_pytest
from tests.repository import Repo

KUBECONFIG = yaml.safe_dump(
    {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
)
ORPHANS = "drift: {orphans: {enabled: true, namespaces: [shop]}}\n"


def job(**metadata: object) -> str:
    body: JsonObject = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": "shop", **metadata}}
    return yaml.safe_dump(body)


ONLY = [
    job(name="a", annotations={"helm.sh/hook": "test"}),
    job(name="a", annotations={"argocd.argoproj.io/hook": "PreSync"}),
    job(generateName="a-"),
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
]


def shop(repository: Repo, text: str, more: str = "") -> Path:
    config = f"version: 1\nclusters:\n  down: {{kubeconfig: kc}}\nsources:\n  - {{name: s, path: app}}\n{more}"
    repository.commit_files({"gitops-audit.yaml": config, "kc": KUBECONFIG, "app/a.yaml": text})
    return repository.folder


@pytest.mark.parametrize("text", ONLY, ids=["helm hook", "Argo CD hook", "generated name", "object"])
@pytest.mark.parametrize("more", ["", ORPHANS], ids=["", "orphans"])
def test_what_is_declared_for_a_dead_cluster_is_an_error(repository: Repo, text: str, more: str) -> None:
    run = audited(shop(repository, text, more))
    assert set(run.outcomes.values()) == {"error"}
    assert run.exit_code == 3


def test_every_front_end_says_so(repository: Repo) -> None:
    folder = shop(repository, ONLY[0])
    assert [run_cli(name, cwd=folder).code for name in ("check", "diff")] == [3, 3]
    assert run_pytest("gitops-audit.yaml", cwd=folder).code == 1


@pytest.mark.parametrize("more", ["", ORPHANS], ids=["", "orphans"])
def test_a_dead_cluster_is_told_where_nothing_is_declared_for_it(repository: Repo, more: str) -> None:
    config = "version: 1\nclusters:\n  up: {snapshot: rec.json}\n  down: {kubeconfig: kc}\n"
    config += f"sources:\n  - {{name: s, path: app, clusters: [up]}}\n{more}"
    live = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}'
    files = {"gitops-audit.yaml": config, "kc": KUBECONFIG, "rec.json": live, "app/a.yaml": ONLY[-1]}
    repository.commit_files(files)
    run = audited(repository.folder)
    assert run.outcomes["down/(undeclared)/Cluster/down"] == "error"
    assert run.exit_code == 3
