"""`gitops-audit remediate`: plan what would repair the clusters, carry a plan out, undo it, go on with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import click

from gitops_audit.cli import console
from gitops_audit.cli.group import Group
from gitops_audit.cli.options import CONFIG, configuration
from gitops_audit.cli.plan_to_git import Wish, plan_to_git
from gitops_audit.cli.progress import Progress
from gitops_audit.config.load import load
from gitops_audit.config.remediation import RemediationConfig
from gitops_audit.config.settings import Settings
from gitops_audit.engine.events import OnProgress
from gitops_audit.engine.selection import select
from gitops_audit.errors import AuditError
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.remediate.apply import Run, apply, resume
from gitops_audit.remediate.document import Direction, Plan, Scope
from gitops_audit.remediate.journal import journal_folder, read_record
from gitops_audit.remediate.plan import Planned, Planner
from gitops_audit.remediate.plan_file import PlanFile, load_plan
from gitops_audit.remediate.result import RunResult, not_begun
from gitops_audit.remediate.rights import roles
from gitops_audit.remediate.survey import surveyed
from gitops_audit.remediate.text import apply_lines, plan_lines, undo_lines
from gitops_audit.remediate.togit.write import write_files
from gitops_audit.remediate.undo import undo
from gitops_audit.remediate.writers import Writers
from gitops_audit.report.text import Line

_Command = TypeVar("_Command", bound=Callable[..., Any])

_JOURNAL = click.option(
    "--journal", type=click.Path(path_type=Path), help="where journals are (default: the XDG state directory)"
)
_WAIT = click.option(
    "--wait-lock", type=click.IntRange(min=0), default=0, metavar="SECONDS", help="wait for another run to end"
)
_JSON = click.option("--json", "is_json", is_flag=True, help="the result as JSON on stdout")
_YES = click.option("--yes", is_flag=True, help="do not ask")
_QUIET = click.option("-q", "--quiet", "is_quiet", is_flag=True, help="no progress")


_TO_GIT = (
    click.option("--patch", "patch_file", type=click.Path(path_type=Path), help="with --to git: the patch as a file"),
    click.option("--branch", metavar="NAME", help="with --to git: the patch as a commit on this new branch"),
    click.option("--include-pending", is_flag=True, help="with --to git: also take back what Git is ahead by"),
)


def _to_git(command: _Command) -> _Command:
    """The options of `--to git`."""
    for option in reversed(_TO_GIT):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class WritingOptions:
    """The options of everything that writes."""

    config_path: Path | None
    yes: bool
    journal: Path | None
    wait_lock: int
    is_json: bool
    is_quiet: bool

    @property
    def journals(self) -> Path:
        return journal_folder(self.journal)

    def run(self, on_progress: OnProgress) -> Run:
        settings = load(configuration(self.config_path))
        return Run(settings, select, self.journals, lambda: datetime.now(UTC), on_progress, wait_lock_s=self.wait_lock)


@click.group(cls=Group)
def remediate() -> None:
    """Repair what an audit found: make a plan, look at it, apply it; undo a run, or go on with it.

    Exit codes: 0 all done or nothing to do, 1 an action failed or was refused, 2 usage, 3 something could not be read.
    """


@remediate.command()
@CONFIG
@click.argument("resources", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="write the plan into this file, for `apply`")
@click.option("--cluster", "clusters", multiple=True, metavar="NAME", help="only this cluster (repeatable)")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="only this source (repeatable)")
@click.option("--revision", metavar="REV", help="bring the clusters to this revision")
@click.option("--to", type=click.Choice(["cluster", "last-synced", "git"]), default="cluster", help="what wins")
@click.option("--prune", is_flag=True, default=None, help="delete what a source deployed and no longer declares")
@click.option("--recreate", is_flag=True, default=None, help="delete and create where a field is immutable")
@_to_git
@click.option("--accept-shrink", is_flag=True, help="it is meant that a source declares much less than last time")
@click.option("--accept-cluster", is_flag=True, help="it is meant that a cluster is another one than last time")
@_JSON
@_QUIET
def plan(
    config_path: Path | None,
    resources: tuple[str, ...],
    output: Path | None,
    patch_file: Path | None,
    branch: str | None,
    is_json: bool,
    is_quiet: bool,
    **values: Any,
) -> None:
    """Plan what would repair all RESOURCES, or those that match. Writes nothing to any cluster.

    `--to git` plans the other way round: what is live, as a change of the manifests.
    """
    settings = load(configuration(config_path))
    scope = _scope(settings, resources, **values)
    if scope.to == "git":
        wish = Wish(output, patch_file, branch, is_json=is_json, is_quiet=is_quiet)
        raise click.exceptions.Exit(plan_to_git(settings, scope, wish))
    if patch_file or branch or scope.pending:
        raise click.UsageError("--patch, --branch and --include-pending are for --to git")
    planned = _planned(settings, scope, output, is_quiet=is_quiet)
    _show(planned, output, is_json=is_json)
    raise click.exceptions.Exit(_plan_exit(planned.plan))


def _planned(settings: Settings, scope: Scope, output: Path | None, *, is_quiet: bool) -> Planned:
    with (
        PlanFile(output) as file,
        Progress(is_quiet=is_quiet) as progress,
        Writers(settings.clusters) as writers,
        surveyed(settings, scope, select, progress.stage) as survey,
    ):
        planned = Planner(survey, writers).plan(scope, datetime.now(UTC))
        file.write(planned.plan)
    return planned


def _scope(
    settings: Settings,
    resources: tuple[str, ...],
    *,
    clusters: tuple[str, ...],
    sources: tuple[str, ...],
    revision: str | None,
    to: str,
    prune: bool | None,
    recreate: bool | None,
    include_pending: bool,
    accept_shrink: bool,
    accept_cluster: bool,
) -> Scope:
    if to == "git" and (prune or recreate):
        raise click.UsageError("--prune and --recreate change clusters, and --to git changes none")
    config = settings.remediation if to != "git" else RemediationConfig(prune=False, recreate=False)
    return Scope(
        cast(Direction, to),
        revision or "",
        config.prune if prune is None else prune,
        config.recreate if recreate is None else recreate,
        resources,
        clusters,
        sources,
        include_pending,
        tuple(name for name, is_meant in (("shrink", accept_shrink), ("cluster", accept_cluster)) if is_meant),
    )


def _run_command(command: _Command) -> _Command:
    """Adds the options of everything that writes."""
    for option in reversed((CONFIG, _YES, _JOURNAL, _WAIT, _JSON, _QUIET)):
        command = option(command)
    return command


@remediate.command("apply")
@click.argument("plan_path", metavar="PLAN", type=click.Path(path_type=Path))
@click.option("--approve", metavar="DIGEST", help="apply it only if it is the plan of this digest; asks nothing")
@_run_command
def apply_command(plan_path: Path, approve: str | None, **values: Any) -> None:
    """Carry out PLAN, after a check that nothing moved since it was made."""
    options = WritingOptions(**values)
    with _documented(options):
        plan = load_plan(plan_path)
    if approve is not None and approve != plan.digest:
        raise click.UsageError(f"the plan is {plan.digest}, not the approved {approve}")
    if not options.is_json:
        for line in plan_lines(plan, {}):
            console.show(line)
    if plan.actions and not plan.failed_guards:
        _confirm(f"Apply {how_many(len(plan.actions), 'action')}?", is_agreed=options.yes or approve is not None)
    carry_out = write_files if plan.scope.to == "git" else apply
    _finish(lambda run: carry_out(plan, run), options, plan)


@remediate.command("resume")
@click.argument("run_name", metavar="RUN")
@_run_command
def resume_command(run_name: str, **values: Any) -> None:
    """Go on with RUN, which was interrupted. What was done is not done again."""
    options = WritingOptions(**values)
    with _documented(options):
        read_record(options.journals, run_name)
    _confirm(f"Go on with run {run_name}?", is_agreed=options.yes)
    _finish(lambda run: resume(run_name, run), options)


@remediate.command("undo")
@click.argument("run_name", metavar="RUN")
@click.option("--override-freeze", is_flag=True, help="also while a freeze window is open")
@_run_command
def undo_command(run_name: str, override_freeze: bool, **values: Any) -> None:
    """Put back what RUN changed, as its journal has it."""
    options = WritingOptions(**values)
    with _documented(options):
        record = read_record(options.journals, run_name)
    _confirm(f"Undo {how_many(len(record.steps), 'action')} of run {run_name}?", is_agreed=options.yes)
    _finish(lambda run: undo(run_name, run, overrides_freeze=override_freeze), options, lines=undo_lines)


@remediate.command()
@click.argument("plan_path", metavar="PLAN", type=click.Path(path_type=Path))
@click.option("--cluster", metavar="NAME", help="of one cluster of the plan alone")
def rbac(plan_path: Path, cluster: str | None) -> None:
    """Print the least Roles with which PLAN can be applied, beside those of an audit: for each of its clusters."""
    import yaml

    found = roles(load_plan(plan_path).actions)
    if cluster is not None and cluster not in found:
        raise click.UsageError(f"the plan writes nothing to cluster {cluster!r}, but to {', '.join(found) or 'none'}")
    for name in found if cluster is None else [cluster]:
        text = yaml.safe_dump_all(found[name], sort_keys=False)
        console.document(f"---\n# for cluster {printable(name)}\n{text}")


def _finish(
    work: Callable[[Run], RunResult],
    options: WritingOptions,
    plan: Plan | None = None,
    lines: Callable[[RunResult], Iterator[Line]] = apply_lines,
) -> NoReturn:
    """Runs, shows the result and ends with its exit code."""
    with _documented(options, plan), Progress(is_quiet=options.is_quiet) as progress:
        result = work(options.run(progress.stage))
    if options.is_json:
        console.document(json.dumps(result.to_json(), indent=2))
    else:
        for line in lines(result):
            console.show(line)
    raise click.exceptions.Exit(result.exit_code)


@contextmanager
def _documented(options: WritingOptions, plan: Plan | None = None) -> Iterator[None]:
    """A run that is refused before its first write is a document too, for the program that reads it."""
    try:
        yield
    except AuditError as error:
        if options.is_json:
            console.document(json.dumps(not_begun(error, plan), indent=2))
        raise


def _confirm(question: str, *, is_agreed: bool) -> None:
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask: give --yes, or --approve DIGEST")
    click.confirm(question, abort=True, err=True)


def _show(planned: Planned, output: Path | None, *, is_json: bool) -> None:
    if is_json:
        console.document(json.dumps(planned.plan.to_json(), indent=2))
        return
    for line in plan_lines(planned.plan, planned.drafts):
        console.show(line)
    if output is not None and planned.plan.actions and not planned.plan.failed_guards:
        console.echo(f"apply it with: gitops-audit remediate apply {output}")


def _plan_exit(plan: Plan) -> int:
    if any(guard.name == "read" for guard in plan.failed_guards):
        return 3
    return int(bool(plan.failed_guards or plan.refused))
