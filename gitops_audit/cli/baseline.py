"""`gitops-audit baseline`: writes what is known, and removes from it what is repaired."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from gitops_audit.cli import console
from gitops_audit.cli.check import collected
from gitops_audit.cli.group import Group
from gitops_audit.cli.options import configuration, run_command
from gitops_audit.config.load import load
from gitops_audit.config.settings import Settings
from gitops_audit.errors import ConfigError
from gitops_audit.history.baseline import MISSING, UNWRITABLE, read, write
from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.how_many import how_many
from gitops_audit.model.result import AuditResult

DEFAULT = "gitops-audit-baseline.yaml"
DEFAULT_DAYS = 90


@click.group(cls=Group)
def baseline() -> None:
    """Keep a list of the findings that are known, so that only new ones fail (`--only-new`)."""


@baseline.command()
@run_command
@click.option("--owner", required=True, help="who answers for the findings")
@click.option("--expires", metavar="YYYY-MM-DD", help=f"until when (default: in {DEFAULT_DAYS} days)")
@click.option("--update", is_flag=True, help="add to the file; what it knows stays as it is")
def create(owner: str, expires: str | None, update: bool, **values: Any) -> None:
    """Audit, and write every open finding to the baseline.

    What could not be evaluated is no finding: it is told, and ends the command with 3.
    """
    today = datetime.now(UTC).date()
    until = _day(expires, today) if expires else (today + timedelta(days=DEFAULT_DAYS)).isoformat()
    settings = load(configuration(values["config_path"]))
    path = _path(settings, values)
    if path.exists() and not update:
        hint = "give --update to add what is new, or run `gitops-audit baseline prune`"
        raise ConfigError(f"{path} is there already", code=UNWRITABLE, hint=hint)
    known = {entry.fingerprint: entry for entry in read(path, today).entries} if path.exists() else {}
    result = collected(settings, {**values, "baseline": str(path) if known else None, "only_new": False})
    found = _entries(result, owner, until, today)
    write(path, {**found, **known}.values())
    added = len(found.keys() - known.keys())
    console.echo(
        f"{path}: {how_many(added, 'finding')} added, {len(known)} known before; {owner} answers for them until {until}"
    )
    _end(result)


@baseline.command()
@run_command
@click.option(
    "--check", "is_check", is_flag=True, help="write nothing, and end with 1 where the file has what is repaired"
)
def prune(is_check: bool, **values: Any) -> None:
    """Audit, and remove from the baseline what is repaired. What was not evaluated stays."""
    today = datetime.now(UTC).date()
    settings = load(configuration(values["config_path"]))
    path = _path(settings, values)
    known = read(path, today)
    result = collected(settings, {**values, "baseline": str(path), "only_new": False})
    resolved = {entry.fingerprint: entry for entry in result.summary.resolved or ()}
    kept = [entry for entry in known.entries if entry.fingerprint not in resolved]
    if resolved and not is_check:
        write(path, kept)
    for entry in resolved.values():
        place = f" {entry.path}" if entry.path else ""
        what = f"{entry.check}/{entry.rule} on {entry.resource}{place} (cluster {entry.cluster})"
        console.echo(f"{'repaired' if is_check else 'removed'}: {what}")
    console.echo(f"{path}: {len(resolved)} {'to be removed' if is_check else 'removed'}, {len(kept)} stay")
    _end(result, is_failure=is_check and bool(resolved))


def _path(settings: Settings, values: dict[str, Any]) -> Path:
    """The file that the command line or the configuration names."""
    if values["baseline"]:
        return Path(values["baseline"])
    if settings.baseline is None:
        hint = f"write `baseline: {DEFAULT}` into {settings.path.name}, or give --baseline {DEFAULT}"
        raise ConfigError("nothing says which file is the baseline", code=MISSING, hint=hint)
    return settings.baseline


def _entries(result: AuditResult, owner: str, until: str, today: date) -> dict[str, KnownFinding]:
    """What is open and was evaluated, in the first of the sources that have it."""
    entries: dict[str, KnownFinding] = {}
    for verdict, finding in result.findings:
        if finding.waiver is None and finding.result in ("fail", "warn"):
            entry = KnownFinding.of(verdict, finding, owner, until, today.isoformat())
            entries.setdefault(entry.fingerprint, entry)
    return entries


def _day(text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no day: write YYYY-MM-DD", param_hint="--expires") from None
    if day < today:
        raise click.BadParameter(f"{text} is past", param_hint="--expires")
    return day.isoformat()


def _end(result: AuditResult, *, is_failure: bool = False) -> None:
    """With 3 where something was not evaluated: it is in no baseline, and may hide findings."""
    errors = result.summary.outcomes["error"]
    for sentence in result.summary.unanswered.values():
        console.complain(f"error: {sentence}")
    if errors:
        console.complain(
            f"error: {how_many(errors, 'resource')} could not be evaluated: `gitops-audit check` tells why"
        )
    raise click.exceptions.Exit(3 if result.summary.exit_code == 3 else int(is_failure))
