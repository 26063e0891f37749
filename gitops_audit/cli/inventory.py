"""`gitops-audit list`: what an audit would look at."""

from __future__ import annotations

from typing import Any

import click

from gitops_audit.cli import console
from gitops_audit.cli.options import configuration, run_command
from gitops_audit.cli.progress import Progress
from gitops_audit.config.load import load
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.options import RunOptions
from gitops_audit.engine.selection import select
from gitops_audit.model.resource import Declared
from gitops_audit.model.subject import Subject


@click.command("list")
@run_command
@click.argument("resources", nargs=-1)
def list_resources(resources: tuple[str, ...], **values: Any) -> None:
    """Print the id, the source and the file of all RESOURCES, or of those that match, one a line.

    Ids can be given to `gitops-audit diff`. Exit code 3 where a source or file could not be read, or there is nothing.
    """
    settings = load(configuration(values["config_path"]))
    with Progress(is_quiet=values["quiet"]) as progress:
        audit = Audit(settings, RunOptions.of(values, on_progress=progress.stage))
        try:
            audit.prepare()
            chosen = select(audit.resources, resources)
        finally:
            audit.close()
    _print(chosen)
    is_whole = bool(chosen) and all(isinstance(subject, Declared) for subject in chosen)
    raise click.exceptions.Exit(0 if is_whole else 3)


def _print(resources: list[Subject]) -> None:
    widths = [max((len(text) for text in column), default=0) for column in zip(*map(_columns, resources), strict=True)]
    for resource in resources:
        cells = (text.ljust(width) for text, width in zip(_columns(resource), widths, strict=True))
        console.echo("  ".join(cells).rstrip())


def _columns(resource: Subject) -> tuple[str, str, str]:
    origin = resource.origin
    return resource.id, resource.source, f"{origin.path}:{origin.line}" if origin.line else origin.path
