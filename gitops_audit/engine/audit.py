"""One pass of an audit, from the configuration to a verdict on every resource."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby

from gitops_audit.config.settings import Settings
from gitops_audit.deployer.expansion import told_once
from gitops_audit.engine.check.policies import RunPolicies
from gitops_audit.engine.check.stand_ins import stand_in_notes
from gitops_audit.engine.cluster_pass import ClusterPass, Judgement
from gitops_audit.engine.consistency import Consistency
from gitops_audit.engine.events import Event, Finished, Judged, Stage, Started
from gitops_audit.engine.evidence.audit_log import AuditLogs
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.engine.evidence.image_origin import ImageOrigins
from gitops_audit.engine.evidence.locate import Locator
from gitops_audit.engine.evidence.mask import Masks
from gitops_audit.engine.gather.all_sources import read_all, renderings, with_followed
from gitops_audit.engine.gather.clusters import ReachedCluster, reach_all
from gitops_audit.engine.gather.sources import ReadSource, for_cluster
from gitops_audit.engine.gather.tools import unwanted_tools
from gitops_audit.engine.gather.unread import may_be_of, unread
from gitops_audit.engine.known import KnownFindings
from gitops_audit.engine.memory import Holder
from gitops_audit.engine.options import RunOptions, narrowed
from gitops_audit.engine.shield import Shield, as_problem
from gitops_audit.errors import AuditError, ClusterError
from gitops_audit.inventory import build, offline_scope
from gitops_audit.kube.definition import is_definition
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.live.workers import threads
from gitops_audit.model.baseline import Baseline, KnownFinding
from gitops_audit.model.finding import Drift
from gitops_audit.model.how_many import how_many
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.printable import printable
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.result import NOT_EVALUATED, AuditResult, Part, RunInfo, ShardInfo, Summary, is_answer, part_of
from gitops_audit.model.subject import UNDECLARED, Subject, Undeclared, Unread
from gitops_audit.model.verdict import Threshold, Verdict


class Audit:
    """`prepare()` reads Git and finds the resources; `run()` reads the clusters and judges. `close()` at the end.

    Raises AuditError only for what makes the whole run impossible (configuration, policies). A source or cluster that
    cannot be read becomes verdicts of outcome `error`: the rest of the run goes on.
    """

    def __init__(
        self,
        settings: Settings,
        options: RunOptions | None = None,
        baseline: Baseline | None = None,
        redactor: Redactor | None = None,
        before: Mapping[Part, Declared] | None = None,
    ) -> None:
        """`baseline`: the findings that are known before the run. Of an audit to compare with: its `redactor`, and
        `before`, what it declares, by cluster and title."""
        self._before = before
        self._options = options or RunOptions()
        self._baseline = baseline
        self._settings = narrowed(settings, self._options)
        self._started_at = utc_now()
        known = (redactor.known if redactor else None) or KnownSecrets()
        self.redactor = Redactor(redactor.key if redactor else None, rules=self._settings.redact, known=known)
        self._masks = Masks(known)
        self._sources: tuple[ReadSource, ...] = ()
        self._clusters: Sequence[ReachedCluster] = ()
        self._passes: dict[str, ClusterPass] = {}
        self._judgement: Judgement | None = None
        self._logs = AuditLogs()
        self._held = Holder()
        self._run_notes: list[str] = []
        self.inventory: tuple[Subject, ...] = ()  # `resources`, and those of other shards
        self.resources: tuple[Subject, ...] = ()
        pending = self._settings.drift.pending == "fail"
        is_base = baseline is not None and baseline.is_base
        is_only_new = baseline is not None and (is_base or self._options.only_new or settings.fail_on_new)
        self.threshold = Threshold(
            self._settings.fail_on,
            is_pending_failure=pending and not is_base,
            is_known_failure=not is_only_new,
        )

    def prepare(self) -> None:
        """Loads the policies, reads every source, reaches every cluster, and settles what is audited."""
        with self._held.bulk_work():
            self._prepare()

    def _prepare(self) -> None:
        policies = RunPolicies.load(self._settings, self._options)
        self._progress(Stage("opening", "repository"))
        with threads(1, "reach") as pool:
            reached = pool.submit(reach_all, self._settings, self.redactor, self._options.on_progress)
            self._sources = read_all(self._settings, self._options, reached.result)
            self._settings = with_followed(self._settings, self._sources)
            asked = bool(self._settings.clusters)
            self._clusters = reached.result() if asked else reach_all(self._settings, self.redactor)
        definitions = [m.body for s in self._sources for m in s.rendered.manifests if is_definition(m.body)]
        self._judgement = Judgement(
            self._settings,
            policies,
            self.threshold,
            EarlierSources(self._settings, self._sources, renderings(self._settings, self._options)),
            Locator(self._sources if self._options.is_located else ()),
            self._masks,
            definitions,
            self._baseline,
            self._sources,
            self._image_origins(),
            self._options.is_located,
            self._options.is_confirmed,
            self._before,
        )
        found = [r for cluster in self._clusters for r in self._inventory(cluster, self._judgement)]
        found += [*self._orphans(), *self._removed()]
        shard = self._options.shard
        self.inventory = tuple(found)
        self._masks.over(self.inventory)
        self.resources = self.inventory if shard is None else tuple(filter(shard.holds, found))
        self._logs = AuditLogs.read(self._options.audit_logs, self.resources)

    def _image_origins(self) -> ImageOrigins | None:
        has_images = any(source.images for source in self._settings.sources)
        return ImageOrigins(self._settings, fetch=self._options.fetch) if has_images else None

    @property
    def info(self) -> RunInfo:
        clusters = tuple(c.info for c in self._clusters)
        shard = self._options.shard
        told = None if shard is None else ShardInfo(shard.index, shard.count)
        policies = self._judgement.policies.infos if self._judgement is not None else ()
        return RunInfo(self._started_at, clusters, tuple(s.info for s in self._sources), told, policies)

    def run(self, selected: Collection[Subject] | None = None, *, keeps_live: bool = False) -> Iterator[Event]:
        """Judges the selected resources (all, where None): Started, a Judged for each, Finished.

        `keeps_live`: somebody will ask for live objects afterwards (`live`); else they go with their cluster.
        """
        chosen = self.resources if selected is None else tuple(selected)
        yield Started(self.info, len(chosen))
        is_whole = len(chosen) == len(self.resources)
        summary = Summary(is_empty_shard=bool(self.inventory) and not self.resources)
        summary.elsewhere.update(_answered_by_followed(self._sources))
        known = KnownFindings(self._baseline) if self._baseline is not None else None
        consistency = Consistency(chosen)
        for name, resources in groupby(sorted(chosen, key=_cluster), key=_cluster):
            verdicts = self._judged(name, tuple(resources))
            if is_whole:
                summary.elsewhere.update(self._answered_by_others(name, verdicts))
            if not keeps_live:
                self._passes[name].forget()
            for verdict in verdicts:
                summary.add(verdict)
                consistency.add(verdict)
                if known is not None:
                    known.add(verdict)
                yield Judged(verdict)
        if known is not None:
            has_other_mode = self._options.mode is not None
            summary.resolved = known.resolved(self._gone(is_whole=is_whole), has_other_mode=has_other_mode)
        told = known.notes(summary.resolved or ()) if known is not None else ()
        notes = dict.fromkeys(
            (*self._notes(is_whole=is_whole), *consistency.notes(), *told, *self._unevaluated(summary))
        )
        mask = self._masks.of(self.redactor)
        yield Finished(utc_now(), summary, tuple(map(mask.message, notes)))

    def declared(self, resource: Subject) -> JsonObject:
        """What Git declares of a resource, as it may be shown: copies of secret values are tokens."""
        return self._shown(resource, resource.body)

    def masked(self, cluster: str, body: JsonObject) -> JsonObject:
        """An object of another audit with this one's redactor, without what this one knows to be secret."""
        one = self._passes.get(cluster)
        return self._masks.of(one.redactor if one else self.redactor).body(body)

    def live(self, resource: Subject) -> JsonObject | None:
        """The live object of a resource that was judged, as it may be shown; None where the cluster has none."""
        one = self._passes.get(resource.key.cluster)
        body = one.live_object(resource) if one and isinstance(resource, Declared) else None
        return None if body is None else self._shown(resource, body)

    def _shown(self, resource: Subject, body: JsonObject) -> JsonObject:
        return self.masked(resource.key.cluster, body)

    @property
    def sources(self) -> tuple[ReadSource, ...]:
        """Every source as it was read."""
        return self._sources

    def redeclared(self, others: Mapping[str, ReadSource]) -> tuple[Declared, ...]:
        """What would be declared with other files of some sources, given by name: of all clusters that were reached."""
        return tuple(
            r for c in self._clusters for r in self._declared(c, [others.get(s.config.name, s) for s in self._sources])
        )

    def first_look(self, resource: Declared) -> Drift | None:
        """The drift of another declaration of a resource that was judged, before evidence; None without an answer."""
        one = self._passes.get(resource.key.cluster)
        return one.first_look(resource) if one else None

    def schema(self, resource: Declared) -> TypeSchema | None:
        """The type of a resource's kind, as its cluster has it; None where that is not known."""
        live = next((c.live for c in self._clusters if c.name == resource.key.cluster), None)
        return live.schemas.type_for(resource.key.group, resource.version, resource.key.kind) if live else None

    def is_telling(self, cluster: str, text: str) -> bool:
        """Whether a text repeats the value of a Secret."""
        one = self._passes.get(cluster)
        return self._masks.of(one.redactor if one else self.redactor).is_telling(text)

    def close(self) -> None:
        for cluster in self._clusters:
            cluster.close()
        for source in self._sources:
            source.close()
        if self._judgement is not None:
            self._judgement.earlier.close()
        self._passes.clear()
        self._held.release()

    def _judged(self, name: str, subjects: tuple[Subject, ...]) -> list[Verdict]:
        one = self._passes[name]
        with self._held.bulk_work():
            try:
                return one.judge(subjects, self._logs, self._options.on_progress)
            except Exception as error:  # one cluster is none of the others' business
                return one.unjudged(subjects, as_problem(error))

    def _answered_by_others(self, cluster: str, verdicts: Sequence[Verdict]) -> Iterator[Part]:
        """The sources of which no check applies to what this shard holds, while other shards come to an answer."""
        shard = self._options.shard
        if shard is None:
            return
        for part in {part_of(v) for v in verdicts} - {part_of(v) for v in verdicts if is_answer(v)}:
            others = [r for r in self.inventory if (r.key.cluster, r.source) == part and not shard.holds(r)]
            if any(map(is_answer, self._judged(cluster, tuple(others)))):
                yield part

    def _inventory(self, cluster: ReachedCluster, judgement: Judgement) -> list[Subject]:
        """The resources of one cluster, with every source and file that could not be read."""
        sources = for_cluster(self._sources, cluster.name)
        declared = self._declared(cluster, self._sources)
        self._passes[cluster.name] = ClusterPass(cluster, declared, judgement)
        engines = self._passes[cluster.name].find_engines()
        found: list[Subject] = [*self._unread(cluster.name, sources), *declared, *engines]
        if cluster.error is not None and not declared:
            found.append(Unread.of_cluster(cluster.name, cluster.error))
        if cluster.error is None and not sources and not self._is_narrower:
            found.append(Unread.of_cluster(cluster.name, _nothing_for(cluster.name)))
        return found

    def _unread(self, cluster: str, sources: Sequence[ReadSource]) -> Iterator[Unread]:
        yield from unread(cluster, sources, fails_on_unfollowed=self._settings.fail_on_unfollowed)
        yield from unwanted_tools(self._settings, cluster, sources)

    @staticmethod
    def _declared(cluster: ReachedCluster, sources: Sequence[ReadSource]) -> tuple[Declared, ...]:
        readable = [(s.config, s.rendered) for s in for_cluster(sources, cluster.name) if s.error is None]
        scope = cluster.live.discovery.scope if cluster.live else offline_scope(r for _, r in readable)
        return build(cluster.name, readable, scope, cluster.redactor).resources

    @property
    def _is_narrower(self) -> bool:
        """Whether a cluster may be without sources: some were chosen, or what nobody declares is looked for in it."""
        return bool(self._options.sources) or self._settings.drift.orphans.enabled

    def _gone(self, *, is_whole: bool) -> Callable[[KnownFinding], bool]:
        """Whether what a known finding is about is, for sure, nothing this audit is about any more.

        Of several shards only the first tells it, as all of them know what is declared.
        """
        shard = self._options.shard
        if not is_whole or self._options.sources or (shard is not None and shard.index != 1):
            return lambda _: False
        kept = (r for r in self.inventory if not (isinstance(r, Undeclared) and r.is_removed))
        declared = {(r.key.cluster, printable(r.title)) for r in kept}
        unread = {r.key.cluster for r in self.inventory if isinstance(r, Unread)}
        read = {cluster.name for cluster in self._clusters if cluster.error is None} - unread
        has_orphans = self._settings.drift.orphans.enabled
        return lambda entry: (
            entry.cluster in read
            and (entry.cluster, entry.resource) not in declared
            and (has_orphans or entry.source != UNDECLARED)
        )

    def _orphans(self) -> Iterator[Subject]:
        """Only a complete inventory can tell what is declared nowhere."""
        if not self._settings.drift.orphans.enabled:
            return
        is_whole = not self._options.sources and not any(s.error or s.rendered.problems for s in self._sources)
        if is_whole:
            for one in self._passes.values():
                yield from one.find_orphans()
        else:
            self._run_notes.append("undeclared objects were not looked for: not every source was read in full")

    def _removed(self) -> Iterator[Subject]:
        """Of a source that cannot be read it is not known what the change removes from it."""
        if self._before is None or not (self._judgement and self._judgement.policies.of_changes):
            return
        if any(s.error or s.rendered.problems for s in self._sources):
            self._run_notes.append("what the change removes was not judged: not every source was read in full")
            return
        gaps = [one for source in self._sources for one in source.unfollowed]
        removed = [subject for one in self._passes.values() for subject in one.find_removed()]
        yield from (subject for subject in removed if not may_be_of(subject.source, gaps))
        for name in sorted({subject.source for subject in removed if may_be_of(subject.source, gaps)}):
            self._run_notes.append(
                f"what the change removes of source {name} was not judged: it is not followed any more"
            )

    def _notes(self, *, is_whole: bool) -> Iterator[str]:
        yield from (*self._run_notes, *self._logs.notes)
        yield from _shallow(self._sources)
        yield from told_once(one for source in self._sources for one in source.unfollowed)
        for source in self._sources:
            for rendered in (source, *source.by_cluster.values()):
                yield from (f"source {source.config.name}: {note}" for note in rendered.rendered.notes)
        yield from stand_in_notes([r for r in self.resources if isinstance(r, Declared)])
        for one in self._passes.values():
            yield from one.notes()
        if self._judgement is not None:
            yield from self._judgement.locator.notes()
            yield from self._judgement.images.notes() if self._judgement.images else ()
            yield from self._judgement.policies.notes(is_whole=is_whole, has_base=self._before is not None)

    def _unevaluated(self, summary: Summary) -> Iterator[str]:
        """Why an audit that found nothing is not clean all the same."""
        if not self.resources and self._options.shard is not None:
            shard = self._options.shard
            told = (
                f"the shard {shard.index}/{shard.count} holds none of the {how_many(len(self.inventory), 'resource')}"
            )
            if self.inventory:
                yield f"{told}: other shards audit them"
            else:
                yield f"nothing was evaluated: {told} [{NOT_EVALUATED}]"
        yield from summary.unevaluated

    def _progress(self, stage: Stage) -> None:
        if self._options.on_progress is not None:
            self._options.on_progress(stage)


