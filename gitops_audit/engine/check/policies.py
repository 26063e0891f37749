"""The policies of a run, evaluated on what Git declares and on what the cluster has, as one result per rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gitops_audit.config.settings import Settings
from gitops_audit.deployer.engine_fault import RULES
from gitops_audit.engine.gather.namespaces import Namespaces
from gitops_audit.engine.options import RunOptions
from gitops_audit.kube.match import labels_of
from gitops_audit.model.check import ENGINE
from gitops_audit.model.finding import PolicyOutcome, PolicyResult, Severity, Side
from gitops_audit.model.path import field_path
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey
from gitops_audit.model.result import PolicyInfo
from gitops_audit.policy.contract import Policy, RuleResult, Subject
from gitops_audit.policy.declared import as_admitted
from gitops_audit.policy.exceptions import Exceptions

_WORST: tuple[PolicyOutcome, ...] = ("error", "fail", "warn", "skip", "pass")


class RunPolicies:
    """All policies of a run. Raises PolicyError from `load` for documents that cannot be used as they are written."""

    def __init__(self, policies: Sequence[Policy], exceptions: Exceptions) -> None:
        self.all = policies
        self.policies = [p for p in policies if not p.operations]
        self.of_changes = [p for p in policies if p.operations]
        self.exceptions = exceptions
        self.matched: Counter[str] = Counter()
        self._passes: dict[tuple[str, str, Side], PolicyResult] = {}

    @classmethod
    def load(cls, settings: Settings, options: RunOptions) -> RunPolicies:
        policies = _loaded(settings, options)
        today = datetime.now(UTC).date()
        names = [p.metadata.name for p in policies]
        names += [f"{ENGINE}/{rule}" for rule in RULES] if settings.checks_engine else []
        return cls(policies, Exceptions(settings.exceptions, today=today, policies=names))

    @property
    def infos(self) -> tuple[PolicyInfo, ...]:
        return tuple(p.metadata.info for p in self.all)

    def notes(self, *, is_whole: bool, has_base: bool) -> Iterator[str]:
        """Policies that matched nothing (`is_whole`: where all resources were judged), those that were not asked for
        lack of a base, exceptions that are expired or waived nothing."""
        unmatched = [p.metadata for p in self.policies if is_whole and not self.matched[p.metadata.name]]
        if len(unmatched) == 1:
            yield f"policy {unmatched[0].name} ({unmatched[0].where}) matched no resource"
        elif unmatched:
            yield f"{len(unmatched)} policies matched no resource: {', '.join(about.name for about in unmatched)}"
        if self.of_changes and not has_base:
            names = ", ".join(p.metadata.name for p in self.of_changes)
            yield f"not asked, for they judge what a change does (`check --base REV`): {names}"
        yield from self.exceptions.notes()

    def passed(self, policy: Policy, rule: str, side: Side) -> PolicyResult:
        """Passes are most of all results: each is kept once and shared."""
        key = (policy.metadata.name, rule, side)
        if key not in self._passes:
            self._passes[key] = PolicyResult(policy.metadata.name, rule, "pass", policy.metadata.severity, on=side)
        return self._passes[key]


class ClusterPolicies:
    """The policies against the resources of one cluster."""

    def __init__(
        self,
        check: RunPolicies,
        inventory: Sequence[Declared],
        live_object: Callable[[Declared], JsonObject | None],
        plural: Callable[[Declared], str],
        namespaces: Namespaces,
        before: Mapping[str, Declared] | None = None,
    ) -> None:
        """`before` are the objects that the base of a change declares, by title; None where there is no base."""
        self._check = check
        self._before = before
        self._plural = plural
        places = _Places(r for r in inventory if check.all)
        self._declared = ObjectWorld(places, lambda resource: resource.body, namespaces)
        self._live = ObjectWorld(places, live_object, namespaces)
        self._applicable: dict[tuple[str, str, str], tuple[Policy, ...]] = {}
        self._of_changes: dict[tuple[str, str, str], tuple[Policy, ...]] = {}

    def evaluate(self, resource: Declared, live_body: JsonObject | None) -> tuple[PolicyResult, ...]:
        """Every rule that matches the declared or the live object (None: there is none), once."""
        if not resource.version:
            return ()
        found = list(self._of_change(resource)) if self._before is not None and self._check.of_changes else []
        policies = self._policies(resource, self._check.policies, self._applicable)
        if policies:
            declared = self._subject(resource, _admitted(resource))
            live = self._subject(resource, live_body) if live_body is not None else None
            found += (r for policy in policies for r in self._evaluated(policy, declared, live))
        return self._excepted(found, resource)

    def removed(self, key: ResourceKey) -> tuple[PolicyResult, ...]:
        """What policies say of the removal of an object that the base of a change declares."""
        resource = (self._before or {})[str(key)]
        gone = replace(self._subject(resource, _admitted(resource)), operation="DELETE")
        policies = self._policies(resource, self._check.of_changes, self._of_changes)
        return self._excepted([r for policy in policies for r in self._evaluated(policy, gone, None)], resource)

    def judges_removal(self, resource: Declared) -> bool:
        """Whether any policy can say anything of the removal of an object."""
        policies = self._policies(resource, self._check.of_changes, self._of_changes) if resource.version else ()
        return any("DELETE" in policy.operations for policy in policies)

    def _of_change(self, resource: Declared) -> Iterator[PolicyResult]:
        """What policies say of what a change does to an object: nothing of one that stays as it is."""
        old = (self._before or {}).get(resource.title)
        policies = self._policies(resource, self._check.of_changes, self._of_changes)
        if not policies or (old is not None and old.body == resource.body):
            return
        subject = self._subject(resource, _admitted(resource))
        if old is not None:
            subject = replace(subject, operation="UPDATE", old=_admitted(old))
        for policy in policies:
            yield from self._evaluated(policy, subject, None)

    def _excepted(self, found: Iterable[PolicyResult], resource: Declared) -> tuple[PolicyResult, ...]:
        labels = labels_of(resource.body)
        return tuple(self._check.exceptions.apply(r, resource.key, labels) if r.result != "pass" else r for r in found)

    def _policies(
        self, resource: Declared, policies: Sequence[Policy], known: dict[tuple[str, str, str], tuple[Policy, ...]]
    ) -> tuple[Policy, ...]:
        """Those of some policies that can say anything of a kind; `known` remembers them."""
        group, version, kind = api = resource.key.group, resource.version, resource.key.kind
        if api not in known:
            plural = self._plural(resource)
            known[api] = tuple(p for p in policies if p.may_match(group, version, kind, plural))
        return known[api]

    def _evaluated(self, policy: Policy, declared: Subject, live: Subject | None) -> Iterator[PolicyResult]:
        in_git = _by_rule(policy.evaluate(declared, self._declared))
        in_cluster = _by_rule(policy.evaluate(live, self._live)) if live else {}
        if in_git or in_cluster:
            self._check.matched[policy.metadata.name] += 1
        for rule in dict.fromkeys((*in_git, *in_cluster)):
            decisive, side = _decisive(in_git.get(rule), in_cluster.get(rule))
            if decisive.result == "pass":
                yield self._check.passed(policy, rule, side)
                continue
            body = live.body if side == "live" and live else declared.body
            yield PolicyResult(
                policy.metadata.name,
                rule,
                decisive.result,
                _severity(policy, decisive, side, in_git.get(rule)),
                decisive.message,
                field_path(decisive.pointer, body),
                side,
                pointer=decisive.pointer,
            )

    def _subject(self, resource: Declared, body: JsonObject) -> Subject:
        key = resource.key
        return Subject(body, key.group, resource.version, key.kind, key.namespace, key.name, self._plural(resource))


def _admitted(resource: Declared) -> JsonObject:
    return as_admitted(resource.key.group, resource.version, resource.key.kind, resource.body)


_Names = dict[str, Declared]


class _Places:
    """Where the resources of a cluster are: by kind, by namespace, by name."""

    def __init__(self, resources: Iterable[Declared]) -> None:
        self._kinds: dict[tuple[str, str], dict[str, _Names]] = {}
        for resource in resources:
            key = resource.key
            self._kinds.setdefault((key.group, key.kind), {}).setdefault(key.namespace, {})[key.name] = resource

    def at(self, group: str, kind: str, namespace: str) -> _Names:
        return self._kinds.get((group, kind), {}).get(namespace, {})

    def all(self, group: str, kind: str) -> Iterable[_Names]:
        return self._kinds.get((group, kind), {}).values()


class ObjectWorld:
    """The objects of one side, found by their names: what a policy sees beside its subject.

    A Namespace that this side does not have is that of the cluster. Single ones (Namespaces, parameters) are asked for
    again and again and kept; whole kinds would be too much to keep.
    """

    def __init__(self, places: _Places, body: Callable[[Declared], JsonObject | None], namespaces: Namespaces) -> None:
        self._places = places
        self._body = body
        self._namespaces = namespaces
        self._bodies: dict[ResourceKey, JsonObject | None] = {}

    def get(self, group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        resource = self._places.at(group, kind, namespace).get(name)
        found = self._looked_at(resource) if resource else None
        return self._namespaces.live(name) if found is None and (group, kind) == ("", "Namespace") else found

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        spaces = [self._places.at(group, kind, namespace)] if namespace else self._places.all(group, kind)
        found = (self._body(resource) for space in spaces for resource in space.values())
        return [body for body in found if body is not None]

    def _looked_at(self, resource: Declared) -> JsonObject | None:
        if resource.key not in self._bodies:
            self._bodies[resource.key] = self._body(resource)
        return self._bodies[resource.key]


def _loaded(settings: Settings, options: RunOptions) -> Sequence[Policy]:
    """The policy engines are imported only by runs that have policies."""
    if not settings.policies:
        return ()
    from gitops_audit.policy.load.policies import load_all

    return load_all(settings.policies, allow_unsupported=options.allow_unsupported)


def _severity(policy: Policy, decisive: RuleResult, side: Side, git: RuleResult | None) -> Severity:
    """What passes in Git and fails live was changed past review: one severity higher."""
    severity = decisive.severity if decisive.severity is not None else policy.metadata.severity
    is_past_review = side == "live" and decisive.result == "fail" and git is not None and git.result == "pass"
    return Severity(min(severity + 1, Severity.critical)) if is_past_review else severity


def _by_rule(results: Sequence[RuleResult]) -> Mapping[str, RuleResult]:
    """The worst result of each rule: a rule may speak of several containers."""
    found: dict[str, RuleResult] = {}
    for result in results:
        other = found.get(result.rule)
        if other is None or _WORST.index(result.result) < _WORST.index(other.result):
            found[result.rule] = result
        elif other.result == result.result == "fail" and result.message not in other.message:
            found[result.rule] = replace(other, message=f"{other.message}; {result.message}")
    return found


def _decisive(git: RuleResult | None, cluster: RuleResult | None) -> tuple[RuleResult, Side]:
    """The worse of both sides, and where it holds."""
    if git is None or cluster is None:
        return (git, "declared") if git is not None else (_given(cluster), "live")
    if git.result == cluster.result:
        return git, "both"
    is_git_worse = _WORST.index(git.result) < _WORST.index(cluster.result)
    return (git, "declared") if is_git_worse else (cluster, "live")


def _given(result: RuleResult | None) -> RuleResult:
    if result is None:
        raise ValueError("a rule without a result")
    return result
