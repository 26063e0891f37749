"""The errors of gitops-audit: one root, a stable code each.

AuditError
├── InternalError  GA001  a bug of gitops-audit                exit code 3
├── ConfigError    GA1xx  the audit's own configuration        exit code 2
├── SourceError    GA2xx  Git and what is rendered from it     exit code 3
├── ClusterError   GA3xx  a cluster or a recording of one      exit code 3
├── PolicyError    GA4xx  policies, packs and exceptions       exit code 2
├── RemediationError GA5xx plans, guards and their execution   exit code 1
└── ReportError    GA6xx  reports and what they are written to exit code 3

A message says what failed, where and why in one sentence; `hint` says what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file a person can open; `line` counts from 1, 0 means the file as a whole."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    @classmethod
    def of(cls, file: Path, line: int = 0) -> Location:
        """A place in a file of this machine; below the working directory it is named from there."""
        here = Path.cwd()
        return cls(str(file.relative_to(here) if file.is_relative_to(here) else file), line)


NOWHERE = Location("")


class AuditError(Exception):
    """Root of all errors a user may see."""

    default_code: ClassVar[str] = "GA000"
    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, code: str = "", where: Location | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.where = where
        self.hint = hint

    @property
    def told(self) -> str:
        """What failed and what to do next, in one sentence."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where and self.where.path else ""
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{place}{self.message} [{self.code}]{hint}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.code, self.where, self.hint)


def _rebuild(cls: type[AuditError], message: str, code: str, where: Location | None, hint: str) -> AuditError:
    return cls(message, code=code, where=where, hint=hint)


class InternalError(AuditError):
    """Something that must not happen. What was being read is in no part of it."""

    default_code = "GA001"


class ConfigError(AuditError):
    """The configuration cannot be used as it is written."""

    default_code = "GA100"
    exit_code = 2


class SourceError(AuditError):
    """A Git repository, revision or path cannot be read, or not be rendered."""

    default_code = "GA200"


class ClusterError(AuditError):
    """A cluster, or a recording of one, cannot be read."""

    default_code = "GA300"


class PolicyError(AuditError):
    """A policy document cannot be used as it is written."""

    default_code = "GA400"
    exit_code = 2


class RemediationError(AuditError):
    """A plan cannot be made or carried out."""

    default_code = "GA500"
    exit_code = 1


class ReportError(AuditError):
    """A report cannot be made or written."""

    default_code = "GA600"
