"""How the remediation writes, and what stops it (docs/reference/configuration.md)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gitops_audit.errors import NOWHERE, Location


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing is written: on these days (all, where empty), from one time of day to another.

    Where `end` is before `start`, it ends on the next day.
    """

    days: tuple[str, ...] = ()
    start: str = "00:00"
    end: str = "24:00"
    timezone: str = "UTC"
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class JournalKeyConfig:
    """Where the key of the journal is: in a file, or in an environment variable."""

    file: Path | None = None
    env: str = ""


@dataclass(frozen=True, slots=True)
class RemediationConfig:
    """How the remediation writes, and what stops it. Shares are of 1.

    `auto_approve`: a plan that pytest makes may be applied at once. `is_repair_enough`: what was repaired does not
    fail its test.
    """

    field_manager: str = "gitops-audit"
    prune: bool = False
    recreate: bool = False
    max_changes: int = 50
    max_deletions: int = 5
    max_deletion_share: float = 0.1
    max_shrink: float = 0.1
    protected_kinds: tuple[str, ...] = ("Namespace",)
    protected_namespaces: tuple[str, ...] = ("kube-system",)
    freeze: tuple[Freeze, ...] = ()
    wait_s: int = 300
    auto_approve: bool = False
    is_repair_enough: bool = False
    journal_key: JournalKeyConfig | None = None
