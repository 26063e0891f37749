"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gitops_audit.config.load import locate
from gitops_audit.engine.option import OPTIONS, Option
from gitops_audit.errors import ConfigError
from gitops_audit.report.registry import FORMATS, PUSH_HELP, Format

_Command = TypeVar("_Command", bound=Callable[..., Any])

CONFIG = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="the configuration (default: the nearest gitops-audit.yaml)",
)

QUIET = click.option("-q", "--quiet", is_flag=True, help="no progress")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="also what passed, was skipped, or is no manifest")


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
    for option in reversed((CONFIG, *map(cli_option, OPTIONS), QUIET, VERBOSE)):
        command = option(command)
    return command


def report_command(command: _Command) -> _Command:
    """Adds an option for each format of report files, and for what can be chosen of it."""
    command = click.option("--push-metrics", metavar="URL", help=PUSH_HELP)(command)
    for format_ in reversed(FORMATS.values()):
        command = choice_options(format_)(command)
        option = click.option(
            f"--{format_.name}", _report_key(format_.name), metavar="FILE", help=f"{format_.help} (- for stdout)"
        )
        command = option(command)
    return command


def report_targets(values: dict[str, Any]) -> dict[str, str | None]:
    """The files of `report_command`'s options, by format."""
    return {name: values[_report_key(name)] for name in FORMATS}


def _report_key(name: str) -> str:
    return f"report_{name.replace('-', '_')}"


def choice_options(format_: Format) -> Callable[[_Command], _Command]:
    """Adds an option for each choice that a format has."""

    def decorate(command: _Command) -> _Command:
        for choice in reversed(format_.choices):
            name, told = f"{format_.name}-{choice.name}", f"{choice.help} (default: {choice.values[0]})"
            values = click.Choice(choice.values)
            command = click.option(f"--{name}", name.replace("-", "_"), type=values, help=told)(command)
        return command

    return decorate


def report_choices(values: dict[str, Any]) -> dict[str, str | None]:
    """What was chosen of the formats, by the names of the options."""
    names = (f"{format_.name}-{choice.name}" for format_ in FORMATS.values() for choice in format_.choices)
    return {name: values.get(name.replace("-", "_")) for name in names}


def cli_option(option: Option) -> Callable[[_Command], _Command]:
    """The option of the command line that an option of a run is."""
    if option.is_flag:
        return click.option(f"--{option.name}", option.key, is_flag=True, help=option.help)
    help_text = f"{option.help} (repeatable)" if option.is_repeatable else option.help
    return click.option(
        f"--{option.name}",
        option.key,
        multiple=option.is_repeatable,
        metavar=option.metavar or None,
        type=click.Choice(option.choices) if option.choices else None,
        help=help_text,
    )
