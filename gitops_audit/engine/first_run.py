"""Tries the sources that suggest themselves as the audit would read them, so that a first configuration can be audited.

Nothing is guessed: each source is rendered, and what two of them declare for one cluster, what declares nothing and
what cannot be rendered is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gitops_audit.config.init import source_names
from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.config.survey import Found
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.sources import NOTHING_DECLARED, ReadSource
from gitops_audit.engine.options import RunOptions
from gitops_audit.inventory import Scope, build, offline_scope
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, Rendered

_PRODUCTION = ("prod", "production", "live", "main")
_COPIES = frozenset(("release", "releases", "generated", "bundle", "bundles", "out", "output", "rendered", "all"))
_MAX_EXCLUDED = 20
_EMPTY = "no file of it holds an object"

Key = tuple[str, ...]
Taken = dict[Key, dict[str, str]]
"""Where an object is declared for each cluster; an empty name stands for all of them."""


def settled(found: Sequence[Found], clusters: Sequence[Sequence[str]], folder: Path) -> list[Found]:
    """The sources in their order; `left_out` says why one cannot be audited beside the others.

    `clusters` are those that each source is for (none: all). Of two that declare the same, production comes first.
    What Argo CD and Flux deploy is not rendered for this: nothing else is chosen below it.
    """
    plain = [(f, on) for f, on in zip(found, clusters, strict=True) if f.engine is None]
    beside = iter(_beside_each_other([f for f, _ in plain], [on for _, on in plain], folder))
    return [f if f.engine is not None else next(beside) for f in found]


def _beside_each_other(found: Sequence[Found], clusters: Sequence[Sequence[str]], folder: Path) -> list[Found]:
    configs = tuple(
        SourceConfig(name, path=f.path, type=f.type, exclude=tuple(f.exclude), clusters=tuple(on))
        for f, on, name in zip(found, clusters, source_names(found, folder.name), strict=True)
    )
    sources = read_all(Settings(path=folder / "gitops-audit.yaml", sources=configs), RunOptions(offline=True))
    try:
        if all(s.error is not None for s in sources):
            return list(found)  # nothing is committed yet, or the repository cannot be read: the audit says so
        scope = offline_scope(s.rendered for s in sources)
        taken: Taken = {}
        results: dict[int, Found] = {}
        for number in sorted(range(len(found)), key=lambda n: _rank(found[n])):
            results[number] = _settled(found[number], sources[number], scope, taken)
        return [results[number] for number in range(len(found))]
    finally:
        for source in sources:
            source.close()


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
    for place in kept:
        for cluster in source.config.clusters or ("",):
            taken.setdefault(_key(place), {})[cluster] = f"{found.path or 'the root'} ({place.origin.path})"
    left = {_below(path, found.path): _first_line(why) for path, why in sorted((unread | twice).items())}
    return replace(found, exclude=(*found.exclude, *left), reasons=(*found.reasons, *left.values()))


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
