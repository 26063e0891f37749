"""What a run that a signal ended did not come to: an error of each resource, so that no report of it looks clean."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gitops_audit.config.settings import Settings
from gitops_audit.errors import AuditError
from gitops_audit.model.finding import Problem
from gitops_audit.model.subject import OFFLINE_CLUSTER, Subject, Unread
from gitops_audit.model.verdict import Verdict

CODE = "GA002"


def unjudged(settings: Settings, chosen: Sequence[Subject], judged: Collection[str], reason: str) -> Iterator[Verdict]:
    """A verdict for each chosen resource whose id is not among the `judged`.

    Where the signal came before the resources were known (`chosen` is empty), one for each source and cluster.
    """
    error = AuditError(f"the run was {reason} before this was evaluated", code=CODE, hint="run the audit again")
    for resource in chosen or _sources(settings, error):
        if resource.id not in judged:
            problem = Problem(error.code, f"{error.message}; {error.hint}")
            yield Verdict.of(resource, "error", errors=(problem,))


def _sources(settings: Settings, error: AuditError) -> Iterator[Unread]:
    known = tuple(cluster.name for cluster in settings.clusters) or (OFFLINE_CLUSTER,)
    for source in settings.sources:
        for cluster in source.clusters or known:
            yield Unread.of_source(cluster, source.name, error)
