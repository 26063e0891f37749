"""The verdict on every resource of one cluster: read once, compare, confirm, check schemas and policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb

from gitops_audit.config.settings import Settings
from gitops_audit.drift import Comparer, Scalers
from gitops_audit.drift.confirm import is_suspect
from gitops_audit.drift.scalers import SCALER_KINDS
from gitops_audit.drift.stand_ins import without_stand_ins
from gitops_audit.drift.varying import without_varying
from gitops_audit.engine import placeholder
from gitops_audit.engine.audit_log import AuditLogs
from gitops_audit.engine.causes import Causes
from gitops_audit.engine.clusters import ReachedCluster
from gitops_audit.engine.confirm import Confirmer
from gitops_audit.engine.earlier import EarlierSources
from gitops_audit.engine.elsewhere import Elsewhere
from gitops_audit.engine.live_scalers import LiveScalers
from gitops_audit.engine.namespaces import Namespaces
from gitops_audit.engine.orphans import Orphans, find
from gitops_audit.engine.policies import ClusterPolicies, PolicyCheck
from gitops_audit.engine.shield import as_problem
from gitops_audit.engine.stand_ins import checkable
from gitops_audit.engine.validate import Validated, Validator
from gitops_audit.errors import ClusterError
from gitops_audit.inventory import declared_scopes, is_argocd_s
from gitops_audit.kube.match import labels_of
from gitops_audit.kube.plural import plural
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.live import LiveSet
from gitops_audit.model.finding import Drift, PolicyResult, Problem, Severity
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.verdict import Threshold, Verdict

# What reading a value of another type than it must have ends in.
_MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_NOT_ARGOCD = "nothing in the cluster shows that Argo CD deploys this source"
_UNDEFINED = Drift("missing", confirmed=True, reason="its CustomResourceDefinition is missing too")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all clusters of a run are judged by; `definitions` are the CustomResourceDefinitions of all sources."""

    settings: Settings
    policies: PolicyCheck
    threshold: Threshold
    earlier: EarlierSources
    definitions: Sequence[JsonObject] = ()


@dataclass(frozen=True, slots=True)
class _Compared:
    """One resource before the server is asked about suspects; `suspect` is the live object of one."""

    resource: Declared
    problem: Problem | None
    drift: Drift | None
    policies: tuple[PolicyResult, ...]
    suspect: JsonObject | None


