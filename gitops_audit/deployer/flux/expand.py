"""Kustomizations and HelmReleases as sources of the audit: `<name>.<namespace>.<object>`.

Where both kinds have an object of the same name, the HelmRelease's source is `<name>.<namespace>.<object>.helm`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from gitops_audit.config.settings import FluxFollow, SourceConfig
from gitops_audit.config.suggest import listed
from gitops_audit.deployer.engine_rules import references
from gitops_audit.deployer.expansion import REFUSED, Broken, Context, Expansion, Placed, Unfollowed
from gitops_audit.deployer.flux.catalog import Catalog, items, namespace_of, place_of, text
from gitops_audit.deployer.flux.drift_ignore import unsaid
from gitops_audit.deployer.flux.fields import faults_of
from gitops_audit.deployer.flux.kustomization import KustomizationReader
from gitops_audit.deployer.flux.marks import HELM_RELEASE, KUSTOMIZATION, RESOURCE_SET
from gitops_audit.deployer.flux.origin import Origins, UnfollowedError
from gitops_audit.deployer.flux.release import ReleaseReader
from gitops_audit.errors import SourceError
from gitops_audit.kube.glob import is_like_any
from gitops_audit.kube.match import has_labels, labels_of
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import mapping

DEPENDENCY_CYCLE, WRONG_FIELD = "GA290", "GA291"
_TEMPLATES = "it makes objects of templates and inputs, and the audit evaluates none of them"
_MOST = 5


def expand(placed: Sequence[Placed], context: Context) -> Expansion:
    """What the Kustomizations and HelmReleases among these objects deploy."""
    catalog = Catalog.of(placed, context)
    wanted = [one for one in catalog.all([KUSTOMIZATION, HELM_RELEASE]) if _is_wanted(one, context.source.flux)]
    origins = Origins.of_all(catalog, context)
    kustomizations, releases = KustomizationReader(catalog, context, origins), ReleaseReader(catalog, context, origins)
    names = _names(context.source, wanted)
    stuck = _stuck(wanted)
    sources: list[SourceConfig] = []
    unfollowed = [
        Unfollowed.of(o, _TEMPLATES) for o in catalog.all([RESOURCE_SET]) if _is_wanted(o, context.source.flux)
    ]
    problems: list[Broken] = []
    for one in wanted:
        error = _never_applied(one, stuck.get(_id(one), ()), context) or _refused(one, catalog, context)
        if error is not None:
            problems.append(_broken(one, names[_id(one)], error, context))
            continue
        try:
            reader = kustomizations if one.group_kind == KUSTOMIZATION else releases
            after = tuple(sorted(names[other] for other in _dependencies(one) if other in names))
            sources.append(replace(reader.source(one, names[_id(one)]), after=after))
        except UnfollowedError as reason:
            if reason.is_refused:
                problems.append(_broken(one, names[_id(one)], _not_followed(one, str(reason), context), context))
            else:
                unfollowed.append(Unfollowed.of(one, str(reason)))
    # Also where another source declares the same object first: else nobody would see that two declare each other.
    all_placed = (one for one in placed if one.group_kind in (KUSTOMIZATION, HELM_RELEASE) and _id(one) in names)
    declared_by = tuple(dict.fromkeys((names[_id(one)], one.source.name) for one in all_placed))
    notes = tuple(dict.fromkeys(note for one in wanted for note in _notes(one, catalog)))
    return Expansion(tuple(sources), tuple(unfollowed), tuple(problems), declared_by, notes, tuple(wanted))


def _notes(one: Placed, catalog: Catalog) -> Iterator[str]:
    """What of an object, and of the sources that it names, is not taken into account."""
    yield from unsaid(_ignored(one), one.told)
    for each in (one, *_named(one, catalog)):
        unknown = (fault.path for fault in faults_of(each.body, each.group_kind) if not fault.wanted)
        if found := list(islice(unknown, _MOST)):
            yield f"{each.told} has fields that this audit does not know: {printable(listed(found)[:500])}"
    if mapping(mapping(one.body.get("spec")).get("upgrade")).get("preserveValues") is True:
        yield f"{one.told} keeps values of earlier releases (`upgrade.preserveValues`), which Git does not hold"


def _named(one: Placed, catalog: Catalog) -> Iterator[Placed]:
    """The sources that an object takes its manifests or its chart from, as far as they are declared."""
    for kind, namespace, name, _ in references(one.body, namespace_of(one)):
        if found := catalog.declared(kind, one.cluster, namespace, name):
            yield found


def _ignored(one: Placed) -> Any:
    spec = mapping(one.body.get("spec"))
    return spec.get("ignore") if one.group_kind == KUSTOMIZATION else mapping(spec.get("driftDetection")).get("ignore")


def _is_wanted(one: Placed, follow: FluxFollow | None) -> bool:
    if follow is None:
        return True
    is_named = not follow.names or is_like_any(follow.names, one.name)
    is_here = not follow.namespaces or namespace_of(one) in follow.namespaces
    return bool(one.name) and is_named and is_here and has_labels(follow.labels, labels_of(one.body))


@dataclass(frozen=True, slots=True)
class _Id:
    kind: str
    cluster: str
    namespace: str
    name: str


def _id(one: Placed) -> _Id:
    return _Id(one.group_kind[1], one.cluster, namespace_of(one), one.name)


def _names(source: SourceConfig, wanted: Sequence[Placed]) -> dict[_Id, str]:
    """The names of the sources. Objects that deploy others to clusters of their own carry the cluster's name too."""
    kustomizations = {(i.cluster, i.namespace, i.name) for i in map(_id, wanted) if i.kind == KUSTOMIZATION[1]}
    found = {}
    for one in map(_id, wanted):
        is_twin = one.kind == HELM_RELEASE[1] and (one.cluster, one.namespace, one.name) in kustomizations
        cluster = () if source.clusters[:1] == (one.cluster,) else (one.cluster,)
        found[one] = ".".join((source.name, *cluster, one.namespace, one.name, *(("helm",) if is_twin else ())))
    return found


