"""Carries a plan to Git out: writes its files into the work tree, where they are still those it was made for.

Nothing is staged or committed, and no cluster is written to: `git diff` shows the result, `git checkout` takes it back.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gitops_audit.errors import RemediationError
from gitops_audit.remediate.apply import STALE, Run
from gitops_audit.remediate.document import Plan
from gitops_audit.remediate.result import Result, RunResult, refused_by
from gitops_audit.remediate.survey import surveyed
from gitops_audit.remediate.togit.planner import GitPlanner, Patch
from gitops_audit.remediate.togit.unified import FileChange
from gitops_audit.source.repository import open_local
from gitops_audit.source.worktree import blob_id

MOVED = "GA520"
_AGAIN = "make a new plan: `gitops-audit remediate plan --to git -o plan.json`"


def write_files(plan: Plan, run: Run) -> RunResult:
    """Writes all files of a plan, or none. Raises RemediationError (and what an audit raises)."""
    plan.check_age(run.now())
    if not plan.actions:
        return RunResult("", refused_by(plan), plan.guards)
    with surveyed(run.settings, plan.scope, run.select, run.on_progress) as survey:
        planned = GitPlanner(survey).plan(plan.scope, run.now())
    _check(plan, planned.plan)
    waiting = [(place, change) for patch in planned.patches for place, change in _places(patch)]
    for place, change in waiting:
        _write(place, change)
    done = [Result(a.id, a.resource, a.action, "done", "the work tree was changed") for a in plan.actions]
    for result in done:
        if run.on_result is not None:
            run.on_result(result)
    return RunResult("", (*done, *refused_by(plan)), plan.guards)


def _check(plan: Plan, now: Plan) -> None:
    """The same commits, the same findings, and the same contents of files as those that were looked at."""
    if plan.commits != now.commits:
        raise RemediationError("the plan is stale: a source is at another commit", code=STALE, hint=_AGAIN)
    then, found = ([(a.id, a.findings) for a in p.actions] for p in (plan, now))
    moved = [id_ for id_, findings in then if (id_, findings) not in found]
    if moved or plan.files != now.files:
        told = f"{moved[0]} differs in other fields by now" if moved else "the live values are others by now"
        raise RemediationError(f"the plan is stale: {told}", code=STALE, hint=_AGAIN)


def _places(patch: Patch) -> Sequence[tuple[Path, FileChange]]:
    """Where the files of a patch are on this machine, each still as the plan found it."""
    root = open_local(patch.folder).root if patch.folder is not None else None
    if root is None:
        hint = "plan with `--patch FILE`, or with `--branch NAME` in a clone"
        raise RemediationError(f"{patch.repo} has no checked-out files", code=MOVED, hint=hint)
    return [(_place(root, change), change) for change in patch.files]


def _place(root: Path, change: FileChange) -> Path:
    place = root / change.path
    if place.parent.resolve() != root.resolve() / Path(change.path).parent or place.is_symlink():
        raise RemediationError(f"{change.path} is a symbolic link, or behind one", code=MOVED, hint=_AGAIN)
    found = blob_id(place.read_bytes(), change.like) if place.is_file() else ""
    if found != change.old_id or (not found and os.path.lexists(place)):
        hint = "commit or put aside what you changed there, and make a new plan"
        is_done = found == change.new_id
        told = "holds the change already" if is_done else "is not what it is in the commit that was audited"
        raise RemediationError(f"{change.path} in your work tree {told}: nothing was written", code=MOVED, hint=hint)
    return place


def _write(place: Path, change: FileChange) -> None:
    """Replaces a file at once; its permissions stay."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        with open(descriptor, "wb") as file:
            file.write(change.after)
        os.chmod(draft, place.stat().st_mode & 0o777 if place.exists() else 0o644)
        os.replace(draft, place)
    except OSError as error:
        raise RemediationError(f"{change.path} cannot be written: {error.strerror}", code=MOVED) from None