class ClusterJudge:
    """Judges the resources of one cluster. What could not be read is an error of each resource that needed it."""

    def __init__(self, cluster: ReachedCluster, inventory: Sequence[Declared], by: Judgement) -> None:
        """`inventory` are all resources of the cluster, also those that are not judged in this run."""
        self._cluster = cluster
        self._inventory = inventory
        self._by = by
        self._defined = declared_scopes(r.body for r in inventory)
        self._scalers = Scalers.of(_scalers(inventory))
        self._comparer = Comparer(by.settings.drift, today=datetime.now(UTC).date(), scalers=self._scalers)
        self._ledger = self._comparer.ledger()
        self._validator = Validator(cluster.live, by.settings.kubernetes, [*_bodies(inventory), *by.definitions])
        self._confirmer = Confirmer(cluster.live, self._comparer.managers)
        self._causes = Causes(cluster.live, by.earlier) if cluster.live else None
        self._live_scalers = LiveScalers(cluster.live) if cluster.live else None
        self._elsewhere = Elsewhere(cluster.live, inventory)
        self._namespaces = Namespaces(cluster, inventory)
        self._live: LiveSet | None = None
        self._read: list[LiveSet] = []
        self._orphans = Orphans()
        self._argocd_sources: frozenset[str] = frozenset()

    @property
    def redactor(self) -> Redactor:
        """What made the tokens of its objects."""
        return self._cluster.redactor

    def find_orphans(self) -> tuple[Declared, ...]:
        """The objects that no source declares, as resources to judge; none where they are not asked for."""
        config, live = self._by.settings.drift.orphans, self._cluster.live
        if config.enabled and live is not None:
            self._orphans = find(live, config, self._comparer.managers, self._inventory)
        return self._orphans.resources

    def judge(self, resources: Sequence[Declared], logs: AuditLogs) -> list[Verdict]:
        """One verdict for each resource, in order; `logs` name the users behind what drifted."""
        if self._cluster.live is not None:
            self._live = self._cluster.live.read([r for r in self._wanted(resources) if self._is_comparable(r)])
            self._read.append(self._live)
            self._argocd_sources |= self._deployed_by_argocd(resources)
        policies = ClusterPolicies(self._by.policies, self._inventory, self.live_object, self._plural, self._namespaces)
        compared = [self._safely_compared(r, policies) for r in resources]
        drifts = logs.attributed(resources, self._drifts(compared), self._plural)
        return [self._safe_verdict(c, drifts.get(c.resource.id)) for c in compared]

    def unjudged(self, resources: Sequence[Declared], reason: Problem) -> list[Verdict]:
        """The verdicts where the cluster as a whole could not be judged."""
        return [Verdict(r, "error", errors=(reason,)).judged(self._by.threshold) for r in resources]

    def live_object(self, resource: Declared) -> JsonObject | None:
        """What was read of a resource in any call of `judge`; None where it is absent or was not read."""
        return next((found for live in self._read if (found := live.get(resource)) is not None), None)

    def forget(self) -> None:
        """Lets go of the live objects, which nobody will ask for any more."""
        self._live = None
        self._read.clear()

    def notes(self) -> Iterator[str]:
        """What the run itself should be told: ignore rules that hide nothing, too much, or are out of date."""
        for report in self._ledger.report() if self._cluster.live else ():
            for fault in report.faults:
                told = f"ignore rule at {report.rule.where} is {fault} on cluster {self._cluster.name}"
                yield f"{told}: {report.why(fault)}"
        yield from self._confirmer.notes()
        yield from self._causes.notes() if self._causes else ()
        yield from self._live_scalers.notes() if self._live_scalers else ()
        yield from self._validator.notes()
        yield from self._orphans.notes
        untyped = self._cluster.live.schema_problem if self._cluster.live else ""
        if untyped:
            name, consequence = self._cluster.name, "lists of custom resources are compared by place"
            yield f"cluster {name} shows no types, so {consequence}: {untyped}"

    def _wanted(self, resources: Sequence[Declared]) -> Sequence[Declared]:
        """What is to be read: beside what is judged, all of a source that may have hooks of Argo CD."""
        sources = _with_hooks(resources) - self._argocd_sources
        if not sources:
            return resources
        ids = {r.id for r in resources}
        return [*resources, *(r for r in self._inventory if r.source in sources and r.id not in ids)]

    def _deployed_by_argocd(self, resources: Sequence[Declared]) -> frozenset[str]:
        """Of the sources that may have hooks, those of which Argo CD wrote an object in the cluster."""
        sources = _with_hooks(resources) - self._argocd_sources
        candidates = (r for r in self._inventory if r.source in sources) if sources else ()
        return frozenset(r.source for r in candidates if (live := self.live_object(r)) and is_argocd_s(live))

    def _skip(self, resource: Declared) -> str:
        """Why a resource is not compared; empty where it is."""
        is_hook = bool(resource.argocd_skip) and resource.source in self._argocd_sources
        return resource.skip or (resource.argocd_skip if is_hook else "")

    def _safely_compared(self, resource: Declared, policies: ClusterPolicies) -> _Compared:
        """One object that breaks the comparison is an error of its own; the others are judged."""
        try:
            return self._compared(resource, policies)
        except Exception as error:
            return _Compared(resource, as_problem(error), None, (), None)

    def _safe_verdict(self, compared: _Compared, drift: Drift | None) -> Verdict:
        try:
            return self._verdict(compared, drift)
        except Exception as error:
            broken = Verdict(compared.resource, "error", errors=(as_problem(error),))
            return broken.judged(self._by.threshold)

    def _compared(self, resource: Declared, policies: ClusterPolicies) -> _Compared:
        """What is found without asking the server again; only of a suspect the live object is kept."""
        problem, live, drift = self._problem(resource), None, None
        if problem is None and self._live is not None and self._is_comparable(resource):
            live = self._live.get(resource)
            if live is not None and resource.key.kind == "Secret":
                live = self._cluster.redactor.aligned(live, resource.body)
            drift = self._explained(resource, self._drift(resource, live), self._live)
        elif self._is_undefined(resource):
            drift = self._comparer.accepted(_UNDEFINED, resource.key, labels_of(resource.body))
        results = policies.evaluate(resource, live)
        suspect = live if drift is not None and drift.status == "modified" else None
        return _Compared(resource, problem, drift, results, suspect)

    def _explained(self, resource: Declared, drift: Drift, read: LiveSet) -> Drift:
        """Says why a hook that is not there is a finding (under Argo CD it is none), and where a missing object is."""
        if drift.status != "missing":
            return drift
        hook = f"it has the annotation of a hook, but {_NOT_ARGOCD}" if resource.argocd_skip else ""
        reasons = (drift.reason or hook, self._elsewhere.told(resource, read))
        return replace(drift, reason="; ".join(filter(None, reasons)))

    def _verdict(self, compared: _Compared, drift: Drift | None) -> Verdict:
        resource = compared.resource
        validated = self._validated(resource, drift)
        verdict = Verdict(
            resource,
            "passed",
            drift=drift,
            policies=(*compared.policies, *self._scaled(resource)),
            invalid=(*resource.faults, *validated.faults),
            errors=_errors(compared.problem, drift, validated.error),
            skip_reason=self._skip(resource) if self._cluster.live else "",
            unchecked=validated.unchecked,
        )
        if not verdict.is_evaluated:
            verdict = replace(verdict, skip_reason=verdict.skip_reason or _unevaluated(verdict.unchecked))
        return verdict.judged(self._by.threshold)

    def _problem(self, resource: Declared) -> Problem | None:
        """Why a resource cannot be judged."""
        if resource.error is not None:
            return Problem(*resource.error)
        if self._cluster.error is not None and not placeholder.is_placeholder(resource):
            error = self._cluster.error
            return Problem(error.code, f"{error.message}\n{error.hint}".strip())
        if self._live is not None and self._is_comparable(resource):
            return self._live.problem(resource)
        return None

    def _drifts(self, compared: Sequence[_Compared]) -> Mapping[str, Drift]:
        """The drift of every resource that could be read, by its id; what differs is confirmed by the server."""
        drifts = {c.resource.id: c.drift for c in compared if c.drift is not None}
        suspects = [(c.resource, c.suspect, self._schema(c.resource)) for c in compared if c.suspect is not None]
        if self._live_scalers is not None:
            drifts |= self._live_scalers.excused(self._comparer, suspects, drifts)
        asked = [s for s in suspects if not s[0].stand_ins and is_suspect(drifts[s[0].id])]
        drifts |= self._confirmer.confirm(asked, drifts)
        if self._causes is not None:
            missing = [c.resource for c in compared if c.drift is not None and c.drift.status == "missing"]
            drifts |= self._causes.settled(self._comparer, suspects, missing, drifts)
        for found in compared:
            if found.drift is not None:
                self._ledger.note(found.resource, drifts[found.resource.id])
        return drifts | dict(self._extra(compared))

    def _extra(self, compared: Sequence[_Compared]) -> Iterator[tuple[str, Drift]]:
        """The objects among them that no source declares."""
        for resource in (c.resource for c in compared):
            if (orphan := self._orphans.found.get(resource.id)) is not None:
                labels = orphan.candidate.metadata.get("labels") or {}
                drift = self._comparer.accepted(orphan.drift, resource.key, labels)
                self._ledger.note(resource, drift)
                yield resource.id, drift

    def _drift(self, resource: Declared, live: JsonObject | None) -> Drift:
        """The drift; unknown for a live object whose parts have other types than Kubernetes gives them."""
        try:
            return self._read_drift(resource, live)
        except _MISSHAPEN as error:
            place = extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
            return Drift(
                "unknown", reason=f"the live object is not of the form that Kubernetes gives objects ({where})"
            )

    def _read_drift(self, resource: Declared, live: JsonObject | None) -> Drift:
        drift = self._comparer.compare(resource, live, self._schema(resource))
        if drift.status == "modified" and live is not None and _is_moving(live) and self._cluster.live is not None:
            try:
                again = self._cluster.live.get(resource)
            except ClusterError as error:
                return Drift("unknown", reason=f"it was changing, and could not be read again: {error.message}")
            live, drift = again, self._comparer.compare(resource, again, self._schema(resource))
        return without_stand_ins(without_varying(drift, resource), resource, live)

    def _schema(self, resource: Declared) -> TypeSchema | None:
        cluster = self._cluster.live
        return cluster.schemas.type_for(resource.key.group, resource.version, resource.key.kind) if cluster else None

    def _validated(self, resource: Declared, drift: Drift | None) -> Validated:
        if placeholder.is_placeholder(resource) or self._cluster.error is not None:
            return Validated()
        # What a server holds just as it is declared, its validation has let pass.
        is_accepted = drift is not None and drift.status == "in-sync" and not self._is_recorded()
        validated = self._validator.check(resource, is_accepted=is_accepted)
        if resource.stand_ins:
            validated = checkable(resource, validated, is_compared=drift is not None)
        return validated

    def _scaled(self, resource: Declared) -> Iterator[PolicyResult]:
        """A warning where a manifest declares what an autoscaler keeps: the server takes it."""
        if (fault := self._scalers.fault(resource)) is not None:
            rule = "replicas-beside-autoscaler"
            yield PolicyResult(rule, rule, "warn", Severity.low, fault.message, fault.path, pointer=fault.pointer)

    def _is_recorded(self) -> bool:
        return self._cluster.live is not None and self._cluster.live.is_recorded

    def _plural(self, resource: Declared) -> str:
        """The plural of a kind's API; without a cluster as English has it, which is how nearly all are made."""
        cluster, key = self._cluster.live, resource.key
        api = cluster.discovery.resource(key.group, resource.version, key.kind) if cluster else None
        return api.plural if api else plural(key.kind)

    def _is_comparable(self, resource: Declared) -> bool:
        """Whether the cluster can be asked for it."""
        is_declared = not (self._skip(resource) or resource.error or placeholder.is_placeholder(resource))
        return is_declared and self._cluster.live is not None and not self._is_undefined(resource)

    def _is_undefined(self, resource: Declared) -> bool:
        """Whether the definition of its kind is declared beside it, but not in the cluster yet."""
        cluster, key = self._cluster.live, resource.key
        if cluster is None or (key.group, key.kind) not in self._defined:
            return False
        return not self._skip(resource) and cluster.discovery.scope(key.group, resource.version, key.kind) is None