def _stuck(wanted: Sequence[Placed]) -> dict[_Id, tuple[str, ...]]:
    """The objects that are never applied, as what they wait for (`dependsOn`) waits for itself; the names of that."""
    waits_for = {_id(one): set(_dependencies(one)) for one in wanted}
    for one, others in waits_for.items():
        waits_for[one] = {other for other in others if other in waits_for}
    waiting: dict[_Id, list[_Id]] = {}
    for one, others in waits_for.items():
        for other in others:
            waiting.setdefault(other, []).append(one)
    todo = [one for one, others in waits_for.items() if not others]
    while todo:
        done = todo.pop()
        waits_for.pop(done)
        for one in waiting.get(done, ()):
            waits_for[one].discard(done)
            if not waits_for[one]:
                todo.append(one)
    return {one: tuple(sorted(f"{o.namespace}/{o.name}" for o in others)) for one, others in waits_for.items()}


def _dependencies(one: Placed) -> Iterator[_Id]:
    for entry in map(mapping, items(mapping(one.body.get("spec")).get("dependsOn"))):
        namespace = text(entry.get("namespace")) or namespace_of(one)
        yield _Id(one.group_kind[1], one.cluster, namespace, text(entry.get("name")))


def _never_applied(one: Placed, others: Sequence[str], context: Context) -> SourceError | None:
    if not others:
        return None
    return SourceError(
        f"{one.told} waits for {listed(others)} (`dependsOn`), and that for itself: Flux never applies it",
        code=DEPENDENCY_CYCLE,
        where=place_of(one, context),
        hint="take one of them out of `dependsOn`",
    )


def _refused(one: Placed, catalog: Catalog, context: Context) -> SourceError | None:
    """Why an object, or a source that it names, is one that the API server does not take."""
    for each in (one, *_named(one, catalog)):
        wrong = (str(fault) for fault in faults_of(each.body, each.group_kind) if fault.wanted)
        if found := list(islice(wrong, _MOST)):
            return SourceError(
                f"{each.told} is refused by the API server: {printable('; '.join(found)[:1000])}",
                code=WRONG_FIELD,
                where=place_of(each, context),
                hint="correct the field: nothing of what Git says there is deployed",
            )
    return None


def _not_followed(one: Placed, reason: str, context: Context) -> SourceError:
    told = printable(f"{one.told} cannot be followed: {reason}")
    return SourceError(told, code=REFUSED, where=place_of(one, context))


def _broken(one: Placed, name: str, error: SourceError, context: Context) -> Broken:
    cluster = (one.cluster,) if one.cluster else ()
    return Broken(SourceConfig(name, context.source.repo, clusters=cluster, followed_from=one.told), error)
