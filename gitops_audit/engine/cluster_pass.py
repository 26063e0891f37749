"""One pass over the resources of one cluster: `gather -> check -> evidence -> judge`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gitops_audit.config.settings import Settings
from gitops_audit.drift import Comparer, Scalers
from gitops_audit.drift.scalers import SCALER_KINDS
from gitops_audit.engine import judge
from gitops_audit.engine.case import Case
from gitops_audit.engine.check.check import Check
from gitops_audit.engine.check.drift import DriftCheck
from gitops_audit.engine.check.engine import EngineCheck, clock_of
from gitops_audit.engine.check.health import HealthCheck
from gitops_audit.engine.check.policies import ClusterPolicies, RunPolicies
from gitops_audit.engine.check.policy import PolicyCheck
from gitops_audit.engine.check.schema import SchemaCheck
from gitops_audit.engine.check.validate import Validator
from gitops_audit.engine.events import OnProgress, Stage
from gitops_audit.engine.evidence.audit_log import AuditLogs
from gitops_audit.engine.evidence.causes import Causes
from gitops_audit.engine.evidence.confirm import Confirmer
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.engine.evidence.elsewhere import Elsewhere
from gitops_audit.engine.evidence.image_origin import ImageOrigins
from gitops_audit.engine.evidence.live_scalers import LiveScalers
from gitops_audit.engine.evidence.locate import Locator
from gitops_audit.engine.evidence.mask import Masks
from gitops_audit.engine.evidence.renamed import Renamed
from gitops_audit.engine.evidence.value_origin import ValueOrigins
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.engine.gather.deployers import places
from gitops_audit.engine.gather.engines import Engines
from gitops_audit.engine.gather.namespaces import Namespaces
from gitops_audit.engine.gather.orphans import Orphans, find
from gitops_audit.engine.gather.reading import LiveReading
from gitops_audit.engine.gather.secret_texts import SecretTexts
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.engine.pace import Pace
from gitops_audit.engine.shield import as_problem
from gitops_audit.kube.match import labels_of
from gitops_audit.kube.plural import plural
from gitops_audit.model.baseline import Baseline
from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.subject import Subject, Undeclared
from gitops_audit.model.verdict import Threshold, Verdict
from gitops_audit.render.jq import PathExpressions


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all clusters of a run are judged by; `definitions` are the CustomResourceDefinitions of all sources,
    `baseline` the findings that are known, `sources` are all sources as they were read, `images` tells what changed
    images are built from, `is_confirmed` what no server is to be asked about again, `before` are the objects that the
    base of a change declares, by cluster and title: None where there is no base. `engines` is what each cluster knows
    of its engines."""

    settings: Settings
    policies: RunPolicies
    threshold: Threshold
    earlier: EarlierSources
    locator: Locator
    masks: Masks
    definitions: Sequence[JsonObject] = ()
    baseline: Baseline | None = None
    sources: Sequence[ReadSource] = ()
    images: ImageOrigins | None = None
    is_located: bool = True
    is_confirmed: Callable[[Declared, JsonObject], bool] | None = None
    before: Mapping[tuple[str, str], Declared] | None = None
    engines: dict[str, Engines] = field(default_factory=dict)


