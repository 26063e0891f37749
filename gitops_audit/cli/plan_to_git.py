"""`gitops-audit remediate plan --to git`: the live values as a difference, as a patch file, or as a branch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gitops_audit.cli import console
from gitops_audit.cli.progress import Progress
from gitops_audit.config.settings import Settings
from gitops_audit.engine.selection import select
from gitops_audit.errors import ConfigError, ReportError
from gitops_audit.model.how_many import how_many
from gitops_audit.remediate.document import Scope
from gitops_audit.remediate.plan_file import PlanFile
from gitops_audit.remediate.survey import surveyed
from gitops_audit.remediate.togit.planner import GitPlanned, GitPlanner, Patch
from gitops_audit.remediate.togit.unified import diff, texts
from gitops_audit.report.text import Line, Style
from gitops_audit.source.branch import NO_BRANCH, check_author, check_branch, commit_branch
from gitops_audit.source.repository import Repository, open_local

_STYLES: dict[str, Style] = {"+": "add", "-": "remove", "@": "hint", "d": "title"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made of the plan."""

    output: Path | None
    patch_file: Path | None
    branch: str | None
    is_json: bool = False
    is_quiet: bool = False


def plan_to_git(settings: Settings, scope: Scope, wish: Wish) -> int:
    """Makes the plan, shows it, and writes what was wished; gives the exit code. Raises AuditError."""
    with (
        PlanFile(wish.output) as file,
        Progress(is_quiet=wish.is_quiet) as progress,
        surveyed(settings, scope, select, progress.stage) as survey,
    ):
        planned = GitPlanner(survey).plan(scope, datetime.now(UTC))
        file.write(planned.plan)
    patch = _only(planned.patches, wish)
    if wish.patch_file is not None:
        _write_patch(wish.patch_file, patch)
    commit = _branched(wish.branch, patch) if wish.branch and patch else ""
    if wish.is_json:
        told = {"branch": wish.branch, "commit": commit} if commit else {}
        console.document(json.dumps({**planned.plan.to_json(), **told}, indent=2))
    else:
        for line in _lines(planned, wish, commit):
            console.show(line)
    return exit_code(planned)


def exit_code(planned: GitPlanned) -> int:
    if not planned.is_whole:
        return 3
    return int(bool(planned.plan.refused))


def _only(patches: Sequence[Patch], wish: Wish) -> Patch | None:
    """The one patch, where one file or branch is to hold it. Raises ConfigError."""
    if len(patches) > 1 and (wish.patch_file or wish.branch):
        names = " and ".join(patch.repo for patch in patches)
        hint = "choose the sources of one repository with `--source`"
        raise ConfigError(f"the changes belong to {names}, and a patch to one commit", code=NO_BRANCH, hint=hint)
    return patches[0] if patches else None


def _write_patch(path: Path, patch: Patch | None) -> None:
    try:
        path.write_bytes(b"".join(texts(patch.files)) if patch else b"")
    except OSError as error:
        raise ReportError(f"the patch {path} cannot be written: {error.strerror}", code="GA601") from None


def _branched(name: str, patch: Patch) -> str:
    repository = _repository(patch)
    check_branch(repository, name)
    check_author(repository)
    files = {change.path: change.after for change in patch.files}
    return commit_branch(repository, name, patch.commit, files, _message(patch))


def _repository(patch: Patch) -> Repository:
    if patch.folder is None:
        hint = "clone it and name the clone as `repo`, or write a file with `--patch`"
        raise ConfigError(f"{patch.repo} is a remote repository: no branch is made there", code=NO_BRANCH, hint=hint)
    if not patch.commit:
        hint = "commit it first and audit the commit, or write a file with `--patch`"
        raise ConfigError("a branch starts at a commit, and the source is the work tree", code=NO_BRANCH, hint=hint)
    return open_local(patch.folder)


def _message(patch: Patch) -> str:
    named = "\n".join(f"- {resource}" for resource in patch.resources)
    return f"Take over what was changed in the cluster\n\nThe live values of:\n\n{named}\n"


def _lines(planned: GitPlanned, wish: Wish, commit: str) -> Iterator[Line]:
    plan = planned.plan
    where = f"in {how_many(len(plan.files), 'file')}"
    told = f"{len(plan.actions)} patch-file {where}" if plan.actions else "nothing to do"
    yield Line(f"Plan: {told}; {len(plan.refused)} refused", "title")
    for patch in planned.patches:
        if len(planned.patches) > 1:
            yield Line(f"in {patch.repo}:", "title")
        for change in patch.files:
            for line in diff(change):
                for text in line.decode("utf-8", "replace").removesuffix("\n").split("\n"):
                    yield Line(text.removesuffix("\r"), _STYLES.get(text[:1], ""), is_exact=True)
    for refused in plan.refused:
        yield Line(f"refused: {refused.resource}: {refused.reason}", "error")
    yield from _next_steps(planned, wish, commit)


def _next_steps(planned: GitPlanned, wish: Wish, commit: str) -> Iterator[Line]:
    if not planned.plan.actions:
        return
    if commit:
        yield Line(f"branch {wish.branch} at {commit[:12]}: nothing was checked out or pushed", "title")
    if wish.patch_file:
        yield Line(f"apply it with: git apply {wish.patch_file}", is_exact=True)
    if wish.output:
        yield Line(f"write it into the work tree with: gitops-audit remediate apply {wish.output}", is_exact=True)
    yield Line(f"{planned.plan.digest}, until {planned.plan.expires_at}", "dim")