def _bodies(inventory: Sequence[Declared]) -> Iterator[JsonObject]:
    return (r.body for r in inventory)


def _with_hooks(resources: Sequence[Declared]) -> frozenset[str]:
    """The sources that have hooks, if Argo CD deploys them."""
    return frozenset(r.source for r in resources if r.argocd_skip)


def _errors(problem: Problem | None, drift: Drift | None, unvalidated: Problem | None) -> tuple[Problem, ...]:
    """Why something could not be evaluated, as one reason: what comes first explains the others."""
    if problem is not None:
        return (problem,)
    if drift is not None and drift.code:
        return (Problem(drift.code, drift.reason),)
    return (unvalidated,) if unvalidated is not None else ()


def _unevaluated(reason: str) -> str:
    return f"nothing could be checked: {reason}; and no policy is about it"


def _scalers(inventory: Sequence[Declared]) -> Iterator[JsonObject]:
    """The declared autoscalers."""
    return (r.body for r in inventory if (r.key.group, r.key.kind) in SCALER_KINDS)


def _is_moving(live: JsonObject) -> bool:
    """Being rolled out or deleted: worth one more look before it fails."""
    metadata, status = live.get("metadata"), live.get("status")
    metadata = metadata if isinstance(metadata, dict) else {}
    observed = status.get("observedGeneration") if isinstance(status, dict) else None
    return "deletionTimestamp" in metadata or (observed is not None and observed != metadata.get("generation"))
