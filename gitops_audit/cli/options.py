"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gitops_audit.config.load import locate
from gitops_audit.engine.options import RunOptions, Shard
from gitops_audit.errors import ConfigError
from gitops_audit.model.finding import Severity

_Command = TypeVar("_Command", bound=Callable[..., Any])

CONFIG = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="the configuration (default: the nearest gitops-audit.yaml)",
)

_RUN: tuple[Callable[[Any], Any], ...] = (
    CONFIG,
    click.option("--cluster", "clusters", multiple=True, metavar="NAME", help="only this cluster (repeatable)"),
    click.option("--source", "sources", multiple=True, metavar="NAME", help="only this source (repeatable)"),
    click.option("--revision", metavar="REV", help="audit this revision instead of the configured ones"),
    click.option("--snapshot", type=click.Path(path_type=Path), help="read the cluster from this recording"),
    click.option("--offline", is_flag=True, help="declared state only: no cluster, no fetch"),
    click.option("--mode", type=click.Choice(["declared", "owned", "strict"]), help="which differences are drift"),
    click.option("--fail-on", type=click.Choice([s.name for s in Severity]), help="the lowest severity that fails"),
    click.option("--shard", metavar="I/N", help="the I-th of N parts of the audit"),
    click.option(
        "--audit-log",
        "audit_logs",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Kubernetes audit log, to name users (repeatable)",
    ),
    click.option("--allow-unsupported", is_flag=True, help="skip what no policy engine here can do"),
    click.option("-q", "--quiet", is_flag=True, help="no progress"),
    click.option("-v", "--verbose", is_flag=True, help="also what passed, was skipped, or is no manifest"),
)


def configuration(path: Path | None) -> Path:
    """The configuration that was named, or the nearest one. Raises ConfigError where there is none."""
    if path is not None:
        return path
    try:
        return locate(Path.cwd())
    except FileNotFoundError:
        raise ConfigError("the working directory was deleted", code="GA108", hint="change to one that exists") from None


def run_command(command: _Command) -> _Command:
    """Adds the options of everything that runs an audit."""
    for option in reversed(_RUN):
        command = option(command)
    return command


def run_options(values: dict[str, Any], **more: Any) -> RunOptions:
    """From the values of `run_command`'s options. Raises ConfigError."""
    return RunOptions(
        clusters=values["clusters"],
        sources=values["sources"],
        revision=values["revision"],
        snapshot=values["snapshot"],
        offline=values["offline"],
        fetch=not values["offline"],
        mode=values["mode"],
        fail_on=Severity[values["fail_on"]] if values["fail_on"] else None,
        shard=Shard.parse(values["shard"]) if values["shard"] else None,
        audit_logs=tuple(values["audit_logs"]),
        allow_unsupported=values["allow_unsupported"],
        **more,
    )
