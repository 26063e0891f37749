"""`gitops-audit demo`: the whole thing on a sandbox API server, no cluster needed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from gitops_audit.cli import console
from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ConfigError
from gitops_audit.live.recording import record_all
from gitops_audit.live.server import ServerCluster
from gitops_audit.model.redact import Redactor
from gitops_audit.sandbox import demo as example
from gitops_audit.sandbox.client import ApiClient
from gitops_audit.sandbox.server import Sandbox

FINDINGS = 1


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="write the example repository to this folder and keep it")
def demo(keep: Path | None) -> None:
    """Deploy an example repository to a sandbox, let it drift, audit it with pytest, and repair it.

    What --keep leaves holds a recording of the sandbox: `gitops-audit check` there gives the result again.
    """
    if keep is not None:
        refuse_existing(keep)
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
        if keep is not None:
            _record(root)
        exit_code = max(exit_code, _repair(root, Path(folder)))
        if keep is not None:
            example.use_recording(root)
            _tell(f"{keep} holds a recording of the sandbox: cd {keep}, then `gitops-audit check` audits it again.")
        _tell("Next: `gitops-audit config init` in your own repository, then `pytest gitops-audit.yaml`.")
    raise click.exceptions.Exit(exit_code)


def refuse_existing(folder: Path) -> None:
    """Raises ConfigError unless a repository can be made in the folder without touching what somebody else has."""
    root = folder.absolute()
    repository = next((p for p in (root, *root.parents) if (p / ".git").exists()), None)
    reason = ""
    if root.is_symlink() or (root.exists() and not root.is_dir()):
        reason = "it is no folder"
    elif root.is_dir() and any(root.iterdir()):
        reason = "it is not empty"
    elif repository is not None:
        reason = f"it lies in the repository {repository}"
    if reason:
        hint = "name a folder that does not exist yet, outside of any repository"
        raise ConfigError(f"--keep {folder}: {reason}", code="GA132", hint=hint)


def _record(root: Path) -> None:
    """Puts a recording in the place of the server, which ends with the demo."""
    config = ClusterConfig(name=example.CLUSTER, kubeconfig=str(root / "kubeconfig"))
    cluster = ServerCluster.connect(config, Redactor())
    try:
        record_all(cluster, root / example.RECORDING, ())
    finally:
        cluster.close()


def _repair(root: Path, folder: Path) -> int:
    """Plans and applies the repair, and audits again; gives 0 where all ended as expected."""
    state = {"XDG_STATE_HOME": str(folder / "state")}
    _tell("Repair it: a plan is made and looked at before anything is written.")
    codes = [_remediate(root, state, "plan", "-o", "plan.json")]
    _tell("The plan is what you want: apply it. `remediate undo` takes a run back (Secrets only with a key).")
    codes.append(_remediate(root, state, "apply", "plan.json", "--yes"))
    _tell("Audit again: the cluster has what Git declares.")
    codes.append(_audit(root, "--quiet", expected=0))
    return max(codes)


def _remediate(root: Path, state: dict[str, str], command: str, *words: str) -> int:
    shown = f"gitops-audit remediate {command} {' '.join(words)}"
    return _run(root, shown, "gitops_audit", "remediate", command, *words, environment=state)


def _audit(root: Path, *options: str, expected: int) -> int:
    """Runs pytest as a user would; gives 0 where it ended as the demo expects it to."""
    words = ("gitops-audit.yaml", "-p", "no:cacheprovider", *options)
    return _run(root, f"pytest gitops-audit.yaml {' '.join(options)}", "pytest", *words, expected=expected)


def _run(root: Path, shown: str, *words: str, expected: int = 0, environment: Mapping[str, str] | None = None) -> int:
    """Runs a module as a user would run its command, and gives 0 where it ended with the expected code."""
    console.echo(f"$ {shown}".rstrip())
    sys.stdout.flush()
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    argv = [sys.executable, "-m", *words]
    done = subprocess.run(argv, cwd=root, env=inherited | dict(environment or {}), check=False)  # noqa: S603 - our own interpreter, fixed words
    return 0 if done.returncode == expected else 3


def _tell(*lines: str) -> None:
    head, *points = lines
    console.echo(f"\n{head}", is_bold=True)
    for point in points:
        console.echo(f"  - {point}")
    console.echo()
