"""The files of a report that is too large for one: `report.xml` becomes `report-1.xml`, `report-2.xml` and so on.

The whole is nowhere then: who collects `report.xml` alone misses it, and does not take a part for all of it. Only files
that an earlier run of this tool wrote as parts are replaced, and removed where this run has fewer.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from gitops_audit.regular_file import open_regular

MARK = b'<testsuites name="gitops-audit ('
"""What only a part has, near its start."""
_HEAD_BYTES = 200


def write_parts(target: str, documents: Sequence[bytes]) -> str:
    """Writes the parts beside the target and removes the target; gives a sentence that names them.

    Raises OSError where one cannot be written, FileExistsError where something else has its name.
    """
    paths = [_numbered(target, number) for number in range(1, len(documents) + 1)]
    for path in paths:
        if os.path.lexists(path) and not _is_part(path):
            raise FileExistsError(errno.EEXIST, f"{path.name} exists, and no earlier run wrote it as a part", str(path))
    for path, document in zip(paths, documents, strict=True):
        path.unlink(missing_ok=True)
        with path.open("xb") as file:
            file.write(document)
    remove_parts(target, len(documents) + 1)
    Path(target).unlink(missing_ok=True)
    return f"the report is too large for one file: {paths[0]} to {paths[-1].name} have it, and {target} is not there"


def remove_parts(target: str, first: int = 1) -> None:
    """Removes what an earlier run left from this number on: it would be read with what this run wrote."""
    for number in count(first):
        path = _numbered(target, number)
        if not _is_part(path):
            return
        with suppress(OSError):
            path.unlink()


def _numbered(target: str, number: int) -> Path:
    path = Path(target)
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def _is_part(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return MARK in file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return False
