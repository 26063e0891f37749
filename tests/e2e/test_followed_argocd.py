"""What Argo CD has in a real cluster is followed: its Applications, what they deploy, and what they ignore."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from tests import engines
from tests.audited import Audited, audited, git, repository
from tests.command import run_cli
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client
from tests.engines import SSH_URL

pytestmark = pytest.mark.e2e

NAMESPACE = "followed"


def config_map(name: str, **data: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE}, "data": data}


def application(name: str, ignored: Sequence[JsonObject] = ()) -> JsonObject:
    to = {"server": "https://kubernetes.default.svc", "namespace": NAMESPACE}
    body = engines.application({}, name, engines.argo_source(name) | {"targetRevision": "HEAD"}, **to)
    body["spec"]["ignoreDifferences"] = list(ignored)
    return body


@pytest.fixture(scope="module")
def fleet(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose configuration follows what the cluster has; somebody has changed both ConfigMaps by hand."""
    folder = tmp_path_factory.mktemp("fleet")
    client = Client(apiserver, folder)

    def kubectl(*arguments: str, objects: Sequence[JsonObject] = ()) -> None:
        command = [client.kubectl, f"--kubeconfig={client.kubeconfig}", *arguments]
        subprocess.run(command, input=yaml.safe_dump_all(objects).encode(), check=True, capture_output=True)

    def apply(*objects: JsonObject) -> None:
        kubectl("apply", "--server-side", "--field-manager=argocd-controller", "-f", "-", objects=objects)

    definition = engines.definition(application("shop"), "applications")
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in (NAMESPACE, "argocd")]
    apply(definition, *namespaces)
    kubectl("wait", "--for=condition=Established", "crd/applications.argoproj.io", "--timeout=30s")
    rule = {"group": "", "kind": "ConfigMap", "jsonPointers": ["/data/a"]}
    apply(application("shop", [rule]), application("web"), config_map("shop", a="1"), config_map("web", a="1"))
    for name in ("shop", "web"):
        patch = yaml.safe_dump({"data": {"a": "2"}})
        kubectl("patch", "configmap", name, f"--namespace={NAMESPACE}", "--patch", patch)
    files = {f"{name}/cm.yaml": yaml.safe_dump(config_map(name, a="1")) for name in ("shop", "web")}
    clusters = "".join(f"  {c}: {{context: {c}, kubeconfig: {client.kubeconfig}}}\n" for c in ("admin", "nobody"))
    sources = "".join(f"- {{name: {c}, argocd: {{from: cluster, cluster: {c}}}}}\n" for c in ("admin", "nobody"))
    files["gitops-audit.yaml"] = f"version: 1\nclusters:\n{clusters}sources:\n{sources}"
    root = repository(folder / "repo", files)
    git(root, "remote", "add", "origin", SSH_URL)
    return root


def drift(found: Audited) -> dict[str, tuple[str, str]]:
    return {v.subject.source: (v.outcome, v.drift.status) for v in found if v.drift is not None}


def test_differences_are_ignored_for_the_objects_of_the_application_that_says_so(fleet: Path) -> None:
    found = audited(fleet, sources=("admin",), clusters=("admin",))
    assert {s: outcome for s, (outcome, _) in drift(found).items()} == {"admin.shop": "passed", "admin.web": "failed"}


def test_without_the_permission_the_source_is_an_error(fleet: Path) -> None:
    found = audited(fleet, sources=("nobody",), clusters=("nobody",))
    assert {v.outcome for v in found} == {"error"}
    assert found.exit_code == 3


def test_without_a_cluster_to_ask_the_source_is_an_error(fleet: Path) -> None:
    found = audited(fleet, sources=("admin",), offline=True)
    assert [finding.rule for verdict in found for finding in verdict.findings] == ["GA286"]


def test_render_and_doctor_follow_what_the_cluster_has(fleet: Path) -> None:
    shown = run_cli("render", "-c", "gitops-audit.yaml", "--source", "admin", cwd=fleet)
    assert (shown.code, shown.out.count("kind: ConfigMap")) == (0, 2)
    assert "admin.shop" in run_cli("doctor", "-c", "gitops-audit.yaml", cwd=fleet).said


def test_what_an_application_deploys_is_repaired_by_a_plan(fleet: Path) -> None:
    asked = ("-c", "gitops-audit.yaml", "--source", "admin.web", "--cluster", "admin")
    assert run_cli("remediate", "plan", *asked, "-o", "plan.json", cwd=fleet).code == 0
    applied = run_cli(
        "remediate", "apply", "plan.json", "-c", "gitops-audit.yaml", "--yes", "--journal", "journal", cwd=fleet
    )
    assert (applied.code, "admin.web" in (fleet / "plan.json").read_text()) == (0, True), applied.said
    assert drift(audited(fleet, sources=("admin.web",), clusters=("admin",))) == {"admin.web": ("passed", "in-sync")}
