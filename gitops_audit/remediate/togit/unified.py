"""The difference of two versions of files as git writes it, so that `git apply` takes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher, unified_diff

from gitops_audit.source.worktree import blob_id

CONTEXT = 3


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before (None: it is new) and after. `mode` is git's; `like` an object id of the repository."""

    path: str
    before: bytes | None = field(repr=False)
    after: bytes = field(repr=False)
    mode: str = "100644"
    like: str = ""

    @property
    def old_id(self) -> str:
        return "" if self.before is None else blob_id(self.before, self.like)

    @property
    def new_id(self) -> str:
        return blob_id(self.after, self.like)


def diff(change: FileChange) -> Iterator[bytes]:
    """The lines of one file's difference, each with its end."""
    old, new = _named("a", change.path), _named("b", change.path)
    yield f"diff --git {old} {new}\n".encode()
    if change.before is None:
        yield f"new file mode {change.mode}\nindex {'0' * 7}..{change.new_id[:7]}\n--- /dev/null\n".encode()
    else:
        yield f"index {change.old_id[:7]}..{change.new_id[:7]} {change.mode}\n--- {old}\n".encode()
    yield f"+++ {new}\n".encode()
    before, after = (_lines(data) for data in (change.before or b"", change.after))
    for number, line in enumerate(unified_diff(before, after, n=CONTEXT, lineterm="")):
        if number > 1:
            yield line.encode("utf-8", "surrogateescape") + _end(line)


def _end(line: str) -> bytes:
    """What a line still needs: heads of hunks have no end, and the last line of a file may have none."""
    if line.startswith("@@"):
        return b"\n"
    return b"" if line.endswith("\n") else b"\n\\ No newline at end of file\n"


def shown_lines(change: FileChange) -> Iterator[tuple[int, str]]:
    """The lines of the old version that the difference shows, each with its number (from 1)."""
    before, after = (_lines(data) for data in (change.before or b"", change.after))
    for group in SequenceMatcher(None, before, after).get_grouped_opcodes(CONTEXT):
        for number in range(group[0][1], group[-1][2]):
            yield number + 1, before[number]


def texts(changes: Iterable[FileChange]) -> Iterator[bytes]:
    for change in changes:
        yield from diff(change)


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _named(side: str, path: str) -> str:
    """In quotes where the name has characters that would end it."""
    text = f"{side}/{path}"
    return json.dumps(text, ensure_ascii=False) if any(c in '"\\' or c < " " for c in text) else text