def run(settings: Settings, options: RunOptions | None = None, baseline: Baseline | None = None) -> AuditResult:
    """One whole pass, and everything that came of it. Raises AuditError as `Audit` does."""
    audit, verdicts = Audit(settings, options, baseline), list[Verdict]()
    with Shield(), closing(audit):
        audit.prepare()
        for event in audit.run():
            match event:
                case Judged(verdict=verdict):
                    verdicts.append(verdict)
                case Finished(finished_at=finished_at, summary=summary, notes=notes):
                    return AuditResult(audit.info, finished_at, summary, verdicts, notes)
    raise AssertionError("an audit ends with Finished")


def _answered_by_followed(sources: Sequence[ReadSource]) -> Iterator[Part]:
    """An engine's own objects often have no schema: what follows from them is what its source is there for."""
    for source in sources:
        if source.config.follow is not None and source.error is None:
            yield from ((cluster, source.config.name) for cluster in source.config.clusters)


def _shallow(sources: Sequence[ReadSource]) -> Iterator[str]:
    """One note for each repository, however many sources come from it."""
    names: dict[str, list[str]] = {}
    for source in sources:
        if source.checkout is not None and source.checkout.is_shallow:
            names.setdefault(source.info.repo, []).append(source.config.name)
    for found in names.values():
        name = found[0] if len(found) == 1 else f"{found[0]} (and {len(found) - 1} more of its repository)"
        yield f"source {name} is a shallow clone: the last commits of old files are not known"


def _nothing_for(cluster: str) -> AuditError:
    return ClusterError(
        f"nothing is declared for cluster {cluster}, so nothing of it was audited",
        code=NOT_EVALUATED,
        hint="add it to the `clusters` of a source, or remove it from the configuration",
    )


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cluster(subject: Subject) -> str:
    return subject.key.cluster
