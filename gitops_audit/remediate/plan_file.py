"""The file of a plan: only a regular one, opened before the audit, so that a path that cannot be written costs none."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gitops_audit.errors import ConfigError, ReportError
from gitops_audit.regular_file import open_regular
from gitops_audit.remediate.document import BAD_PLAN, NEW_PLAN, Plan

MAX_BYTES = 64 << 20
CANNOT_OPEN, CANNOT_WRITE = "GA601", "GA602"


def load_plan(path: Path) -> Plan:
    """Raises ConfigError for what is no plan, RemediationError for one that was edited."""
    try:
        with open_regular(path) as file:
            value = json.loads(file.read(MAX_BYTES), object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no JSON, or has a key twice"
        raise ConfigError(f"the plan {path} cannot be read: {reason}", code=BAD_PLAN, hint=NEW_PLAN) from None
    return Plan.from_json(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError where a key comes twice: what a person reads may be the other one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


class PlanFile:
    """Context manager. What stands in the file stays until a plan is written; one that opening made is removed where
    none is. Without a path nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._descriptor = -1
        self._is_new = False
        self._is_written = False

    def __enter__(self) -> Self:
        """Raises ConfigError (GA601) for a path that cannot be written."""
        if self.path is not None:
            try:
                self._open(self.path)
            except (OSError, ValueError) as error:
                reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
                hint = "name a file in a folder that you may write to"
                message = f"the plan cannot be written to {self.path}: {reason}"
                raise ConfigError(message, code=CANNOT_OPEN, hint=hint) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        if self.path is not None and self._is_new and not self._is_written:
            with suppress(OSError):
                self.path.unlink()

    def write(self, plan: Plan) -> None:
        """Raises ReportError (GA602) where the disk is full; a part of a plan is no plan."""
        if self._descriptor < 0:
            return
        data = (json.dumps(plan.to_json(), indent=2) + "\n").encode()
        try:
            os.ftruncate(self._descriptor, 0)
            with os.fdopen(os.dup(self._descriptor), "wb") as file:
                file.write(data)
        except OSError as error:
            message = f"the plan could not be written to {self.path}: {error.strerror}"
            raise ReportError(message, code=CANNOT_WRITE, hint="make room, and plan again") from None
        self._is_written = True

    def _open(self, path: Path) -> None:
        """Looks first: to open a pipe waits for its reader, and to open a device may do something."""
        is_new = not os.path.lexists(path)
        if not is_new and not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(0, "it is no regular file")
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        self._descriptor, self._is_new = os.open(path, flags, 0o666), is_new
