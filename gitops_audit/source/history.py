"""Who changed a file last: one walk through history for all files that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_audit.errors import SourceError
from gitops_audit.model.resource import Commit
from gitops_audit.source.command import GitCommand
from gitops_audit.source.objects import CORRUPT, FSCK

# More paths than this make git slower than a walk through everything below their common directory.
_MAX_PATHSPECS = 64
_HEADER = b"\x01"
_FORMAT = "--format=%H%x00%an%x00%cI%x00%s"
_LOG = (
    "log",
    "-z",
    "--raw",
    "-c",
    "--no-abbrev",
    "--no-renames",
    "--no-color",
    "--no-decorate",
    "--no-ext-diff",
    "--encoding=UTF-8",
    "--format=%x01%H%x00%an%x00%cI%x00%s",
)


def last_commits(
    git: GitCommand, commit: str, wanted: Mapping[str, str], boundary: frozenset[str]
) -> dict[str, Commit]:
    """For each path the latest commit that gave it its content, the object id in `wanted`; absent where not known.

    The content decides between branches: what a merge dropped is not the origin of what is there. Commits in
    `boundary` end a shallow history, so they tell nothing. Raises SourceError.
    """
    found: dict[str, Commit] = {}
    if not wanted:
        return found
    with git.process(*_LOG, commit, "--", *_pathspecs(wanted)) as process:
        for entry, path, object_id in _changes(_tokens(process), boundary):
            if path not in found and wanted.get(path) == object_id:
                found[path] = entry
                if len(found) == len(wanted):
                    return found
        _check(git, process)
    return found


def described(git: GitCommand, commit: str) -> Commit:
    """Who made a commit, when, and what its first line says. Raises GitFailedError."""
    sha, author, date, subject = git.line("log", "-1", "--encoding=UTF-8", _FORMAT, commit, "--").split("\0", 3)
    return _commit(*(part.encode("utf-8", "replace") for part in (sha, author, date, subject)))


def _pathspecs(wanted: Mapping[str, str]) -> list[str]:
    if len(wanted) <= _MAX_PATHSPECS:
        return sorted(wanted)
    first, last = min(wanted).split("/")[:-1], max(wanted).split("/")[:-1]
    common = [a for a, b in zip(first, last, strict=False)]
    for depth, (a, b) in enumerate(zip(first, last, strict=False)):
        if a != b:
            common = first[:depth]
            break
    return ["/".join(common)] if common else []


def _tokens(process: Any) -> Iterator[bytes]:
    """The NUL-separated parts of the output, as they come."""
    rest = b""
    while chunk := process.stdout.read1(1 << 16):
        *complete, rest = (rest + chunk).split(b"\0")
        yield from complete
    if rest:
        yield rest


def _changes(tokens: Iterator[bytes], boundary: frozenset[str]) -> Iterator[tuple[Commit, str, str]]:
    """(commit, path, object id afterwards) of each change; of merges only what differs from all their parents."""
    entry, is_cut = Commit("", "", "", ""), False
    for token in tokens:
        part = token.lstrip(b"\n")
        if part.startswith(_HEADER):
            entry = _commit(part, next(tokens), next(tokens), next(tokens))
            is_cut = entry.sha in boundary
        elif part.startswith(b":"):
            path = next(tokens).decode("utf-8", "surrogateescape")
            if not is_cut:
                yield entry, path, _after(part)


def _commit(sha: bytes, author: bytes, date: bytes, subject: bytes) -> Commit:
    return Commit(sha.lstrip(_HEADER).decode(), _text(author), _text(date), _text(subject))


def _text(raw: bytes) -> str:
    """Written by whoever committed: nothing in it may steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in raw.decode("utf-8", "replace"))


def _after(raw: bytes) -> str:
    """The object id after the change; a merge (`::`) lists one mode and one id per parent before it."""
    fields = raw.lstrip(b":").split()
    parents = len(raw) - len(raw.lstrip(b":"))
    return fields[2 * parents + 1].decode()


def _check(git: GitCommand, process: Any) -> None:
    """The walk came to its end: was it the end of history? Raises SourceError."""
    stderr = process.stderr.read().decode("utf-8", "replace")
    if process.proc.wait():
        message = f"the history of {git.folder} cannot be read: {git.scrubbed(stderr)}"
        raise SourceError(message, code=CORRUPT, hint=FSCK)
