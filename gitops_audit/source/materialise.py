"""Writes files and links into an empty directory, so that nothing can be written beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gitops_audit.errors import SourceError

NOT_WRITTEN = "GA208"


def write_tree(dest: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Writes files by their paths below `dest`. There are no links yet, so every path stays there.

    Raises SourceError.
    """
    made: set[str] = set()
    try:
        for path, data in files:
            target = os.path.join(dest, path)
            folder = os.path.dirname(target)
            if folder not in made:
                os.makedirs(folder, exist_ok=True)
                made.add(folder)
            _write(target, data)
    except OSError as error:
        raise _not_written(dest, error) from None


def write_links(dest: Path, links: Iterable[tuple[str, bytes]]) -> None:
    """Makes links that were found to stay inside the tree. Raises SourceError."""
    root = os.path.realpath(dest)
    try:
        for path, target in links:
            place = os.path.join(root, path)
            folder = os.path.dirname(place)
            os.makedirs(folder, exist_ok=True)
            if os.path.realpath(folder) == folder:
                os.symlink(target, os.fsencode(place))
    except OSError as error:
        raise _not_written(dest, error) from None


def _write(target: str, data: bytes) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with open(descriptor, "wb") as file:
        file.write(data)


def _not_written(dest: Path, error: OSError) -> SourceError:
    message = f"the files of the source cannot be written to {dest}: {error.strerror}"
    return SourceError(message, code=NOT_WRITTEN, hint="see that there is room, and that the directory was empty")
