"""The shards of one audit, put together to one result: all of them, each once, of the same commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gitops_audit.errors import ConfigError
from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.how_many import how_many
from gitops_audit.model.result import AuditResult, BaseInfo, ClusterInfo, Part, SourceInfo, Summary

UNMERGEABLE = "GA605"


def merged(shards: Mapping[str, AuditResult]) -> AuditResult:
    """One result of several, by the names of their files. Raises ConfigError (GA605) where they are not one audit."""
    results = _in_order(shards)
    _check_alike(shards)
    _check_sources(shards)
    _check_overlap(shards)
    _check_baselines(shards)
    verdicts = [verdict for result in results for verdict in result.verdicts]
    first = results[0].info
    info = replace(
        first,
        started_at=min(result.info.started_at for result in results),
        clusters=_clusters(results),
        sources=tuple({_name(s): s for r in reversed(results) for s in reversed(r.info.sources)}.values())[::-1],
        shard=None,
        policies=tuple({p.name: p for r in reversed(results) for p in reversed(r.info.policies)}.values())[::-1],
    )
    notes = tuple(dict.fromkeys(note for result in results for note in _notes(result)))
    finished_at = max(result.finished_at for result in results)
    return AuditResult(info, finished_at, _summary(results), verdicts, notes, _base(results))


def _in_order(shards: Mapping[str, AuditResult]) -> Sequence[AuditResult]:
    by_index: dict[int, str] = {}
    counts = set()
    for name, result in shards.items():
        shard = result.info.shard
        if shard is None:
            raise _refused(f"{name} is the report of a whole audit, and no shard", "name the reports of shards only")
        if shard.index in by_index:
            raise _refused(f"{by_index[shard.index]} and {name} are both the shard {shard.index}/{shard.count}")
        by_index[shard.index] = name
        counts.add(shard.count)
    if len(counts) != 1:
        raise _refused(f"the reports are of audits with {', '.join(map(str, sorted(counts)))} shards")
    (count,) = counts
    missing = [index for index in range(1, count + 1) if index not in by_index]
    if missing:
        told = ", ".join(f"{index}/{count}" for index in missing[:10])
        raise _refused(
            f"{len(missing)} of {how_many(count, 'shard')} {'is' if len(missing) == 1 else 'are'} missing: {told}",
            "name the reports of all shards",
        )
    return [shards[by_index[index]] for index in sorted(by_index)]


def _check_alike(shards: Mapping[str, AuditResult]) -> None:
    """Shards of other audits would be told as the rest of this one. What a cluster is told by is no part of it: it may
    be down for one shard alone."""
    first, *others = shards
    for name in others:
        for what, told in _ABOUT.items():
            one, other = told(shards[first]), told(shards[name])
            if one != other:
                shown = f"{first} has {', '.join(one) or 'none'}, {name} has {', '.join(other) or 'none'}"
                raise _refused(f"the {what} differs: {shown}", _ALIKE)


_ALIKE = "audit all shards with one version, one configuration, and against one base"
_ABOUT: Mapping[str, Callable[[AuditResult], Sequence[str]]] = {
    "version of gitops-audit": lambda result: [result.info.version],
    "list of clusters": lambda result: sorted({cluster.name for cluster in result.info.clusters}),
    "list of sources": lambda result: sorted({s.name for s in result.info.sources if not s.followed_from}),
    "base": lambda result: [result.base.revision, result.base.commit] if result.base else [],
}


def _base(results: Sequence[AuditResult]) -> BaseInfo | None:
    """All that the change renders otherwise; each shard tells it of its own resources."""
    bases = [result.base for result in results if result.base is not None]
    changes = sorted((c for base in bases for c in base.changes), key=lambda change: (change.cluster, change.resource))
    return replace(bases[0], changes=tuple(changes)) if bases else None


def _check_sources(shards: Mapping[str, AuditResult]) -> None:
    seen: dict[tuple[str, ...], tuple[str, tuple[str, str]]] = {}
    for name, result in shards.items():
        for source in result.info.sources:
            what = (source.revision, source.commit)
            other, before = seen.setdefault(_name(source), (name, what))
            if before != what:
                hint = "pin the commit for all shards (`--revision`), and audit again"
                raise _refused(f"{other} and {name} read source {source.name} at different commits", hint)


def _name(source: SourceInfo) -> tuple[str, ...]:
    """Two configurations may each have a source of one name."""
    return source.name, source.repo, source.path


def _check_overlap(shards: Mapping[str, AuditResult]) -> None:
    seen: dict[str, str] = {}
    for name, result in shards.items():
        for verdict in result.verdicts:
            other = seen.setdefault(verdict.subject.id, name)
            if other != name:
                raise _refused(f"{other} and {name} both have {verdict.subject.id}")


def _check_baselines(shards: Mapping[str, AuditResult]) -> None:
    """One shard without the baseline would make all of its findings neither new nor known."""
    without = [name for name, result in shards.items() if result.summary.resolved is None]
    if 0 < len(without) < len(shards):
        raise _refused(f"{without[0]} was written without the baseline that others were compared with")


def _clusters(results: Sequence[AuditResult]) -> tuple[ClusterInfo, ...]:
    """Each once, with the version of a shard that knows it."""
    found: dict[str, ClusterInfo] = {}
    for cluster in (c for result in results for c in result.info.clusters):
        if cluster.name not in found or not found[cluster.name].version:
            found[cluster.name] = cluster
    return tuple(found.values())


def _notes(result: AuditResult) -> Sequence[str]:
    """Not that a shard is empty: the whole is not."""
    return () if result.summary.is_empty_shard else result.notes


def _summary(results: Sequence[AuditResult]) -> Summary:
    """A source is evaluated where any shard came to an answer about it."""
    summary, evaluated = Summary(), dict[Part, bool]()
    for result in results:
        for verdict in result.verdicts:
            summary.add(verdict)
        for part, is_evaluated in result.summary.evaluated.items():
            evaluated[part] = evaluated.get(part, False) or is_evaluated
    summary.evaluated = evaluated
    summary.resolved = _resolved(results)
    return summary


def _resolved(results: Sequence[AuditResult]) -> Sequence[KnownFinding] | None:
    """What any shard found gone, each once: a shard tells it of the resources that it holds."""
    known = [result.summary.resolved for result in results if result.summary.resolved is not None]
    return list({entry.fingerprint: entry for found in known for entry in found}.values()) if known else None


def _refused(reason: str, hint: str = "merge the reports of one audit, each once") -> ConfigError:
    return ConfigError(f"the reports are not merged: {reason}", code=UNMERGEABLE, hint=hint)
