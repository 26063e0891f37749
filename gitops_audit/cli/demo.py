"""`gitops-audit demo`: the whole thing on a sandbox API server, no cluster needed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from gitops_audit.cli import console
from gitops_audit.sandbox import demo as example
from gitops_audit.sandbox.client import ApiClient
from gitops_audit.sandbox.server import Sandbox

FINDINGS = 1


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="write the example repository to this folder and keep it")
def demo(keep: Path | None) -> None:
    """Deploy an example repository to a sandbox, let it drift, and audit it with pytest."""
    with tempfile.TemporaryDirectory(prefix="gitops-audit-demo-") as folder, Sandbox() as sandbox:
        root = keep or Path(folder) / "shop"
        root.mkdir(parents=True, exist_ok=True)
        example.write_repository(root)
        sandbox.write_kubeconfig(root / "kubeconfig")
        client = ApiClient(sandbox.url, sandbox.user("deployer"))
        example.deploy(root, client)
        _tell("An example repository was deployed to a sandbox API server on this machine. First audit: all is well.")
        _audit(root, "--quiet", expected=0)
        _tell("Then this happened in the cluster, past Git:", *example.drift(client))
        exit_code = _audit(root, "--gitops-json=report.json", expected=FINDINGS)
        _tell("Next: `gitops-audit config init` in your own repository, then `pytest gitops-audit.yaml`.")
    raise click.exceptions.Exit(exit_code)


def _audit(root: Path, *options: str, expected: int) -> int:
    """Runs pytest as a user would; gives 0 where it ended as the demo expects it to."""
    argv = [sys.executable, "-m", "pytest", "gitops-audit.yaml", "-p", "no:cacheprovider", *options]
    console.echo(f"$ pytest gitops-audit.yaml {' '.join(options)}".rstrip())
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    done = subprocess.run(argv, cwd=root, env=environment, check=False)  # noqa: S603 - our own interpreter, fixed words
    return 0 if done.returncode == expected else 3


def _tell(*lines: str) -> None:
    head, *points = lines
    console.echo(f"\n{head}", is_bold=True)
    for point in points:
        console.echo(f"  - {point}")
    console.echo()
