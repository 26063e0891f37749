"""Follows Argo CD and Flux: what their objects deploy becomes sources, and so on until nothing new comes.

Example: source `fleet` declares the Application `root`, whose path holds the Applications `shop` and `web`. The first
round reads `fleet` and gives the source `fleet.root`; the second reads that and gives `fleet.shop` and `fleet.web`; the
third gives nothing new. What a round knows of a source may change it (a ConfigMap with its variables is found): it is
read again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import KustomizeOptions, Settings, SourceConfig
from gitops_audit.deployer.expansion import (
    FOLLOWED_KINDS,
    Context,
    Expansion,
    GoTemplate,
    GroupKind,
    Placed,
    Unfollowed,
    name_of,
    told_once,
)
from gitops_audit.engine.gather.live_objects import LiveObjects
from gitops_audit.engine.gather.repositories import Repositories
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.errors import AuditError, SourceError
from gitops_audit.model.resource import FileProblem, Manifest, Rendered, group_of, mapping
from gitops_audit.render import jq
from gitops_audit.source import Checkout
from gitops_audit.source.chart.web import NOT_ALLOWED

MAX_ROUNDS, MAX_SOURCES = 50, 2000
TOO_MANY, CYCLE, NOT_PLACED, NOTHING_FOLLOWED, NO_CLUSTER = "GA282", "GA283", "GA284", "GA285", "GA286"

_EXPANSIONS = {
    "argocd": "gitops_audit.deployer.argocd.expand",
    "flux": "gitops_audit.deployer.flux.expand",
}
# What is asked of the cluster where a source follows what it has.
_LIVE: dict[str, tuple[GroupKind, ...]] = {key: tuple(sorted(kinds)) for key, kinds in FOLLOWED_KINDS.items()}

Evaluated = Callable[[Sequence[GoTemplate]], Sequence[str]]
Read = Callable[[Sequence[SourceConfig]], Mapping[str, ReadSource]]


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows one source. `read` reads many sources at once; `live` asks the engine's cluster."""

    settings: Settings
    source: SourceConfig
    files: Repositories
    live: LiveObjects
    read: Read
    templates: Evaluated

    def follow(self, start: ReadSource) -> tuple[ReadSource, ...]:
        """The source itself as it was read, and all that follows from it."""
        if start.error is not None:
            return (start,)
        known: dict[str, ReadSource] = {}
        try:
            start = self._as_flux_builds(start)
            return self._followed(start, known)
        except AuditError as error:
            for source in known.values():
                source.close()
            return (replace(start, error=error),)

    @property
    def engine(self) -> str:
        return "argocd" if self.source.argocd else "flux"

    def _as_flux_builds(self, start: ReadSource) -> ReadSource:
        """The path that Flux is bootstrapped with, built as any Kustomization is where all below it are manifests."""
        if self.engine != "flux" or self.source.type != "auto" or start.kind != "directory":
            return start
        options = KustomizeOptions("none", is_generated=True, ignore=())
        built = self.read([replace(self.source, type="kustomize", kustomize=options)])[self.source.name]
        is_whole = built.error is None and not built.rendered.problems
        (start if is_whole else built).close()
        return built if is_whole else start

    def _followed(self, start: ReadSource, known: dict[str, ReadSource]) -> tuple[ReadSource, ...]:
        if not self.source.clusters:
            raise _not_placed(self.source, self.engine)
        found = self._seeds()
        for _ in range(MAX_ROUNDS):
            expansion = self._expanded([*found, *self._placed((start, *known.values()))])
            wanted = {c.name: c for c in expansion.sources if c.name != self.source.name}
            if len(wanted) > MAX_SOURCES:
                raise _too_many(self.source, f"more than {MAX_SOURCES} sources (limit: followed sources)")
            fresh = [c for c in wanted.values() if c.name not in known or known[c.name].config != c]
            for gone in [name for name in known if name not in wanted or wanted[name] in fresh]:
                known.pop(gone).close()
            if not fresh:
                return tuple(_finished(start, known, expansion, self.engine))
            known |= self.read(fresh)
        raise _too_many(self.source, f"applications of applications, {MAX_ROUNDS} deep (limit: followed depth)")

    def _seeds(self) -> list[Placed]:
        """What the cluster has, where the source follows that."""
        cluster = self.source.clusters[0]
        if not self.source.is_from_cluster:
            return []
        found: list[Placed] = []
        for kind in _LIVE[self.engine]:
            listed = self.live(kind)
            if listed is None:
                raise _no_cluster(self.source, cluster)
            found += (Placed(body, self.source, cluster) for body in listed)
        return found

    def _placed(self, sources: Sequence[ReadSource]) -> Iterator[Placed]:
        for source in sources:
            for cluster in source.config.clusters:
                rendered = source.on(cluster).rendered
                yield from (Placed(m.body, source.config, cluster, m.origin) for m in rendered.manifests)

    def _expanded(self, placed: Sequence[Placed]) -> Expansion:
        clusters = tuple(cluster.name for cluster in (*self.settings.clusters, *self.settings.elsewhere))
        context = Context(self.source, clusters, self.files, self.live, self.templates, jq.is_there())
        expansion: Expansion = import_module(_EXPANSIONS[self.engine]).expand(placed, context)
        return expansion


