"""Whether and how strictly the engines that deploy (Argo CD, Flux) are checked themselves."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_audit.model.severity import Severity

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """`enabled` is None where nothing is said: then it is checked where a source follows an engine.

    `exclude` are rules that are not asked, `severity` is that of rules which are worth more or less to somebody.
    `status_age_s`: a status that has not moved for longer is stale. `sync_age_s`: a last sync that is older is a
    finding; None where an old one is as good as a new one.
    """

    enabled: bool | None = None
    exclude: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    status_age_s: int = DAY_S
    sync_age_s: int | None = None
