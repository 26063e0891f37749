"""Packages of charts, kept by their SHA-256, and which one a version meant last (for runs without network).

What does not have its digest any more counts as not there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import ChartRef
from gitops_audit.source.kept import KeptFiles

_MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Meant:
    """What a reference meant when it was fetched last; `artifact` as of a `Package`."""

    version: str
    digest: str
    artifact: str = ""


@dataclass(frozen=True, slots=True)
class ChartCache:
    """The packages below a folder that only this user can read."""

    folder: Path

    def read(self, digest: str) -> bytes | None:
        """The package with that SHA-256, None where it is not there."""
        data = self._packages.read(digest) if digest else None
        return data if data is not None and hashlib.sha256(data).hexdigest() == digest else None

    def keep(self, data: bytes) -> None:
        self._packages.write(hashlib.sha256(data).hexdigest(), data)

    def meant(self, ref: ChartRef) -> Meant | None:
        data = self._meanings.read(_name(ref))
        try:
            return Meant(**json.loads(data)) if data is not None else None
        except (ValueError, TypeError):
            return None

    def note(self, ref: ChartRef, meant: Meant) -> None:
        self._meanings.write(_name(ref), json.dumps(asdict(meant)).encode())

    @property
    def _packages(self) -> KeptFiles:
        return KeptFiles(self.folder / "sha256", _MOST_FILES)

    @property
    def _meanings(self) -> KeptFiles:
        return KeptFiles(self.folder / "meant", _MOST_FILES)


def _name(ref: ChartRef) -> str:
    text = "\n".join((without_user_info(ref.repository), ref.name, ref.version))
    return hashlib.sha256(text.encode()).hexdigest()
