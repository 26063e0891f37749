"""Packages of charts, kept by their SHA-256, and which one a version meant last (for runs without network).

A file is written beside its place and then renamed, so runs side by side see whole files only; what does not have its
digest any more counts as not there. A cache that cannot be written is no reason to fail.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import ChartRef
from gitops_audit.regular_file import open_regular
from gitops_audit.source.chart import limits

_MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Meant:
    """What a reference meant when it was fetched last."""

    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class ChartCache:
    """The packages below a folder that only this user can read."""

    folder: Path

    def read(self, digest: str) -> bytes | None:
        """The package with that SHA-256, None where it is not there."""
        data = self._bytes(self.folder / "sha256" / digest) if digest else None
        return data if data is not None and hashlib.sha256(data).hexdigest() == digest else None

    def keep(self, data: bytes) -> None:
        self._write(self.folder / "sha256" / hashlib.sha256(data).hexdigest(), data)

    def meant(self, ref: ChartRef) -> Meant | None:
        data = self._bytes(self._place_of(ref))
        try:
            return Meant(**json.loads(data)) if data is not None else None
        except (ValueError, TypeError):
            return None

    def note(self, ref: ChartRef, meant: Meant) -> None:
        self._write(self._place_of(ref), json.dumps(asdict(meant)).encode())

    def _place_of(self, ref: ChartRef) -> Path:
        text = "\n".join((without_user_info(ref.repository), ref.name, ref.version))
        return self.folder / "meant" / hashlib.sha256(text.encode()).hexdigest()

    def _bytes(self, file: Path) -> bytes | None:
        try:
            with open_regular(file, follow_links=False) as opened:
                data = opened.read(limits.MAX_PACKAGE_BYTES)
            os.utime(file)
        except OSError:
            return None
        return bytes(data)

    def _write(self, file: Path, data: bytes) -> None:
        with contextlib.suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _prune(file.parent)
            descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
            try:
                with open(descriptor, "wb") as written:
                    written.write(data)
                os.replace(name, file)
            except BaseException:
                os.unlink(name)
                raise


def _prune(folder: Path) -> None:
    """Removes the half that was not used for longest, where there is too much. Runs share a cache: what another one
    removes meanwhile is gone already."""
    with os.scandir(folder) as entries:
        paths = [entry.path for entry in entries]
    if len(paths) <= _MOST_FILES:
        return
    for path in sorted(paths, key=_last_used)[: len(paths) // 2]:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _last_used(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
