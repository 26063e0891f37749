"""A packaged chart (`.tgz`), unpacked within bounds: nothing of it may come to lie outside of its folder.

What helm refuses is refused here too (paths that lead out), and what it passes over in silence (links, devices).
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gitops_audit.errors import SourceError
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.source.chart import limits
from gitops_audit.source.materialise import write_tree

BAD_PACKAGE = "GA266"


class _Excess(Exception):
    """More was unpacked than a chart may hold."""


class _Bounded(io.RawIOBase):
    """What a package unpacks to, up to the bound: headers of the archive count as well."""

    def __init__(self, packed: BinaryIO) -> None:
        self._unpacked = gzip.GzipFile(fileobj=packed)
        self._left = limits.MAX_UNPACKED_BYTES

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._unpacked.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise _Excess
        return data


def unpack(data: bytes, name: str, target: Path) -> Path:
    """Writes the chart of a package below an empty folder, and gives its folder. Raises SourceError.

    `name` is what messages call it.
    """
    try:
        folders = _written(data, target)
    except _Excess:
        limit = f"{limits.MAX_UNPACKED_BYTES >> 20} MiB or {limits.MAX_MEMBERS} files (limit: chart size)"
        raise _refused(name, f"it unpacks to more than {limit}") from None
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _MemberError) else "it is no archive, or a damaged one"
        raise _refused(name, reason) from None
    if len(folders) != 1:
        raise _refused(name, f"it holds {how_many(len(folders), 'folder')} at its top, and a chart is one")
    return target / folders.pop()


class _MemberError(ValueError):
    """A member that must not be unpacked."""


def _written(data: bytes, target: Path) -> set[str]:
    """Writes all files; gives the folders at the top."""
    folders: set[str] = set()
    with tarfile.open(fileobj=_Bounded(io.BytesIO(data)), mode="r|") as archive:
        write_tree(target, _members(archive, folders))
    return folders


def _members(archive: tarfile.TarFile, folders: set[str]) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    left = limits.MAX_UNPACKED_BYTES
    for number, member in enumerate(archive):
        left -= member.size
        if number >= limits.MAX_MEMBERS or left < 0:
            raise _Excess
        if member.isdir():
            continue
        path = _path(member)
        if path in seen:
            raise _MemberError(f"it holds {printable(path)!r} twice")
        seen.add(path)
        folders.add(path.partition("/")[0])
        file = archive.extractfile(member)
        yield path, file.read() if file else b""


def _path(member: tarfile.TarInfo) -> str:
    """Where a member belongs. Raises _MemberError for what is no file in a folder of the archive."""
    shown = printable(member.name)
    if not member.isreg() or member.issparse():
        raise _MemberError(f"it holds {shown!r}, which is no plain file")
    parts = PurePosixPath(member.name).parts
    if member.name.startswith(("/", "\\")) or ".." in parts or "\0" in member.name or "\\" in member.name:
        raise _MemberError(f"it holds {shown!r}, which leads out of the chart")
    if len(parts) < 2:
        raise _MemberError(f"it holds {shown!r} beside the chart's folder")
    return "/".join(parts)


def _refused(name: str, reason: str) -> SourceError:
    hint = "package the chart again with `helm package`, or keep a copy that you trust in `network.mirrors`"
    return SourceError(f"the package of {name} is refused: {reason}", code=BAD_PACKAGE, hint=hint)
