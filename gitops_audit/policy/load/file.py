"""Reads policy files and the files beside them, within bounds: a path may lead to a device, a pipe or a loop."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from gitops_audit.errors import Location, PolicyError
from gitops_audit.regular_file import NoRegularFile, open_regular

MAX_FILE_BYTES = 16 << 20  # the largest public collection of policies in one file has under 2 MiB
MAX_FILES = 20_000
SUFFIXES = (".yaml", ".yml", ".json")
_UNUSABLE = "GA408"
_HINT = "name a regular file or a directory of such files"


def data_of(path: Path, where: Location | None = None) -> bytes:
    """The bytes of a regular file; `where` is what names it, else the file itself.

    Raises PolicyError: GA404 where it cannot be read, GA408 where it is no regular file or larger than MAX_FILE_BYTES.
    """
    where = where or Location(str(path))
    try:
        with open_regular(path) as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except NoRegularFile as error:
        message = f"cannot read {path}: {error.strerror}"
        raise PolicyError(message, code=_UNUSABLE, where=where, hint=_HINT) from None
    except OSError as error:
        raise PolicyError(f"cannot read {path}: {_reason(error)}", code="GA404", where=where) from None
    if len(data) > MAX_FILE_BYTES:
        message = f"cannot read {path}: it has more than {MAX_FILE_BYTES >> 20} MiB (limit: policy size)"
        raise PolicyError(message, code=_UNUSABLE, where=where, hint="split the file, or name only the policies in it")
    return data


def sibling(file: Path) -> Callable[[str], bytes]:
    """Reads files by names relative to a file. What it gives raises PolicyError as `data_of` does."""
    return lambda name: data_of(file.parent / name)


def is_directory(path: Path, where: Location) -> bool:
    """Whether a path is a directory. Raises PolicyError (GA404) where nothing is there, or it cannot be asked for."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        raise PolicyError(f"there is no policy file or directory {path}", code="GA404", where=where) from None
    except (OSError, ValueError) as error:
        raise PolicyError(f"cannot read {path}: {_reason(error)}", code="GA404", where=where) from None


def files_of(folder: Path, *, with_hidden: bool = False) -> list[Path]:
    """The files of a directory and those below it that are YAML or JSON by their names, sorted; hidden ones are
    left out unless they are asked for.

    Raises PolicyError: GA404 for a directory that cannot be read, GA408 for a link to a directory, or more than
    MAX_FILES files.
    """
    found: list[Path] = []
    for path in _below(folder, with_hidden):
        found.append(path)
        if len(found) > MAX_FILES:
            message = f"there are more than {MAX_FILES} files in {folder} (limit: policy files)"
            raise PolicyError(message, code=_UNUSABLE, where=Location(str(folder)), hint="name the policies' directory")
    return sorted(found)


def _below(folder: Path, with_hidden: bool) -> Iterator[Path]:
    waiting = [str(folder)]
    while waiting:
        directory = waiting.pop()
        try:
            entries = list(os.scandir(directory))
        except OSError as error:
            message = f"cannot read the directory {directory}: {_reason(error)}"
            raise PolicyError(message, code="GA404", where=Location(directory)) from None
        for entry in entries:
            if entry.name.startswith(".") and not with_hidden:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif os.path.isdir(entry.path):
                raise _linked(entry.path)
            elif entry.name.lower().endswith(SUFFIXES):
                yield Path(entry.path)


def _linked(path: str) -> PolicyError:
    """A link may lead round in a circle, and what lies behind it must not be left out unseen."""
    message = f"{path} is a link to a directory, and those are not followed"
    return PolicyError(message, code=_UNUSABLE, where=Location(path), hint="name the directory as a `path` of its own")


def _reason(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
