"""The pipelines of examples/ci do what the guide says: their scripts are run against a repository and a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.sandbox import Sandbox
from tests.examples import pipeline
from tests.examples.workspace import BASELINE, Workspace, labelled
from tests.gateway import Gateway, serving

SERVICES = {"github": pipeline.github(), "gitlab": pipeline.gitlab(), "jenkins": pipeline.jenkins()}
GUIDE = Path(__file__).parents[2] / "docs/guide/ci.md"
pytestmark = pytest.mark.slow


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
    assert workspace.run(SERVICES[service]["change"]) == 0
    workspace.change("apps/shop/web.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
    assert workspace.run(SERVICES[service]["change"]) == 1
    assert "allowPrivilegeEscalation" in (workspace.root / "comment.md").read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_the_job_after_a_deployment_fails_where_the_cluster_drifted(
    workspace: Workspace, sandbox: Sandbox, service: str
) -> None:
    assert workspace.run(SERVICES[service]["deployed"]) == 0
    with labelled(sandbox):
        assert workspace.run(SERVICES[service]["deployed"]) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_the_nightly_job_fails_for_what_the_baseline_does_not_know_and_sends_the_numbers(
    workspace: Workspace, sandbox: Sandbox, gateway: Gateway, service: str
) -> None:
    (workspace.root / BASELINE).write_text("version: 1\nfindings: []\n")
    with labelled(sandbox):
        assert workspace.run(SERVICES[service]["compliance"]) == 1
        create = f"gitops-audit baseline create --update --baseline {BASELINE} --owner team-web"
        assert workspace.script(create) == 0
        assert workspace.run(SERVICES[service]["compliance"]) == 0
    assert [path for _, path, _, _ in gateway.sent] == ["/metrics/job/gitops-audit"] * 2


@pytest.mark.parametrize(
    ("schema", "name"), [("github-workflows", "github-workflow.yaml"), ("gitlab-ci", "gitlab-ci.yml")]
)
def test_a_file_keeps_to_the_published_schema_of_its_service(schema: str, name: str) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*check, str(pipeline.FOLDER / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_guide_includes_each_file_as_it_is() -> None:
    included = {
        line.rpartition("/")[2] for line in GUIDE.read_text().splitlines() if line.startswith("```{literalinclude}")
    }
    assert included == {file.name for file in pipeline.FOLDER.iterdir()}
