"""The Applications among objects, and those that ApplicationSets make, as sources of the audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from gitops_audit.config.settings import ArgoCDFollow, SourceConfig
from gitops_audit.deployer.argocd import fields, marks, told
from gitops_audit.deployer.argocd.application import Application, is_name, safe_name
from gitops_audit.deployer.argocd.destination import NoDestinationError, cluster_of
from gitops_audit.deployer.argocd.parameters import SetError
from gitops_audit.deployer.argocd.sets import applications_of
from gitops_audit.deployer.expansion import Broken, Context, Expansion, Placed, Unfollowed, name_of
from gitops_audit.deployer.field_fault import Shape, faults
from gitops_audit.kube.glob import is_like_any
from gitops_audit.kube.match import has_labels, labels_of
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import JsonObject, mapping

_SECRET = ("", "Secret")
_TOLD, _MOST_TOLD, _MOST_FAULTS = 200, 5, 10_000


def expand(placed: Sequence[Placed], context: Context) -> Expansion:
    """What the Applications and ApplicationSets among these objects deploy."""
    secrets = [one.body for one in placed if one.group_kind == _SECRET]
    found = _Expanding(context, secrets)
    for one in placed:
        if one.group_kind == marks.APPLICATION:
            found.add(one.body, one, marks.sync_wave(one.body))
        elif one.group_kind == marks.APPLICATION_SET and not context.source.is_from_cluster:
            found.add_set(one)
    return found.expansion


@dataclass(slots=True)
class _Expanding:
    context: Context
    secrets: list[JsonObject]
    sources: dict[str, SourceConfig] = field(default_factory=dict)
    unfollowed: list[Unfollowed] = field(default_factory=list)
    problems: list[Broken] = field(default_factory=list)
    declared_by: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    waves: dict[tuple[str, str, str], dict[int, set[str]]] = field(default_factory=dict)
    followed: list[Placed] = field(default_factory=list)

    @property
    def expansion(self) -> Expansion:
        after = _after(self.waves.values())
        return Expansion(
            tuple(replace(s, after=after.get(s.name, ())) for s in self.sources.values()),
            tuple(self.unfollowed),
            tuple(self.problems),
            tuple(self.declared_by),
            tuple(dict.fromkeys(self.notes)),
            tuple(self.followed),
        )

    def add_set(self, placed: Placed) -> None:
        if not self._is_watched(placed.namespace) or self._is_refused(placed.body, placed, fields.APPLICATION_SET):
            return
        try:
            applications = applications_of(placed, self.context, self.secrets)
        except SetError as error:
            self.problems.append(self._application(placed.body, placed, "").broken(str(error)))
            return
        self._tell(placed, told.of_set(placed.body))
        if not applications:
            self.unfollowed.append(Unfollowed.of(placed, "it comes to no Application"))
        for body in applications:
            self.add(body, placed)

    def add(self, body: JsonObject, placed: Placed, wave: int = 0) -> None:
        """An Application, as it stands at `placed` or is made by the set that stands there, which knows no waves."""
        if not self._is_wanted(body, placed) or self._is_refused(body, placed, fields.APPLICATION):
            return
        try:
            cluster = cluster_of(body, placed, self.context)
        except NoDestinationError as error:
            self.unfollowed.append(replace(Unfollowed.of(placed, str(error)), name=_shown(body, placed)))
            return
        application = self._application(body, placed, cluster)
        self.declared_by.append((application.source_name, placed.source.name))
        if application.source_name in self.names:
            return
        self.names[application.source_name] = _identity(body, placed)
        self.followed.append(replace(placed, body=body))
        if not is_name(name_of(body)):
            self.problems.append(application.broken(f"{name_of(body)[:80]!r} is no name of an Application"))
        else:
            self._take(application, self.waves.setdefault(_parent(placed), {}).setdefault(wave, set()))

    def _is_refused(self, body: JsonObject, placed: Placed, shape: Shape) -> bool:
        """Whether a field has not its type, so that no API server takes the object; what is no field is told."""
        application = self._application(body, placed, "")
        found = list(islice(faults(body.get("spec"), shape), _MOST_FAULTS))
        wrong = next((fault for fault in found if fault.wanted), None)
        if wrong is not None:
            self.problems.append(application.broken(str(wrong)[:_TOLD]))
            return True
        lack = "is no field of it that the audit knows, and changes nothing"
        self._tell(placed, (f"{str(fault)[:_TOLD]} {lack}" for fault in found[:_MOST_TOLD]))
        return False

    def _take(self, application: Application, wave: set[str]) -> None:
        """`wave` are the sources that the same parent deploys at the same time."""
        for outcome in application.outcomes():
            match outcome:
                case SourceConfig():
                    self.sources[outcome.name] = outcome
                    wave.add(outcome.name)
                case Unfollowed():
                    self.unfollowed.append(replace(outcome, name=_shown(application.body, application.placed)))
                case Broken():
                    self.problems.append(outcome)
        self._tell(application.placed, told.of_application(application.body, application.ignored("")))

    def _tell(self, placed: Placed, notes: Iterable[str]) -> None:
        self.notes += (printable(f"{placed.told}: {note}") for note in notes)

    def _application(self, body: JsonObject, placed: Placed, cluster: str) -> Application:
        cluster = cluster or placed.cluster
        return Application(body, placed, cluster, self._source_name(body, placed), self.context)

    def _source_name(self, body: JsonObject, placed: Placed) -> str:
        """`fleet.shop`; with its namespace where another Application has that name already."""
        name = f"{self.context.source.name}.{safe_name(name_of(body))}"
        if self.names.get(name, _identity(body, placed)) == _identity(body, placed):
            return name
        namespace, own = _identity(body, placed)
        return f"{self.context.source.name}.{safe_name(namespace)}.{safe_name(own)}"

    def _is_wanted(self, body: JsonObject, placed: Placed) -> bool:
        follow = self.context.source.argocd or ArgoCDFollow()
        project = str(mapping(body.get("spec")).get("project") or "default")
        return (
            self._is_watched(_identity(body, placed)[0])
            and (not follow.projects or is_like_any(follow.projects, project))
            and (not follow.names or is_like_any(follow.names, name_of(body)))
            and has_labels(follow.labels, labels_of(body))
        )

    def _is_watched(self, namespace: str) -> bool:
        follow = self.context.source.argocd or ArgoCDFollow()
        return not follow.namespaces or is_like_any(follow.namespaces, namespace)


def _identity(body: JsonObject, placed: Placed) -> tuple[str, str]:
    namespace = str(mapping(body.get("metadata")).get("namespace") or placed.namespace)
    return namespace, name_of(body)


def _shown(body: JsonObject, placed: Placed) -> str:
    return "/".join(filter(None, _identity(body, placed)))


def _parent(placed: Placed) -> tuple[str, str, str]:
    """What deploys an Application: the source that declares it; in a cluster, the Application that its mark names."""
    metadata = mapping(placed.body.get("metadata"))
    tracking = mapping(metadata.get("annotations")).get(marks.TRACKING) or ""
    label = mapping(metadata.get("labels")).get(marks.INSTANCE) or ""
    return placed.source.name, placed.cluster, str(tracking).partition(":")[0] or str(label)


def _after(parents: Iterable[Mapping[int, set[str]]]) -> Mapping[str, tuple[str, ...]]:
    """For the sources of each wave those of all waves before it."""
    found: dict[str, tuple[str, ...]] = {}
    for waves in parents:
        earlier: tuple[str, ...] = ()
        for wave in sorted(waves):
            found |= dict.fromkeys(waves[wave], earlier)
            earlier = (*earlier, *sorted(waves[wave]))
    return found
