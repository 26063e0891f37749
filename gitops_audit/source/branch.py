"""A commit on a new branch, made of objects alone: no work tree, no index, no hook and no signature is touched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from gitops_audit.errors import ConfigError, RemediationError
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.repository import Repository

NO_BRANCH, NO_AUTHOR, NO_COMMIT = "GA517", "GA518", "GA519"
_Changes = dict[str, Any]


def check_branch(repository: Repository, name: str) -> None:
    """Raises ConfigError for what is no name of a branch, or one that is there."""
    try:
        repository.git.output("check-ref-format", "--branch", name)
    except GitFailedError:
        raise ConfigError(
            f"{name!r} is no name of a branch", code=NO_BRANCH, hint="see `git help check-ref-format`"
        ) from None
    if name.startswith("-") or repository.git.line("for-each-ref", f"refs/heads/{name}"):
        raise ConfigError(f"there is a branch {name!r} already", code=NO_BRANCH, hint="give another name, or delete it")


def check_author(repository: Repository) -> None:
    """Raises ConfigError where git does not know who commits."""
    for role in ("AUTHOR", "COMMITTER"):
        for what in ("name", "email"):
            if not os.environ.get(f"GIT_{role}_{what.upper()}") and not _setting(repository, f"user.{what}"):
                hint = "git config --global user.name NAME; git config --global user.email ADDRESS"
                raise ConfigError("git does not know who you are, so nothing was committed", code=NO_AUTHOR, hint=hint)


def commit_branch(repository: Repository, name: str, parent: str, files: Mapping[str, bytes], message: str) -> str:
    """Makes the branch with one commit on `parent` in which files have other contents; gives the commit's id.

    Raises ConfigError and RemediationError; then there is no branch.
    """
    check_branch(repository, name)
    check_author(repository)
    try:
        tree = _tree(repository, f"{parent}^{{tree}}", _nested(files))
        commit = _fed(repository, message.encode(), "commit-tree", tree, "-p", parent, "-F", "-")
        repository.git.output("update-ref", f"refs/heads/{name}", commit, "0" * len(commit))
    except GitFailedError as error:
        raise RemediationError(f"the branch {name!r} cannot be made: {error.reason}", code=NO_COMMIT) from None
    return commit


def _nested(files: Mapping[str, bytes]) -> _Changes:
    result: _Changes = {}
    for path, data in files.items():
        *folders, name = path.split("/")
        folder = result
        for step in folders:
            folder = folder.setdefault(step, {})
        folder[name] = data
    return result


def _tree(repository: Repository, tree: str, changes: _Changes) -> str:
    """The id of a tree with other entries; modes stay, and new files are plain ones."""
    entries = _entries(repository, tree) if tree else {}
    for name, change in changes.items():
        mode, _, old = entries.get(name.encode(), ("", "", ""))
        if isinstance(change, dict):
            entries[name.encode()] = "040000", "tree", _tree(repository, old if mode == "040000" else "", change)
        else:
            blob = _fed(repository, change, "hash-object", "-w", "--no-filters", "--stdin")
            entries[name.encode()] = mode if mode.startswith("100") else "100644", "blob", blob
    lines = (f"{mode} {kind} {id_}\t".encode() + name + b"\0" for name, (mode, kind, id_) in entries.items())
    return _fed(repository, b"".join(lines), "mktree", "-z")


def _entries(repository: Repository, tree: str) -> dict[bytes, tuple[str, str, str]]:
    found = {}
    for line in repository.git.output("ls-tree", "-z", "--full-tree", tree).split(b"\0")[:-1]:
        meta, _, name = line.partition(b"\t")
        mode, kind, id_ = meta.decode().split(" ")
        found[name] = mode, kind, id_
    return found


def _fed(repository: Repository, data: bytes, *arguments: str) -> str:
    """What a command that reads its input prints. Raises GitFailedError."""
    with repository.git.process(*arguments, has_input=True) as process:
        out, err = process.communicate(data)
        if process.returncode:
            raise GitFailedError(repository.git.scrubbed(err.decode("utf-8", "replace")))
        return str(out.decode().strip())


def _setting(repository: Repository, name: str) -> str:
    try:
        return repository.git.line("config", "--get", name)
    except GitFailedError:
        return ""
