"""What Argo CD and Flux have in a real cluster is checked, and what may not be read is told."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from tests import engines
from tests.audited import Audited, audited, git, repository
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client
from tests.engines import SSH_URL

pytestmark = pytest.mark.e2e

NAMESPACE = "checked"
READS = ("configmaps", "namespaces", "applications.argoproj.io")


def application() -> JsonObject:
    to = {"server": "https://kubernetes.default.svc", "namespace": NAMESPACE}
    body = engines.application({}, "checked", engines.argo_source("apps") | {"targetRevision": "HEAD"}, **to)
    body["spec"] |= {"project": "team", "syncPolicy": {"automated": {"prune": True, "selfHeal": True}}}
    degraded = {"health": {"status": "Degraded"}, "sync": {"status": "Synced"}, "reconciledAt": "2026-01-01T00:00:00Z"}
    return body | {"status": degraded}


def project() -> JsonObject:
    metadata = {"name": "team", "namespace": engines.ARGOCD}
    spec = {"sourceRepos": ["https://other.example.com/**"], "destinations": [{"server": "*", "namespace": "*"}]}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def fleet(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checked")
    client = Client(apiserver, folder)

    def kubectl(*arguments: str, objects: Sequence[JsonObject] = ()) -> None:
        command = [client.kubectl, f"--kubeconfig={client.kubeconfig}", *arguments]
        subprocess.run(command, input=yaml.safe_dump_all(objects).encode(), check=True, capture_output=True)

    def apply(*objects: JsonObject) -> None:
        kubectl("apply", "--server-side", "--field-manager=setup", "-f", "-", objects=objects)

    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in (NAMESPACE, engines.ARGOCD)]
    definitions = [engines.definition(application(), "applications"), engines.definition(project(), "appprojects")]
    apply(*definitions, *spaces)
    for one in definitions:
        kubectl("wait", "--for=condition=Established", f"crd/{one['metadata']['name']}", "--timeout=30s")
    deployed = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": NAMESPACE}}
    apply(application(), project(), deployed)
    kubectl("create", "clusterrole", "checked", "--verb=get,list", f"--resource={','.join(READS)}")
    kubectl("create", "clusterrolebinding", "checked", "--clusterrole=checked", "--group=readers")
    as_reader = [client.kubectl, f"--kubeconfig={client.kubeconfig}", "--as=reader", "--as-group=readers"]
    asked = [*as_reader, "auth", "can-i", "list", READS[-1], "--all-namespaces"]
    assert any(subprocess.run(asked, capture_output=True).returncode == 0 for _ in range(50))
    clusters = "".join(f"  {c}: {{context: {c}, kubeconfig: {client.kubeconfig}}}\n" for c in ("admin", "reader"))
    sources = "".join(
        f"- {{name: {c}, argocd: {{from: cluster, cluster: {c}, names: [checked]}}}}\n" for c in ("admin", "reader")
    )
    files = {
        "gitops-audit.yaml": f"version: 1\nclusters:\n{clusters}sources:\n{sources}",
        "apps/web.yaml": yaml.safe_dump(deployed),
    }
    root = repository(folder / "repo", files)
    git(root, "remote", "add", "origin", SSH_URL)
    return root


def rules(run: Audited) -> list[str]:
    (verdict,) = (v for v in run if v.is_engine_checked)
    return [finding.rule for finding in verdict.found("engine")]


def test_an_application_of_the_cluster_is_checked_with_its_project(fleet: Path) -> None:
    run = audited(fleet, sources=("admin",), clusters=("admin",))
    assert rules(run) == ["floating-revision", "source-not-permitted", "degraded"]
    assert run.exit_code == 1


def test_a_project_that_may_not_be_read_is_told_and_no_fault(fleet: Path) -> None:
    run = audited(fleet, sources=("reader",), clusters=("reader",))
    assert rules(run) == ["floating-revision", "degraded"]
    (note,) = (note for note in run.finished.notes if "AppProject" in note)
    assert note.startswith("the check of engines does not know the AppProject objects of cluster reader: ")