def _finished(
    start: ReadSource, known: Mapping[str, ReadSource], expansion: Expansion, engine: str
) -> Iterator[ReadSource]:
    """The engine's own source without what followed sources declare as well, and then these."""
    unread = [s for s in known.values() if _is_out_of_reach(s)]
    for source in unread:
        source.close()
    followed = [
        *_settled(s for s in known.values() if not _is_out_of_reach(s)),
        *(ReadSource(b.source, error=b.error) for b in expansion.problems),
    ]
    unfollowed = (*expansion.unfollowed, *map(_unfollowed, unread))
    own = replace(start.changed(_without(start, followed)), unfollowed=unfollowed, followed=expansion.followed)
    own = replace(own, rendered=replace(own.rendered, notes=(*own.rendered.notes, *expansion.notes)))
    if not followed:
        own = replace(own, error=_nothing_followed(own, engine))
    cycles = cycles_of(expansion.declared_by)
    for source in (own, *followed):
        cycle = cycles.get(source.config.name)
        yield source.changed(partial(_with_problem, problem=_cycle(source.config, cycle))) if cycle else source


def _settled(followed: Iterable[ReadSource]) -> Iterator[ReadSource]:
    """Of several sources of one Application the last that declares an object wins, as Argo CD has it."""
    by_object: dict[str, list[ReadSource]] = {}
    for source in followed:
        by_object.setdefault(source.config.followed_from, []).append(source)
    for parts in by_object.values():
        for number, part in enumerate(parts):
            later = {_identity(m, part.config.namespace) for other in parts[number + 1 :] for m in other.all_manifests}
            yield part.changed(partial(_but, later=later, namespace=part.config.namespace)) if later else part


def _but(rendered: Rendered, later: Collection[tuple[str, ...]], namespace: str) -> Rendered:
    return replace(rendered, manifests=tuple(m for m in rendered.manifests if _identity(m, namespace) not in later))


def _identity(manifest: Manifest, namespace: str) -> tuple[str, ...]:
    body = manifest.body
    own = str(mapping(body.get("metadata")).get("namespace") or namespace)
    return group_of(body), str(body.get("kind", "")), own, name_of(body)


def _without(start: ReadSource, followed: Sequence[ReadSource]) -> Callable[[Rendered], Rendered]:
    """An Application that deploys the path it is declared in declares the same objects once more: they are its own."""
    same = [s for s in followed if s.checkout and start.checkout and _tree(s.checkout) == _tree(start.checkout)]
    places = {_place(m) for s in same for m in s.all_manifests}
    told = {(p.path, p.line) for s in same for p in s.rendered.problems}
    built = tuple(f"{s.config.path}/" for s in same if s.kind != "directory")

    def changed(rendered: Rendered) -> Rendered:
        manifests = (m for m in rendered.manifests if _place(m) not in places)
        problems = (p for p in rendered.problems if (p.path, p.line) not in told and not p.path.startswith(built))
        return replace(rendered, manifests=tuple(manifests), problems=tuple(problems))

    return changed


