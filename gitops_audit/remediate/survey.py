"""One audit for a plan: the verdicts with the live objects, read as any audit reads them (Secrets as digests)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gitops_audit.config.settings import Settings, with_orphans
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Judged
from gitops_audit.engine.options import RunOptions
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.result import RunInfo
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.document import Scope

Select = Callable[[Sequence[Subject], Sequence[str]], list[Subject]]


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found. `resources` are all that is declared, also what was not chosen; `is_whole`: all was chosen.

    `declared` and `live` give objects as they may be shown: copies of secret values are tokens.
    """

    settings: Settings
    info: RunInfo
    verdicts: tuple[Verdict, ...]
    resources: tuple[Subject, ...]
    declared: Callable[[Subject], JsonObject]
    live: Callable[[Subject], JsonObject | None]
    is_whole: bool
    audit: Audit

    @property
    def commits(self) -> tuple[tuple[str, str], ...]:
        return tuple((source.name, source.commit) for source in self.info.sources)

    @property
    def after(self) -> Mapping[str, tuple[str, ...]]:
        """The sources that the engine of each deploys before it."""
        return {source.config.name: source.config.after for source in self.audit.sources}


def run_options(scope: Scope, on_progress: Callable[[str], None] | None = None) -> RunOptions:
    """The options of an audit of this scope."""
    return RunOptions(
        clusters=scope.clusters, sources=scope.sources, revision=scope.revision or None, on_progress=on_progress
    )


@contextmanager
def surveyed(
    settings: Settings, scope: Scope, select: Select, on_progress: Callable[[str], None] | None = None
) -> Iterator[Survey]:
    """Audits what the scope is about; live objects can be asked for until the end. Raises AuditError."""
    if scope.prune:
        settings = with_orphans(settings)
    audit = Audit(settings, run_options(scope, on_progress))
    try:
        audit.prepare()
        chosen = select(audit.resources, scope.resources)
        events = list(audit.run(chosen, keeps_live=True))
        verdicts = tuple(e.verdict for e in events if isinstance(e, Judged))
        is_whole = len(chosen) == len(audit.resources) and not scope.sources
        declared, live = audit.declared, audit.live
        yield Survey(settings, audit.info, verdicts, audit.resources, declared, live, is_whole, audit)
    finally:
        audit.close()
