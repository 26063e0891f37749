"""`gitops-audit report`: another format of a JSON report, and the shards of an audit as one report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click

from gitops_audit.cli import console
from gitops_audit.cli.group import Group
from gitops_audit.cli.options import choice_options, report_choices
from gitops_audit.errors import ConfigError
from gitops_audit.model.result import AuditResult
from gitops_audit.regular_file import open_named
from gitops_audit.report.files import STDOUT, ReportFiles
from gitops_audit.report.from_json import UNREADABLE, read
from gitops_audit.report.merge import merged
from gitops_audit.report.registry import FORMATS, Format

MAX_BYTES = 1 << 31

_OUTPUT = click.option("-o", "--output", default=STDOUT, metavar="FILE", help="where to (default: stdout)")


@click.group(cls=Group)
def report() -> None:
    """Write a finished audit in another format, or merge its shards, from JSON reports."""


def _command(format_: Format) -> click.Command:
    @click.command(format_.name, help=f"{format_.help[0].upper()}{format_.help[1:]}, from a JSON report.")
    @click.argument("path", type=click.Path(path_type=Path), metavar="REPORT")
    @_OUTPUT
    @choice_options(format_)
    def convert(path: Path, output: str, **values: str | None) -> None:
        _write(format_.name, output, _read(path), report_choices(values))

    return convert


for _format in FORMATS.values():
    report.add_command(_command(_format))


@report.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="REPORT...")
@_OUTPUT
def merge(paths: tuple[Path, ...], output: str) -> None:
    """Merge the JSON reports of all shards of an audit into one; refuse when one is missing or two overlap."""
    if len(set(paths)) != len(paths):
        raise ConfigError("a report is named twice", code="GA605", hint="name each shard once")
    _write("json", output, merged({str(path): _read(path) for path in paths}))


def _read(path: Path) -> AuditResult:
    try:
        with open_named(path, MAX_BYTES) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "name a file that `gitops-audit check --json FILE` wrote"
        raise ConfigError(f"{path} cannot be read: {reason}", code=UNREADABLE, hint=hint) from None
    return read(data, str(path))


def _write(
    name: str, output: str, result: AuditResult, choices: Mapping[str, str | None] = MappingProxyType({})
) -> None:
    with ReportFiles({name: output}, choices) as files:
        errors = files.write(result)
        for note in files.notes:
            console.complain(note)
        for error in errors:
            console.complain(f"error: {error}")
            if output == STDOUT:
                console.discard_output()
            raise click.exceptions.Exit(error.exit_code)