def _place(manifest: Manifest) -> tuple[str, str, str]:
    """The file of an object, and which it is there: an engine may change all else of it."""
    return manifest.origin.path, str(manifest.body.get("kind")), name_of(manifest.body)


def _is_out_of_reach(source: ReadSource) -> bool:
    """Whether its chart, or one that it needs, is one that the configuration lets nobody fetch: no failure, but nothing
    is seen of it."""
    if source.error is not None:
        return source.error.code == NOT_ALLOWED
    return _lacking(source) is not None and not any(True for _ in source.all_manifests)


def _lacking(source: ReadSource) -> FileProblem | None:
    """What tells of a chart that is needed and may not be fetched."""
    return next((p for p in source.rendered.problems if p.code == NOT_ALLOWED), None)


def _unfollowed(source: ReadSource) -> Unfollowed:
    origin = source.config.followed_from
    title, _, place = origin.partition(" at ") if " at " in origin else origin.rpartition(" of ")
    kind, _, name = title.partition(" ")
    chart = source.config.helm.chart
    if (lacking := _lacking(source)) is not None:
        return Unfollowed(kind, name.partition(" of ")[0], place, lacking.message.removeprefix("helm: "))
    host = re.sub(r"^\w+://", "", without_user_info(chart.repository)).partition("/")[0] if chart else ""
    reason = f"its chart is one of {host}, and nothing is fetched from there unless `network: {{allow: ...}}` names it"
    return Unfollowed(kind, name.partition(" of ")[0], place, reason)


def _tree(checkout: Checkout) -> tuple[str, str]:
    return checkout.repo, checkout.commit or checkout.revision


def _with_problem(rendered: Rendered, problem: FileProblem) -> Rendered:
    return replace(rendered, problems=(*rendered.problems, problem))


def _cycle(config: SourceConfig, names: Sequence[str]) -> FileProblem:
    message = f"the sources {', '.join(names)} declare each other, so none of them is there before the others"
    return FileProblem(config.where.path or config.name, max(config.where.line, 1), message, CYCLE)


def cycles_of(declared_by: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """For each source, those that declare it and are declared by it, over any number of steps; itself alone is fine."""
    above: dict[str, set[str]] = {}
    for name, parent in declared_by:
        above.setdefault(name, set()).add(parent)
    reached = {name: _reached(name, above) for name in above}
    rings = {name: tuple(sorted(n for n in reached[name] if name in reached.get(n, ()))) for name in above}
    return {name: ring for name, ring in rings.items() if len(ring) > 1}


def _reached(name: str, above: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [*above[name]]
    while todo:
        if (parent := todo.pop()) not in found:
            found.add(parent)
            todo += above.get(parent, ())
    return found


def _nothing_followed(own: ReadSource, engine: str) -> SourceError:
    what = {"argocd": "Application", "flux": "Kustomization or HelmRelease"}[engine]
    reasons = "; ".join(told_once(own.unfollowed))
    return SourceError(
        f"the source {own.config.name!r} follows no {what}" + (f": {reasons}" if reasons else ""),
        code=NOTHING_FOLLOWED,
        where=own.config.where,
        hint="an audit of nothing must not look green: correct its path and what narrows it",
    )


def _not_placed(source: SourceConfig, engine: str) -> SourceError:
    return SourceError(
        f"it is not known in which cluster the engine of source {source.name!r} runs",
        code=NOT_PLACED,
        where=source.where,
        hint=f"write `{engine}: {{cluster: NAME}}` with a cluster of this file",
    )


def _no_cluster(source: SourceConfig, cluster: str) -> SourceError:
    return SourceError(
        f"the source {source.name!r} follows what cluster {cluster} has, and this run asks no cluster",
        code=NO_CLUSTER,
        where=source.where,
        hint="run it with the cluster, or follow what Git declares: `from: git`",
    )


def _too_many(source: SourceConfig, what: str) -> SourceError:
    return SourceError(
        f"the source {source.name!r} comes to {what}",
        code=TOO_MANY,
        where=source.where,
        hint="narrow what it follows with `names`, `labels` or `projects`, or make several sources of it",
    )
