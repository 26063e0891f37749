"""Files that runs keep for later runs, in a folder that only this user can read.

A file is written beside its place and then renamed, so runs side by side see whole files only. A folder that cannot be
written is no reason to fail.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.regular_file import open_regular


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """At most about `most` files in a folder; what was not used for longest goes first."""

    folder: Path
    most: int

    def read(self, name: str, max_bytes: int) -> bytes | None:
        """At most `max_bytes` of a file, None where it is not there."""
        file = self.folder / name
        try:
            with open_regular(file, follow_links=False) as opened:
                data = opened.read(max_bytes)
            os.utime(file)
        except OSError:
            return None
        return bytes(data)

    def write(self, name: str, data: bytes) -> None:
        """Puts a file in the place of another one."""
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
        """Removes the half that was not used for longest, where there is too much. Runs share a folder: what another
        one removes meanwhile is gone already."""
        with os.scandir(self.folder) as entries:
            paths = [entry.path for entry in entries]
        if len(paths) <= self.most:
            return
        for path in sorted(paths, key=_last_used)[: len(paths) // 2]:
            with contextlib.suppress(OSError):
                os.unlink(path)


def _last_used(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
