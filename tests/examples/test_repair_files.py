"""The pipelines of examples/repair let one job plan and another apply what was approved, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_audit.sandbox import Sandbox, demo
from gitops_audit.sandbox.client import ApiClient
from tests.examples import pipeline
from tests.examples.pipeline import Job
from tests.examples.workspace import Workspace, labelled

FOLDER = Path(__file__).parents[2] / "examples/repair"
SERVICES = {"github": pipeline.github(FOLDER), "gitlab": pipeline.gitlab(FOLDER)}
GUIDE = Path(__file__).parents[2] / "docs/guide/remediate.md"
pytestmark = pytest.mark.slow


@pytest.fixture
def drifted(origin: Path, sandbox: Sandbox, tmp_path: Path, bare_home: Path) -> Iterator[Workspace]:
    """A checkout, with the variables of both services, while somebody's label is on a Service."""
    root = tmp_path / "workspace"
    subprocess.run(["git", "clone", "--quiet", str(origin), str(root)], check=True)
    kubeconfig = sandbox.write_kubeconfig(tmp_path / "writer")
    variables = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "KUBECONFIG": str(kubeconfig),
        "AUDIT_KUBECONFIG": kubeconfig.read_text(),
        "REPAIR_KUBECONFIG": kubeconfig.read_text(),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    with labelled(sandbox):
        yield Workspace(root, variables)


def is_labelled(sandbox: Sandbox) -> bool:
    client = ApiClient(sandbox.url, sandbox.user("deployer"))
    path = client.path({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}, demo.NAMESPACE)
    return "debug" in client.request("GET", path)["metadata"].get("labels", {})


def planned(workspace: Workspace, job: Job) -> str:
    """The digest that the job tells the one who approves; the plan stands in the workspace then."""
    assert workspace.run(job) == 0
    digest: str = json.loads((workspace.root / "plan.json").read_text())["digest"]
    return digest


def approved(workspace: Workspace, digest: str) -> Workspace:
    return replace(workspace, variables={**workspace.variables, "DIGEST": digest})


@pytest.mark.parametrize("service", SERVICES)
def test_one_job_plans_and_another_applies_what_was_approved(
    drifted: Workspace, sandbox: Sandbox, service: str
) -> None:
    digest = planned(drifted, SERVICES[service]["plan"])
    assert is_labelled(sandbox)
    plan = (drifted.root / "plan.json").read_bytes()
    apply = SERVICES[service]["apply"]
    drifted.git("clean", "--quiet", "--force")
    (drifted.root / "plan.json").write_bytes(plan)

    codes = [approved(drifted, digest).script(script) for script in apply.scripts]

    assert codes == [0] * len(codes)
    assert not is_labelled(sandbox)
    assert list(drifted.root.glob("journal/*.jsonl"))


@pytest.mark.parametrize("service", SERVICES)
def test_another_plan_than_the_approved_one_is_not_applied(drifted: Workspace, sandbox: Sandbox, service: str) -> None:
    digest = planned(drifted, SERVICES[service]["plan"])
    planned(drifted, SERVICES[service]["plan"])

    code = approved(drifted, digest).script(SERVICES[service]["apply"].scripts[-1])

    assert code == 2
    assert is_labelled(sandbox)


def test_the_summary_and_the_output_of_the_job_tell_the_plan(drifted: Workspace) -> None:
    digest = planned(drifted, SERVICES["github"]["plan"])

    assert Path(drifted.variables["GITHUB_OUTPUT"]).read_text() == f"digest={digest}\n"
    summary = Path(drifted.variables["GITHUB_STEP_SUMMARY"]).read_text()
    assert "metadata.labels.debug" in summary


def test_the_guide_includes_each_file_as_it_is() -> None:
    included = {
        line.rpartition("/")[2] for line in GUIDE.read_text().splitlines() if line.startswith("```{literalinclude}")
    }
    assert included == {file.name for file in FOLDER.iterdir()}
