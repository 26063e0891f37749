"""`gitops-audit config`: the schema for editors, and a first configuration."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from gitops_audit.cli import console
from gitops_audit.cli.group import Group
from gitops_audit.cli.progress import Progress
from gitops_audit.config.init import starter
from gitops_audit.config.schema import schema_text
from gitops_audit.engine.first_run import settled
from gitops_audit.errors import ConfigError
from gitops_audit.live import kubeconfig_contexts


@click.group(cls=Group)
def config() -> None:
    """Help with gitops-audit.yaml."""


@config.command()
def schema() -> None:
    """Print the JSON Schema of gitops-audit.yaml."""
    console.document(schema_text())


@config.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("gitops-audit.yaml"), show_default=True)
@click.option("--force", is_flag=True, help="replace the file if it is there")
def init(output: Path, force: bool) -> None:
    """Write a commented start from what is in this repository and the kubeconfig."""
    if (output.exists() or output.is_symlink()) and not force:
        raise ConfigError(f"{output} is there already", code="GA130", hint="give --force to replace it")
    folder = output.absolute().parent
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        hint = "run it in a repository (`git init` makes one)"
        raise ConfigError(f"{folder} is in no Git repository, so nothing is declared there", code="GA202", hint=hint)
    with Progress(is_quiet=False) as progress:
        text = starter(folder, kubeconfig_contexts(), partial(settled, on_progress=progress.stage))
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror}", code="GA131") from None
    console.echo(f"wrote {output}; next: gitops-audit doctor, then pytest {output}")
