"""From what an audit found to a plan: ordered actions, what is refused and why, and the guards (DESIGN 4.5, 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from gitops_audit.errors import ClusterError, ConfigError
from gitops_audit.kube.definition import Definition, is_definition
from gitops_audit.kube.plural import plural
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.check import DRIFT
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping
from gitops_audit.model.subject import Subject
from gitops_audit.remediate import state
from gitops_audit.remediate.choose import Draft, choose
from gitops_audit.remediate.digest import content_digest, holds_tokens, rendered_digest
from gitops_audit.remediate.document import Action, Plan, Refused, Scope
from gitops_audit.remediate.effect import effect_of, wave_of
from gitops_audit.remediate.going import going
from gitops_audit.remediate.guard import Facts, guards, protected, seen
from gitops_audit.remediate.heal import Engines
from gitops_audit.remediate.order import pairs, ranks
from gitops_audit.remediate.prune import Owners
from gitops_audit.remediate.survey import Survey
from gitops_audit.remediate.writers import Writers

RECORDED = "GA515"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the evidence that people are shown: the drafts by the id of their action."""

    plan: Plan
    drafts: Mapping[str, Draft]


class Planner:
    """Makes the plan of one survey. Reads clusters, writes nothing. Raises AuditError."""

    def __init__(self, survey: Survey, writers: Writers, approved: Plan | None = None) -> None:
        """`approved` is a plan that is carried out: the survey did not ask again what was confirmed for it."""
        self._approved = {action.id: action for action in approved.actions} if approved else {}
        _check_clusters(survey)
        self._survey = survey
        self._config = survey.settings.remediation
        self._writers = writers
        self._last = state.load(survey.settings.path)
        self._owners = Owners(survey, self._last)
        self._engines: dict[str, Engines] = {}
        self._redactor = Redactor(rules=survey.settings.redact)
        self._healers: dict[str, str] = {}
        self._ranks = ranks(survey.after)

    def plan(self, scope: Scope, moment: datetime) -> Planned:
        drafts: dict[str, Draft] = {}
        actions: list[Action] = []
        refused: list[Refused] = []
        for verdict in self._survey.verdicts:
            draft = self._confirmed(choose(verdict, scope))
            found = self._action(draft) if isinstance(draft, Draft) else draft
            if isinstance(found, Action) and isinstance(draft, Draft):
                actions.append(found)
                drafts[found.id] = draft
            elif isinstance(found, str):
                refused.append(Refused(verdict.subject.id, found))
        identities = {c.name: self._writers.identity(c.name) for c in self._survey.info.clusters if c.is_read}
        now = seen(self._survey.verdicts, self._survey.resources, identities)
        declared = sum(len(ids) for ids in now.declared.values())
        facts = Facts(
            self._config,
            self._survey.verdicts,
            actions,
            declared,
            self._survey.is_whole,
            now,
            self._last,
            scope.accepts,
        )
        held = guards(facts, moment)
        plan = Plan(
            scope,
            self._survey.commits,
            tuple(sorted(identities.items())),
            tuple(sorted(actions, key=lambda a: (a.wave, a.id))),
            tuple(refused),
            held,
            after=tuple(pairs(self._survey.after, {a.source for a in actions})),
        )
        self._remember(plan, now)
        return Planned(plan.sealed(moment), drafts)

    def _confirmed(self, draft: Draft | str | None) -> Draft | str | None:
        """The draft without changes of which the server said, when the plan was made of just this object, that they
        are none. Of an object that moved since, every change counts: it makes the plan stale."""
        if not isinstance(draft, Draft) or not self._is_as_planned(draft.resource):
            return draft
        findings = self._approved[draft.resource.id].findings
        known = {f.change.pointer for f in draft.verdict.changes if f.change and f.fingerprint in findings}
        changes = tuple(change for change in draft.changes if change.pointer in known)
        return replace(draft, changes=changes) if changes else draft

    def _is_as_planned(self, resource: Subject) -> bool:
        action = self._approved.get(resource.id)
        live = self._survey.live(resource) if action is not None else None
        if action is None or live is None or live["metadata"].get("resourceVersion") != action.resource_version:
            return False
        return rendered_digest(self._survey.declared(resource)) == action.rendered_digest

    def _remember(self, plan: Plan, now: state.LastRun) -> None:
        """Only a run in which everything was read, and no guard was alarmed, is one to compare with."""
        names = {"read", "cluster", "presence"}
        is_good = all(guard.ok for guard in plan.guards if guard.name in names)
        lost = next((g for g in plan.guards if g.name == "shrink"), None)
        is_shrunk = lost is not None and "no longer" in lost.detail and "shrink" not in plan.scope.accepts
        if self._survey.is_whole and is_good and not is_shrunk:
            state.save(self._survey.settings.path, self._last.then(now) if self._last else now)

    def _action(self, draft: Draft) -> Action | str:
        """The action of a draft, or why it must not be done."""
        key = draft.resource.key
        try:
            writer = self._writers.of(key.cluster)
            target = Target(key, draft.resource.version)
            live = self._live(draft, writer, target)
            served = self._plural(key, draft.resource.version)
            reason = _is_going(live) or protected(key, draft.action, self._config, served) or self._healed(draft, live)
        except ClusterError as error:
            return error.message
        if reason:
            return reason
        if draft.action == "delete" and live is not None:
            source = self._owners.source_of(key, live)
            if not source:
                return "no mark, writer or earlier run ties it to one source of this configuration: not deleted"
            return self._made(draft, live, source)
        return self._made(draft, live, draft.resource.source)

    def _live(self, draft: Draft, writer: Writer, target: Target) -> JsonObject | None:
        if draft.action == "create":
            return None
        live = self._survey.live(draft.resource) or writer.get(target)
        if live is None:
            raise ClusterError(f"{target.key} was deleted while the plan was made")
        return live

    def _healed(self, draft: Draft, live: JsonObject | None) -> str:
        """What heals the object by itself, and how to let it; empty where nothing does."""
        resource = draft.resource
        if told := self._followed(resource.source):
            return told
        engines = self._engines_of(resource.key.cluster)
        if live is not None:
            return engines.proposal(live.get("metadata") or {})
        siblings = self._survey.siblings(resource.key.cluster, resource.source)
        return engines.proposal_for_missing(resource.key, (mapping(one.get("metadata")) for one, _ in siblings))

    def _followed(self, source: str) -> str:
        """What heals all that a followed source declares."""
        if source not in self._healers:
            followed = self._survey.followed(source)
            engines = self._engines_of(followed.cluster) if followed is not None else None
            self._healers[source] = engines.proposal_for_followed(followed) if engines and followed else ""
        return self._healers[source]

    def _engines_of(self, cluster: str) -> Engines:
        return self._engines.setdefault(cluster, Engines(self._writers.of(cluster)))

    def _made(self, draft: Draft, live: JsonObject | None, source: str) -> Action:
        resource = draft.resource
        metadata = (live or {}).get("metadata") or {}
        shown = self._survey.declared(resource)
        is_sensitive = any(self._redactor.covers(body) or holds_tokens(body) for body in (live, shown) if body)
        return Action(
            id=resource.id,
            wave=wave_of(draft.action, resource.key, resource.body, self._ranks.get(source, 0)),
            action=draft.action,
            resource=str(resource.key),
            cluster=resource.key.cluster,
            source=source,
            version=resource.version,
            resource_version=str(metadata.get("resourceVersion") or ""),
            live_digest="" if live is None or is_sensitive else content_digest(live),
            rendered_digest=rendered_digest(shown),
            findings=tuple(_fingerprints(draft)),
            effect=effect_of(draft.action, resource.key, draft.changes),
            undoable=not is_sensitive or draft.action == "create" or self._config.journal_key is not None,
            plural=self._plural(resource.key, resource.version),
            sensitive=is_sensitive,
        )

    def _plural(self, key: ResourceKey, version: str) -> str:
        """As the server has it, or a definition that is yet to be created; else as English would."""
        served = self._writers.of(key.cluster).cluster.discovery.resource(key.group, version, key.kind)
        return served.plural if served else self._declared_plurals.get((key.group, key.kind)) or plural(key.kind)

    @cached_property
    def _declared_plurals(self) -> Mapping[tuple[str, str], str]:
        bodies = (r.body for r in self._survey.resources if is_definition(r.body))
        found = filter(None, map(Definition.from_body, bodies))
        return {(d.group, d.kind): d.name.partition(".")[0] for d in found}


def _is_going(live: JsonObject | None) -> str:
    told = going(live)
    return f"{told}: nothing is written to what goes; when it is gone, a new plan creates it" if told else ""


def _fingerprints(draft: Draft) -> Iterator[str]:
    undone = {change.pointer for change in draft.changes}
    for found in draft.verdict.findings:
        is_whole = not draft.changes and found.rule in ("missing", "extra")
        if found.check == DRIFT and (is_whole or (found.change is not None and found.pointer in undone)):
            yield found.fingerprint


def _check_clusters(survey: Survey) -> None:
    """A recording, or no cluster at all, is nothing that could be repaired."""
    clusters = survey.settings.clusters
    recorded = next((c for c in clusters if c.snapshot is not None), None)
    if recorded is not None or not clusters:
        what = f"cluster {recorded.name} is a recording" if recorded else "no cluster is configured"
        raise ConfigError(f"{what}, which cannot be repaired", code=RECORDED, hint="name a cluster with `--cluster`")