class ClusterPass:
    """Judges what belongs to one cluster. What could not be read is an error of each resource that needed it."""

    def __init__(self, cluster: ReachedCluster, inventory: Sequence[Declared], by: Judgement) -> None:
        """`inventory` are all resources of the cluster, also those that are not judged in this run."""
        self._cluster = cluster
        self._inventory = inventory
        self._by = by
        scalers = Scalers.of(r.body for r in inventory if (r.key.group, r.key.kind) in SCALER_KINDS)
        self._jq = PathExpressions()
        today = datetime.now(UTC).date()
        self._comparer = Comparer(by.settings.drift, today=today, scalers=scalers, paths=self._jq)
        self._ledger = self._comparer.ledger()
        self._reading = LiveReading(cluster, inventory)
        bodies = [*(r.body for r in inventory), *by.definitions]
        self._validator = Validator(cluster.live, by.settings.kubernetes, bodies)
        self._confirmer = Confirmer(cluster.live, self._comparer.managers, by.is_confirmed)
        self._causes = Causes(cluster.live, by.earlier, self._comparer) if cluster.live else None
        self._live_scalers = LiveScalers(cluster.live, self._comparer) if cluster.live else None
        self._elsewhere = Elsewhere(cluster.live, inventory)
        self._renamed = Renamed(cluster.live, inventory, self._reading.again)
        self._orphans = Orphans()
        self._drift = DriftCheck(self._comparer, self._reading, SecretTexts(cluster, inventory).secrets)
        self._schema = SchemaCheck(
            self._validator, scalers, is_unreachable=cluster.error is not None, is_recorded=self._is_recorded
        )
        self._namespaces = Namespaces(cluster, inventory)
        self._engines = self._known_engines() if by.settings.checks_engine else None

    def _known_engines(self) -> Engines:
        name, by = self._cluster.name, self._by
        known = places(by.settings, by.sources, name)
        by.engines[name] = Engines(self._cluster, self._inventory, by.sources, known, by.engines)
        return by.engines[name]

    @property
    def redactor(self) -> Redactor:
        """What made the tokens of its objects."""
        return self._cluster.redactor

    def find_engines(self) -> Sequence[Subject]:
        """The live objects that an engine is told by and no source declares; none where engines are not checked."""
        return self._engines.subjects() if self._engines else ()

    def find_removed(self) -> Iterator[Subject]:
        """The objects that only the base of a change declares, as far as a policy judges that they go."""
        policies, known = self._policies(), {r.title for r in self._inventory}
        for title, old in (self._before or {}).items():
            if title not in known and not old.twin and policies.judges_removal(old):
                labels = dict(labels_of(old.body))
                yield Undeclared(old.key, old.version, None, labels, old.source, is_removed=True)

    def find_orphans(self) -> Sequence[Subject]:
        """The objects that no source declares; none where they are not asked for."""
        config, live = self._by.settings.drift.orphans, self._cluster.live
        if config.enabled and live is not None:
            self._orphans = find(live, config, self._comparer.managers, self._inventory, self._by.settings.sources)
        return self._orphans.subjects

    def judge(
        self, subjects: Sequence[Subject], logs: AuditLogs, on_progress: OnProgress | None = None
    ) -> list[Verdict]:
        """One verdict for each subject, in order; `logs` name the users behind what drifted."""
        name = self._cluster.name
        listing = Pace(Stage("listing", "object", where=name), on_progress)
        listing.heard(0, 0)
        cases = self._reading.cases(subjects, listing.heard)
        pace = Pace(Stage("checked", "resource", total=len(subjects), where=name), on_progress)
        checks = self._checks()  # once for all: policies keep indexes of the whole cluster
        checked = [self._checked(case, checks) for case in pace.over(cases)]
        verdicts = [judge.facts(case) for case in self._with_evidence(checked, logs, on_progress)]
        return self._judged(self._by.locator.located(verdicts))

    def unjudged(self, subjects: Sequence[Subject], reason: Problem) -> list[Verdict]:
        """The verdicts where the cluster as a whole could not be judged."""
        return self._judged([Verdict.of(s, "error", errors=(reason,)) for s in subjects])

    def live_object(self, resource: Declared) -> JsonObject | None:
        """What was read of a resource in any call of `judge`; None where it is absent or was not read."""
        return self._reading.live_object(resource)

    def first_look(self, resource: Declared) -> Drift | None:
        """How another declaration of a resource that was judged differs from its live object; None: not known."""
        case = self._reading.case(resource)
        return self._drift.checked(case).drift if case.problem is None and self._drift.applies(case) else None

    def forget(self) -> None:
        """Lets go of the live objects, which nobody will ask for any more."""
        self._reading.forget()

    def notes(self) -> Iterator[str]:
        """What the run itself should be told: ignore rules that hide nothing, too much, or are out of date."""
        for report in self._ledger.report() if self._cluster.live else ():
            for fault in report.faults:
                told = f"ignore rule at {report.rule.where} is {fault} on cluster {self._cluster.name}"
                yield f"{told}: {report.why(fault)}"
        yield from self._jq.notes()
        yield from self._confirmer.notes()
        yield from self._causes.notes() if self._causes else ()
        yield from self._live_scalers.notes() if self._live_scalers else ()
        yield from self._validator.notes()
        yield from self._orphans.notes
        yield from self._engines.notes() if self._engines else ()
        untyped = self._cluster.live.schema_problem if self._cluster.live else ""
        if untyped:
            name, consequence = self._cluster.name, "lists of custom resources are compared by place"
            yield f"cluster {name} shows no types, so {consequence}: {untyped}"

    def _checks(self) -> tuple[Check, ...]:
        policies = self._policies()
        asked = (HealthCheck(),) if self._by.settings.checks_health else ()
        return self._drift, PolicyCheck(policies), self._schema, *asked, *self._engine_checks()

    def _policies(self) -> ClusterPolicies:
        loaded, live = self._by.policies, self.live_object
        return ClusterPolicies(loaded, self._inventory, live, self._plural, self._namespaces, self._before)

    @property
    def _before(self) -> Mapping[str, Declared] | None:
        if self._by.before is None:
            return None
        return {title: old for (cluster, title), old in self._by.before.items() if cluster == self._cluster.name}

    def _engine_checks(self) -> Iterator[Check]:
        if self._engines is not None:
            config, accepts = self._by.settings.engine, self._by.settings.drift.pending == "warn"
            clock = clock_of(self._cluster.live, config)
            yield EngineCheck(self._engines, config, self._by.policies.exceptions, clock, accepts)

    def _checked(self, case: Case, checks: Sequence[Check]) -> Case:
        """One object that breaks a check is an error of its own; the others are judged."""
        for check in checks:
            try:
                if check.applies(case):
                    case = check.checked(case)
            except Exception as error:
                case = replace(case, problem=case.problem or as_problem(error))
        return case if case.is_modified else _without_live(case)

    def _with_evidence(self, cases: Sequence[Case], logs: AuditLogs, on_progress: OnProgress | None) -> Sequence[Case]:
        for look in self._second_looks(logs, on_progress):
            cases = _looked_at(cases, look)
        for case in cases:
            if case.drift is not None:
                self._ledger.note(case.subject, case.drift)
        return cases

    def _second_looks(
        self, logs: AuditLogs, on_progress: OnProgress | None
    ) -> Iterator[Callable[[Sequence[Case]], Sequence[Case]]]:
        """What else is asked about findings, in this order: each takes in what the one before it told."""
        yield lambda cases: self._elsewhere.told(cases, self._reading.last)
        yield self._renamed.told
        if self._live_scalers is not None:
            yield self._live_scalers.excused
        yield lambda cases: self._confirmer.confirmed(cases, on_progress)
        if self._causes is not None:
            yield self._causes.settled
        yield lambda cases: logs.attributed(cases, self._plural)
        if self._by.images is not None:
            yield self._by.images.told
        if self._by.is_located:
            yield ValueOrigins(self._by.earlier).told

    def _judged(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        shown: Iterable[Verdict] = self._by.masks.masked(verdicts, self.redactor)
        if self._by.baseline is not None:
            shown = map(self._by.baseline.compared, shown)
        return [verdict.judged(self._by.threshold) for verdict in shown]

    @property
    def _is_recorded(self) -> bool:
        return self._cluster.live is not None and self._cluster.live.is_recorded

    def _plural(self, subject: Subject) -> str:
        """The plural of a kind's API; without a cluster as English has it, which is how nearly all are made."""
        cluster, key = self._cluster.live, subject.key
        api = cluster.discovery.resource(key.group, subject.version, key.kind) if cluster else None
        return api.plural if api else plural(key.kind)


def _looked_at(cases: Sequence[Case], look: Callable[[Sequence[Case]], Sequence[Case]]) -> Sequence[Case]:
    """The cases after a second look. One that fails is an error of what differs; the rest needed none."""
    try:
        return look(cases)
    except Exception as error:
        problem = as_problem(error)
        return [case if _is_settled(case) else replace(case, problem=case.problem or problem) for case in cases]


def _is_settled(case: Case) -> bool:
    return case.drift is None or case.drift.status == "in-sync"


def _without_live(case: Case) -> Case:
    """Only of what differs the live object is looked at again."""
    return case if case.live is None else replace(case, live=None)
