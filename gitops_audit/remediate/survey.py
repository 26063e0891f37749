"""One audit for a plan: the verdicts with the live objects, read as any audit reads them (Secrets as digests)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gitops_audit.config.settings import Settings, SourceConfig, with_orphans
from gitops_audit.deployer.expansion import FOLLOWED_KINDS
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Judged, OnProgress
from gitops_audit.engine.options import RunOptions
from gitops_audit.model.resource import Declared, JsonObject, mapping
from gitops_audit.model.result import RunInfo
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.digest import rendered_digest
from gitops_audit.remediate.document import Plan, Scope

_MOST_SIBLINGS = 20

Select = Callable[[Sequence[Subject], Sequence[str]], list[Subject]]


@dataclass(frozen=True, slots=True)
class Followed:
    """A source that an engine deploys, and the cluster in which the engine runs."""

    config: SourceConfig
    cluster: str
    resources: Sequence[Subject] = ()

    @property
    def engine_object(self) -> tuple[tuple[str, str], str, str]:
        """The kind, namespace and name of its Application, Kustomization or HelmRelease."""
        kind, _, rest = self.config.followed_from.partition(" ")
        namespace, _, name = rest.partition(" ")[0].rpartition("/")
        group = next((k[0] for kinds in FOLLOWED_KINDS.values() for k in kinds if k[1] == kind), "")
        return (group, kind), namespace, name

    def declared(self) -> JsonObject | None:
        """That object as Git has it, where a source of this run declares it."""
        (group, kind), namespace, name = self.engine_object
        wanted = group, kind, namespace, name
        keys = ((r, r.key) for r in self.resources)
        return next((r.body for r, k in keys if (k.group, k.kind, k.namespace, k.name) == wanted), None)


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

    def siblings(self, cluster: str, source: str, but: str = "") -> Iterator[tuple[JsonObject, Subject]]:
        """Some live objects of a source, as they may be shown (nothing of them may be written), without one of them."""
        own = (r for r in self.resources if (r.key.cluster, r.source) == (cluster, source) and r.id != but)
        for _, resource in zip(range(_MOST_SIBLINGS), own, strict=False):
            live = self.live(resource)
            if live is not None:
                yield live, resource

    def followed(self, source: str) -> Followed | None:
        """None for a source that no engine of this configuration deploys."""
        configs = {one.config.name: one.config for one in self.audit.sources}
        config = configs.get(source)
        if config is None or not config.followed_from:
            return None
        engines = (c for c in configs.values() if c.follow is not None and source.startswith(f"{c.name}."))
        engine = max(engines, key=lambda c: len(c.name), default=None)
        cluster = engine.clusters[0] if engine is not None and engine.clusters else ""
        return Followed(config, cluster, self.resources) if cluster else None


def run_options(
    scope: Scope,
    on_progress: OnProgress | None = None,
    is_confirmed: Callable[[Declared, JsonObject], bool] | None = None,
) -> RunOptions:
    """The options of an audit of this scope."""
    return RunOptions(
        clusters=scope.clusters,
        sources=scope.sources,
        revision=scope.revision or None,
        on_progress=on_progress,
        is_confirmed=is_confirmed,
        is_located=False,
    )


@contextmanager
def surveyed(
    settings: Settings,
    scope: Scope,
    select: Select,
    on_progress: OnProgress | None = None,
    plan: Plan | None = None,
) -> Iterator[Survey]:
    """Audits what the scope is about; live objects can be asked for until the end. Raises AuditError.

    `plan` is one that is carried out: of what is still as it was then, no server is asked again whether it differs.
    """
    if scope.prune:
        settings = with_orphans(settings)
    audit = Audit(settings, run_options(scope, on_progress, _as_planned(plan) if plan else None))
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


def _as_planned(plan: Plan) -> Callable[[Declared, JsonObject], bool]:
    """Whether neither what is declared nor the live object changed since a plan was made that repairs it in place."""
    actions = {action.id: action for action in plan.actions if action.action in ("apply", "remove-fields")}

    def is_same(declared: Declared, live: JsonObject) -> bool:
        action = actions.get(declared.id)
        if action is None or not action.resource_version:
            return False
        version = mapping(live.get("metadata")).get("resourceVersion")
        return version == action.resource_version and rendered_digest(declared.body) == action.rendered_digest

    return is_same
