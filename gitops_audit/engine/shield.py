"""Keeps a bug from showing what was read.

A traceback has frames, and pytest shows their variables (`--showlocals`): files and objects before they are redacted. A
message may quote a value as well. So an unexpected error is told by its type and by the places it went through.
"""

from __future__ import annotations

import errno
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Self

from gitops_audit.errors import AuditError, ClusterError, InternalError
from gitops_audit.model.finding import Problem

_PACKAGE = Path(__file__).parents[1]
_PLACES = 8
TOO_DEEP = "GA308"
LACK = "GA003"
_LACKS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Shield:
    """Raises an AuditError in place of any other error that leaves the block.

    An interruption (Ctrl-C, a time limit of pytest) stays what it is, without the frames that it came through.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, AuditError):
            raise internal_error(error) from None
        if error is not None and not isinstance(error, AuditError):
            raise error.with_traceback(None) from None


def internal_error(error: Exception) -> AuditError:
    """What may be shown of an unexpected error: that the system lacks something, else that it is a bug, and where."""
    if lack := _lack(error):
        hint = "`ulimit -a` shows the limits of this process; memory and disk may be full"
        return AuditError(f"the system refuses what the audit needs: {lack}", code=LACK, hint=hint)
    frames = extract_tb(error.__traceback__)
    own = [f"{_shown(Path(f.filename))}:{f.lineno}" for f in frames if Path(f.filename).is_relative_to(_PACKAGE)]
    places = ", ".join(reversed(own[-_PLACES:])) or "unknown places"
    return InternalError(
        f"gitops-audit has a bug: {type(error).__name__} at {places}",
        hint="please report it with these places; what was read is not shown, for it may hold Secrets",
    )


def _lack(error: Exception) -> str:
    """What the system had not enough of; empty for any other error."""
    if isinstance(error, MemoryError):
        return "no memory is left"
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "no more threads can be started"
    return error.strerror or "" if isinstance(error, OSError) and error.errno in _LACKS else ""


def as_error(error: Exception) -> AuditError:
    """Any error as one that may be shown; of too many levels it is known that they are no bug."""
    if isinstance(error, AuditError):
        return error
    if isinstance(error, RecursionError):
        return ClusterError("it nests too deeply to be looked at (limit: object depth)", code=TOO_DEEP)
    return internal_error(error)


def as_problem(error: Exception) -> Problem:
    """What keeps one object from being judged: a bug too ends only the judgement of that object."""
    found = as_error(error)
    return Problem(found.code, f"{found.message}; {found.hint}" if found.hint else found.message)


def _shown(file: Path) -> str:
    return file.relative_to(_PACKAGE.parent).as_posix()
