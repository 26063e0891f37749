"""The pipelines of examples/ci do what the guide says: their scripts are run against a repository and a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops_audit.sandbox import Sandbox, demo
from gitops_audit.sandbox.client import ApiClient
from tests.examples import pipeline
from tests.gateway import Gateway, serving

SERVICES = {"github": pipeline.github(), "gitlab": pipeline.gitlab(), "jenkins": pipeline.jenkins()}
GUIDE = Path(__file__).parents[2] / "docs/guide/ci.md"
BASELINE = "gitops-audit-baseline.yaml"
GIT = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com")
pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a service gives to a job: a checkout, and variables."""

    root: Path
    variables: dict[str, str]

    def run(self, service: str, job: str) -> int:
        """The exit code of the job: that of the first script that fails. What stands behind it is to run all the same.

        All that the service collects must have been made."""
        self.git("clean", "--quiet", "--force", "--exclude", BASELINE)
        codes = [self.script(script) for script in SERVICES[service][job].scripts]
        missing = [file for file in SERVICES[service][job].collected if not list(self.root.glob(file))]
        assert missing == []
        return next((code for code in codes if code), 0)

    def script(self, script: str) -> int:
        shell = ["bash", "-e", "-o", "pipefail", "-c", script]
        return subprocess.run(shell, cwd=self.root, env={**os.environ, **self.variables}, check=False).returncode

    def change(self, path: str, old: str, new: str) -> None:
        """Commits a change of one file."""
        file = self.root / path
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        self.git("commit", "--quiet", "--all", "--message", "Change")

    def git(self, *words: str) -> None:
        subprocess.run([*GIT, *words], cwd=self.root, check=True)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def origin(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of the demo, deployed; its cluster is the one of the kubeconfig that a job is given."""
    root = tmp_path_factory.mktemp("origin")
    demo.write_repository(root)
    demo.deploy(root, ApiClient(sandbox.url, sandbox.user("deployer")))
    config = root / "gitops-audit.yaml"
    config.write_text(config.read_text().replace("{kubeconfig: kubeconfig}", "{}"))
    subprocess.run(
        [*GIT, "-C", root, "commit", "--quiet", "--all", "--message", "Take the cluster of the job"], check=True
    )
    return root


@contextmanager
def labelled(sandbox: Sandbox) -> Iterator[None]:
    """While somebody's label is on a Service of the cluster."""
    client = ApiClient(sandbox.url, sandbox.user("deployer"))
    web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}

    def label(value: str | None) -> None:
        patch = {"metadata": {"labels": {"debug": value}}}
        client.patch(web, patch, manager="kubectl-label", namespace=demo.NAMESPACE)

    label("please-keep")
    yield
    label(None)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serving() as server:
        yield server


@pytest.fixture
def workspace(origin: Path, sandbox: Sandbox, gateway: Gateway, tmp_path: Path, bare_home: Path) -> Workspace:
    """A checkout of a branch, with the variables of all three services."""
    root = tmp_path / "workspace"
    subprocess.run(["git", "clone", "--quiet", str(origin), str(root)], check=True)
    kubeconfig = sandbox.write_kubeconfig(tmp_path / "reader")
    variables = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "KUBECONFIG": str(kubeconfig),
        "AUDIT_KUBECONFIG": kubeconfig.read_text(),
        "PUSHGATEWAY": gateway.url,
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_PROJECT_URL": "https://gitlab.example.com/shop/shop",
        "CHANGE_TARGET": "main",
    }
    made = Workspace(root, variables)
    made.git("switch", "--quiet", "--create", "change")
    return made


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_a_job_for_each_of_the_three_moments(service: str) -> None:
    jobs = SERVICES[service]
    assert {"change", "deployed", "compliance"} <= set(jobs)
    assert all(jobs[name].collected for name in ("change", "deployed", "compliance"))
    audits = [script for job in jobs.values() for script in job.scripts if "gitops-audit" in script]
    assert len(audits) == 3


@pytest.mark.parametrize("service", SERVICES)
def test_a_change_fails_for_what_it_adds_alone(workspace: Workspace, service: str) -> None:
    workspace.change("apps/shop/web.yaml", "replicas: 3", "replicas: 4")
    assert workspace.run(service, "change") == 0
    workspace.change("apps/shop/web.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
    assert workspace.run(service, "change") == 1
    assert "allowPrivilegeEscalation" in (workspace.root / "comment.md").read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_the_job_after_a_deployment_fails_where_the_cluster_drifted(
    workspace: Workspace, sandbox: Sandbox, service: str
) -> None:
    assert workspace.run(service, "deployed") == 0
    with labelled(sandbox):
        assert workspace.run(service, "deployed") == 1


@pytest.mark.parametrize("service", SERVICES)
def test_the_nightly_job_fails_for_what_the_baseline_does_not_know_and_sends_the_numbers(
    workspace: Workspace, sandbox: Sandbox, gateway: Gateway, service: str
) -> None:
    (workspace.root / BASELINE).write_text("version: 1\nfindings: []\n")
    with labelled(sandbox):
        assert workspace.run(service, "compliance") == 1
        create = f"gitops-audit baseline create --update --baseline {BASELINE} --owner team-web"
        assert workspace.script(create) == 0
        assert workspace.run(service, "compliance") == 0
    assert [path for _, path, _, _ in gateway.sent] == ["/metrics/job/gitops-audit"] * 2


def test_the_guide_includes_each_file_as_it_is() -> None:
    included = {
        line.rpartition("/")[2] for line in GUIDE.read_text().splitlines() if line.startswith("```{literalinclude}")
    }
    assert included == {file.name for file in pipeline.FOLDER.iterdir()}
