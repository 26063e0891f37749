"""Files that runs keep for later runs, in a folder that only this user can read.

A file is written beside its place and then renamed, so runs side by side see whole files only. A folder that cannot be
written is no reason to fail. Whoever else may write to the folder gives no file of his to a run: what neither this user
nor root wrote counts as not there.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.regular_file import open_regular


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """At most about `most` files of `most_bytes` in a folder; what was not used for longest goes first."""

    folder: Path
    most: int
    most_bytes: int = 1 << 30

    def read(self, name: str) -> bytes | None:
        """A file, None where it is not there."""
        file = self.folder / name
        try:
            with open_regular(file, follow_links=False) as opened:
                data = opened.read(self.most_bytes) if _is_trusted(os.fstat(opened.fileno())) else None
        except OSError:
            return None
        with contextlib.suppress(OSError):  # a folder that can be read only
            os.utime(file)
        return data

    def write(self, name: str, data: bytes) -> None:
        """Puts a file in the place of another one; one that would take half of the room is not kept."""
        if len(data) > self.most_bytes // 2:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._prune()
            descriptor, new = tempfile.mkstemp(dir=self.folder, prefix=".new-")
            try:
                with open(descriptor, "wb") as written:
                    written.write(data)
                os.replace(new, self.folder / name)
            except BaseException:
                os.unlink(new)
                raise

    def _prune(self) -> None:
        """Halves what is too much: what was not used for longest goes. Runs share a folder: what another one removes
        meanwhile is gone already."""
        with os.scandir(self.folder) as entries:
            found = sorted(((*_use(entry), entry.path) for entry in entries), reverse=True)
        if len(found) <= self.most and sum(size for _, size, _ in found) <= self.most_bytes:
            return
        count = size = 0
        for _, own_size, path in found:
            count, size = count + 1, size + own_size
            if count > (self.most + 1) // 2 or size > self.most_bytes // 2:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _use(entry: os.DirEntry[str]) -> tuple[float, int]:
    """When a file was used last, and its size."""
    try:
        found = entry.stat()
    except OSError:
        return 0.0, 0
    return found.st_mtime, found.st_size


def _is_trusted(found: os.stat_result) -> bool:
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
