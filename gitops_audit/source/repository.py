"""A repository on this machine: where it is, and what it says when it cannot be used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.errors import SourceError
from gitops_audit.source.command import GitCommand, GitFailedError

NOT_A_REPOSITORY, UNTRUSTED = "GA202", "GA203"


@dataclass(frozen=True, slots=True)
class Repository:
    """`root` is the top of the work tree, None for a bare repository. `display` may be shown to anybody.

    `is_mirror`: a copy of a remote, kept in the cache; its branches are the remote's branches.
    """

    git: GitCommand
    display: str
    git_dir: Path
    root: Path | None = None
    is_shallow: bool = False
    is_mirror: bool = False

    def boundary(self) -> frozenset[str]:
        """The commits at which a shallow clone cuts off history: what they changed is not known."""
        if not self.is_shallow:
            return frozenset()
        shallow = self.git.folder / self.git.line("rev-parse", "--git-path", "shallow")
        return frozenset(shallow.read_text(encoding="ascii").split())


def open_local(folder: Path) -> Repository:
    """The repository a folder is in: its work tree, a linked work tree, a folder below, or a bare repository.

    Raises SourceError.
    """
    if not folder.is_dir():
        hint = "relative paths count from the folder of the configuration"
        raise SourceError(f"there is no directory {folder}", code=NOT_A_REPOSITORY, hint=hint)
    git = GitCommand(folder.absolute())
    try:
        inside, shallow, git_dir = _describe(git)
        root = Path(git.line("rev-parse", "--show-toplevel")) if inside == "true" else None
    except GitFailedError as error:
        raise _unusable(folder, error) from None
    home = root or Path(git_dir)
    return Repository(GitCommand(home), str(home), Path(git_dir), root, is_shallow=shallow == "true")


def _describe(git: GitCommand) -> list[str]:
    questions = ("--is-inside-work-tree", "--is-shallow-repository", "--absolute-git-dir")
    return os.fsdecode(git.output("rev-parse", *questions)).removesuffix("\n").split("\n", 2)


def _unusable(folder: Path, error: GitFailedError) -> SourceError:
    if "dubious ownership" in error.reason or "safe.directory" in error.reason:
        hint = f"if you trust its content: git config --global --add safe.directory {folder.absolute()}"
        message = f"git does not trust the repository {folder}: it belongs to another user"
        return SourceError(message, code=UNTRUSTED, hint=hint)
    if "not a git repository" in error.reason:
        hint = "name a Git repository, or start one: git init"
        return SourceError(f"{folder} is in no Git repository", code=NOT_A_REPOSITORY, hint=hint)
    message = f"the repository {folder} cannot be used: {error.reason}"
    return SourceError(message, code=NOT_A_REPOSITORY, hint="`git status` there tells more")
