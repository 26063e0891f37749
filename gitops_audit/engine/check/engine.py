"""The check of the engines themselves: their settings, what they say of their last sync, and what they may deploy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gitops_audit.config.engine_check import EngineConfig
from gitops_audit.deployer.argocd import APPLICATION, APPLICATION_SET
from gitops_audit.deployer.argocd.marks import APP_PROJECT
from gitops_audit.deployer.argocd.project import ANY_PROJECT, project_name, refusals
from gitops_audit.deployer.engine_fault import RULES, EngineFault
from gitops_audit.deployer.engine_rules import (
    ENGINE_KINDS,
    FLUX_KINDS,
    deployed_commit,
    references,
    setting_faults,
    state_faults,
    target_namespace,
)
from gitops_audit.deployer.engine_tools import RENDERERS
from gitops_audit.deployer.flux.marks import BOOTSTRAP
from gitops_audit.deployer.status_age import Clock
from gitops_audit.engine.case import Case
from gitops_audit.engine.gather.engines import Engines
from gitops_audit.kube.match import labels_of
from gitops_audit.live import Cluster
from gitops_audit.model.check import ENGINE, CheckName
from gitops_audit.model.finding import PolicyResult, Severity, Side
from gitops_audit.model.how_many import how_many
from gitops_audit.model.path import field_path
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.subject import Undeclared, Unread
from gitops_audit.policy.exceptions import Exceptions

_NAMESPACE = ("", "Namespace")


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """Looks at what tells an engine what to deploy; `engines` is what is known beside the object itself.

    `accepts_pending`: what is only not deployed yet fails nothing, here as in the check of drift.
    """

    engines: Engines
    config: EngineConfig
    exceptions: Exceptions
    clock: Clock
    accepts_pending: bool = False
    name: CheckName = ENGINE

    def applies(self, case: Case) -> bool:
        subject = case.subject
        if isinstance(subject, Unread) or (isinstance(subject, Undeclared) and subject.is_removed):
            return False
        return (subject.key.group, subject.key.kind) in ENGINE_KINDS

    def checked(self, case: Case) -> Case:
        live = case.live if case.live is not None else self.engines.live(case.subject)
        labels = labels_of(case.subject.body or live or {})
        found = (
            self._result(fault, on, case.subject.body if on == "declared" else live or case.subject.body)
            for fault, on in self._found(case, live)
            if fault.rule not in self.config.exclude
        )
        return replace(case, engine=tuple(self.exceptions.apply(r, case.subject.key, labels) for r in found))

    def _found(self, case: Case, live: JsonObject | None) -> Iterator[tuple[EngineFault, Side]]:
        yield from self._settings(case, live)
        body = case.subject.body or live or {}
        on: Side = "declared" if case.subject.body else "live"
        yield from ((fault, on) for fault in (*self._targets(case, body), *self._rendered(case)))
        if live is not None:
            yield from ((fault, "live") for fault in state_faults(live, self.clock))
            yield from ((fault, "live") for fault in self._revision(case, live))

    def _settings(self, case: Case, live: JsonObject | None) -> Iterator[tuple[EngineFault, Side]]:
        """What is so in Git is told of Git; what is so in the cluster alone was changed past review."""
        declared = {f.rule: f for f in setting_faults(case.subject.body)}
        in_cluster = {f.rule: f for f in setting_faults(live or {})}
        if (case.subject.key.group, case.subject.key.kind) == APPLICATION_SET:
            declared = {f.rule: f for f in self._of_set(case)}
        for rule in dict.fromkeys((*declared, *in_cluster)):
            if rule in declared:
                yield declared[rule], "both" if rule in in_cluster else "declared"
            elif case.subject.body:
                fault, severity = in_cluster[rule], Severity(min(RULES[rule].severity + 1, Severity.critical))
                yield replace(fault, message=f"{fault.message}, in the cluster alone", severity=severity), "live"
            else:
                yield in_cluster[rule], "live"

    def _of_set(self, case: Case) -> Iterator[EngineFault]:
        """What its Applications have in common with any other; told once, of the set."""
        made = self.engines.made_by(case.declared)
        found: dict[str, list[EngineFault]] = {}
        for fault in (fault for body in made for fault in setting_faults(body)):
            found.setdefault(fault.rule, []).append(fault)
        for faults in found.values():
            told = f"{len(faults)} of the {how_many(len(made), 'Application')} that it makes: {faults[0].message}"
            pointer = f"/spec/template{faults[0].pointer}"
            yield replace(faults[0], message=told, pointer=pointer)

    def _targets(self, case: Case, body: JsonObject) -> Iterator[EngineFault]:
        """What it names, and what its project permits."""
        kind = case.subject.key.group, case.subject.key.kind
        if kind == APPLICATION:
            yield from self._project(case, body)
        elif kind in FLUX_KINDS:
            yield from self._references(case, body)
        namespace, pointer = target_namespace(body)
        deployed = self.engines.deployed(case.subject) if namespace else None
        for cluster in deployed.clusters if deployed else ():
            there = self.engines.at(cluster)
            if there is None or deployed is None or not there.has_resource_in(deployed.source, namespace):
                continue
            if not there.has(_NAMESPACE, "", namespace) and there.is_whole(_NAMESPACE):
                where = "" if cluster == case.subject.key.cluster else f" in cluster {cluster}"
                message = f"nothing makes the namespace {namespace} that it deploys to{where}"
                yield EngineFault("target-missing", message, pointer)

    def _project(self, case: Case, body: JsonObject) -> Iterator[EngineFault]:
        name = project_name(body)
        projects = self.engines.named(APP_PROJECT, name)
        if len(projects) == 1:
            yield from refusals(body, projects[0])
        elif not projects and name != ANY_PROJECT:
            yield from self._missing(APP_PROJECT, f"AppProject {name}", "/spec/project")

    def _references(self, case: Case, body: JsonObject) -> Iterator[EngineFault]:
        for kind, namespace, name, pointer in references(body, case.subject.key.namespace):
            is_bootstrap = name == BOOTSTRAP and not self.engines.is_asked
            if not is_bootstrap and not self.engines.has(kind, namespace, name):
                yield from self._missing(kind, f"{kind[1]} {namespace}/{name}", pointer)

    def _missing(self, kind: tuple[str, str], name: str, pointer: str) -> Iterator[EngineFault]:
        """Without a cluster somebody else may declare it; a cluster that could not be asked is told in a note."""
        if not self.engines.is_asked:
            message = f"no source of this audit declares the {name} that it names, and no cluster was asked"
            yield EngineFault("target-missing", message, pointer, Severity.info)
        elif self.engines.is_whole(kind):
            yield EngineFault("target-missing", f"the {name} that it names is neither declared nor there", pointer)

    def _rendered(self, case: Case) -> Iterator[EngineFault]:
        deployed, kind = self.engines.deployed(case.subject), case.subject.key.kind
        if deployed is not None and deployed.tools and kind in RENDERERS and (run := self.engines.renderer(kind)):
            yield from (EngineFault("renderer-differs", words) for words in run.others(deployed.tools))

    def _revision(self, case: Case, live: JsonObject) -> Iterator[EngineFault]:
        commit, deployed = deployed_commit(live), self.engines.deployed(case.subject)
        if commit and deployed is not None and deployed.commit and deployed.commit != commit:
            message = f"it deployed commit {commit[:10]}, and {deployed.commit[:10]} is audited"
            yield EngineFault("revision-differs", message, "/status")

    def _result(self, fault: EngineFault, on: Side, body: JsonObject) -> PolicyResult:
        rule, own = RULES[fault.rule], dict(self.config.severity)
        severity = own.get(fault.rule, rule.severity if fault.severity is None else fault.severity)
        if self.accepts_pending and fault.rule == "out-of-sync" and fault.rule not in own:
            severity = Severity.info
        name, message = f"{ENGINE}/{fault.rule}", f"{fault.message}\n{rule.next}"
        path = field_path(fault.pointer, body) if fault.pointer else ""
        return PolicyResult(name, name, "fail", severity, message, path, on, pointer=fault.pointer)


def clock_of(cluster: Cluster | None, config: EngineConfig) -> Clock:
    """The time at which a cluster was read."""
    now = cluster.recorded_at if cluster is not None and cluster.is_recorded else datetime.now(UTC)
    age = None if config.sync_age_s is None else timedelta(seconds=config.sync_age_s)
    return Clock(now, timedelta(seconds=config.status_age_s), age)
