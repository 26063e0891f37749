"""Tries the sources that suggest themselves as the audit would read them, so that a first configuration can be audited.

Nothing is guessed: each source is rendered, and what two of them declare for one cluster, what declares nothing and
what cannot be rendered is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import starmap
from pathlib import Path

from gitops_audit.config.init import source_names
from gitops_audit.config.settings import ArgoCDFollow, FluxFollow, Settings, SourceConfig
from gitops_audit.config.survey import Found
from gitops_audit.engine.events import OnProgress
from gitops_audit.engine.first_namespace import Homes
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.sources import NOTHING_DECLARED, ReadSource
from gitops_audit.engine.options import RunOptions
from gitops_audit.inventory import Scope, build, offline_scope
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, Rendered
from gitops_audit.model.subject import OFFLINE_CLUSTER

_PRODUCTION = ("prod", "production", "live", "main")
_COPIES = frozenset(("release", "releases", "generated", "bundle", "bundles", "out", "output", "rendered", "all"))
_MAX_EXCLUDED = 20
_EMPTY = "no file of it holds an object"

Key = tuple[str, ...]
Taken = dict[Key, dict[str, str]]
"""Where an object is declared for each cluster; an empty name stands for all of them."""


def settled(
    found: Sequence[Found],
    clusters: Sequence[Sequence[str]],
    folder: Path,
    contexts: Mapping[str, str],
    on_progress: OnProgress | None = None,
) -> list[Found]:
    """The sources in their order; `left_out` says why one cannot be audited beside the others.

    `clusters` are those that each source is for (none: all of `contexts`, the clusters that are audited, with their
    contexts). Of two that declare the same, what Argo CD or Flux deploys comes first, then production.
    """
    if all(f.engine is not None for f in found):
        return list(found)  # nothing was chosen that could be in their way
    names = source_names(found, folder.name)
    configs = tuple(starmap(_config, zip(names, found, clusters, strict=True)))
    sources = read_all(
        Settings(path=folder / "gitops-audit.yaml", sources=configs), RunOptions(offline=True, on_progress=on_progress)
    )
    try:
        if all(s.error is not None for s in sources):
            return list(found)  # nothing is committed yet, or the repository cannot be read: the audit says so
        settled = _beside_each_other(dict(zip(names, found, strict=True)), sources)
        with closing(Homes(contexts)) as homes:
            by_name = {source.config.name: source for source in sources}
            return [homes.told(one, by_name[name]) for name, one in zip(names, settled, strict=True)]
    finally:
        for source in sources:
            source.close()


def _config(name: str, found: Found, clusters: Sequence[str]) -> SourceConfig:
    """An engine runs in one cluster."""
    if found.engine is not None:
        clusters = clusters or (OFFLINE_CLUSTER,)
    return SourceConfig(
        name,
        path=found.path,
        type=found.type,
        exclude=tuple(found.exclude),
        clusters=tuple(clusters),
        argocd=ArgoCDFollow() if found.engine == "argocd" else None,
        flux=FluxFollow() if found.engine == "flux" else None,
    )


def _beside_each_other(found: Mapping[str, Found], sources: Sequence[ReadSource]) -> list[Found]:
    """`found` by the names of its sources; `sources` are those, and what follows from them."""
    scope = offline_scope(s.rendered for s in sources)
    taken: Taken = {}
    for source in sources:
        if source.config.followed_from or source.config.follow is not None:
            _take(_declared(source.config, source.rendered, scope), source.config, taken)
    by_name = {source.config.name: source for source in sources}
    results = dict(found)
    for name in sorted((name for name, f in found.items() if f.engine is None), key=lambda name: _rank(found[name])):
        results[name] = _settled(found[name], by_name[name], scope, taken)
    return list(results.values())


def _rank(found: Found) -> tuple[bool, bool, str]:
    folders = found.path.split("/")
    is_production = any(f.startswith(_PRODUCTION) for f in folders)
    return not _COPIES.isdisjoint(folders), not is_production, found.path


def _settled(found: Found, source: ReadSource, scope: Scope, taken: Taken) -> Found:
    rendered = source.rendered
    if source.error is not None:
        is_empty = source.error.code == NOTHING_DECLARED
        return replace(found, left_out=_EMPTY if is_empty else source.error.message)
    if rendered.problems and not rendered.manifests:
        return replace(found, left_out=rendered.problems[0].message)
    unread = {p.path: p.message for p in rendered.problems if found.type == "directory" and "exclude" in p.message}
    places = [place for place in _declared(source.config, rendered, scope) if place.origin.path not in unread]
    twice = dict(_again(places, source.config, taken))
    kept = [p for p in places if p.origin.path not in twice]
    if not kept:
        return replace(found, left_out=_reason(twice, found))
    if twice and (found.type != "directory" or len(twice) + len(unread) > _MAX_EXCLUDED):
        return replace(found, left_out=_reason(twice, found))
    _take(kept, source.config, taken)
    left = {_below(path, found.path): _first_line(why) for path, why in sorted((unread | twice).items())}
    return replace(found, exclude=(*found.exclude, *left), reasons=(*found.reasons, *left.values()))


def _take(places: Iterable[Declared], config: SourceConfig, taken: Taken) -> None:
    for place in places:
        for cluster in [name for name in config.clusters if name != OFFLINE_CLUSTER] or ("",):
            taken.setdefault(_key(place), {})[cluster] = f"{config.path or 'the root'} ({place.origin.path})"


def _declared(config: SourceConfig, rendered: Rendered, scope: Scope) -> Iterator[Declared]:
    """Every object with its key, also where two share one; hooks may."""
    redactor = Redactor()
    for manifest in rendered.manifests:
        one = replace(rendered, manifests=(manifest,))
        yield from (d for d in build("", [(config, one)], scope, redactor).resources if not (d.skip or d.argocd_skip))


def _again(places: Iterable[Declared], config: SourceConfig, taken: Taken) -> Iterator[tuple[str, str]]:
    """The files that declare what is declared before, and where."""
    seen: dict[Key, str] = {}
    for place in places:
        key, path = _key(place), place.origin.path
        other = next((w for c, w in taken.get(key, {}).items() if _is_shared(c, config)), None)
        if other is not None:
            yield path, f"it declares {place.key} again, as {other} does"
        elif key in seen:
            yield path, f"it declares {place.key} again, as {seen[key]} does"
        else:
            seen[key] = path


def _is_shared(cluster: str, config: SourceConfig) -> bool:
    return not cluster or not config.clusters or cluster in config.clusters


def _key(place: Declared) -> Key:
    return tuple(place.key[1:])


def _reason(twice: dict[str, str], found: Found) -> str:
    if not twice:
        return _EMPTY
    why = next(iter(twice.values()))
    return f"{why}; where it is for another cluster, say so by `clusters`" if found.path else why


def _below(path: str, folder: str) -> str:
    return f"/{path.removeprefix(f'{folder}/') if folder else path}"


def _first_line(text: str) -> str:
    return text.splitlines()[0]
