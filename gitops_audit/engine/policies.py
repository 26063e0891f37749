"""The policies of a run, evaluated on what Git declares and on what the cluster has, as one result per rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gitops_audit.config.settings import Settings
from gitops_audit.engine.options import RunOptions
from gitops_audit.model.finding import PolicyOutcome, PolicyResult, Severity, Side
from gitops_audit.model.path import field_path
from gitops_audit.model.resource import JsonObject, ResourceKey, split_api_version
from gitops_audit.policy.contract import Policy, RuleResult, Subject, World
from gitops_audit.policy.exceptions import Exceptions
from gitops_audit.policy.registry import load_all

_WORST: tuple[PolicyOutcome, ...] = ("error", "fail", "warn", "skip", "pass")


class PolicyCheck:
    """All policies of a run. Raises PolicyError from `load` for documents that cannot be used as they are written."""

    def __init__(self, policies: Sequence[Policy], exceptions: Exceptions) -> None:
        self._policies = policies
        self._exceptions = exceptions
        self._matched: Counter[str] = Counter()
        self._passes: dict[tuple[str, str, Side], PolicyResult] = {}

    @classmethod
    def load(cls, settings: Settings, options: RunOptions) -> PolicyCheck:
        policies = load_all(settings.policies, allow_unsupported=options.allow_unsupported)
        today = datetime.now(UTC).date()
        return cls(policies, Exceptions(settings.exceptions, today, {p.name for p in policies}))

    def evaluate(
        self, declared: Subject | None, live: Subject | None, key: ResourceKey, worlds: tuple[World, World]
    ) -> tuple[PolicyResult, ...]:
        """Every rule that matches either side, once. `worlds` are the other objects: as declared, and as live."""
        if not self._policies:
            return ()
        results: list[PolicyResult] = []
        for policy in self._policies:
            in_git = _by_rule(policy.evaluate(declared, worlds[0])) if declared else {}
            in_cluster = _by_rule(policy.evaluate(live, worlds[1])) if live else {}
            if in_git or in_cluster:
                self._matched[policy.name] += 1
            for rule in in_git | in_cluster:
                results.append(self._merged(policy, rule, in_git.get(rule), in_cluster.get(rule), declared, live))
        return tuple(self._exceptions.apply(r, key, _labels(declared or live)) for r in results)

    def notes(self) -> Iterator[str]:
        """Policies that matched nothing, exceptions that are expired or waived nothing."""
        for policy in self._policies:
            if not self._matched[policy.name]:
                yield f"policy {policy.name} ({policy.where}) matched no resource"
        yield from self._exceptions.notes()

    def _merged(
        self,
        policy: Policy,
        rule: str,
        git: RuleResult | None,
        cluster: RuleResult | None,
        declared: Subject | None,
        live: Subject | None,
    ) -> PolicyResult:
        decisive, side = _decisive(git, cluster)
        if decisive.result == "pass":
            return self._pass(policy, rule, side)
        severity = decisive.severity if decisive.severity is not None else policy.severity
        if side == "live" and decisive.result == "fail" and git is not None and git.result == "pass":
            severity = Severity(min(severity + 1, Severity.critical))
        body = live.body if side == "live" and live else declared.body if declared else {}
        path = field_path(decisive.pointer, body)
        return PolicyResult(policy.name, rule, decisive.result, severity, decisive.message, path, side)

    def _pass(self, policy: Policy, rule: str, side: Side) -> PolicyResult:
        """Passes are most of all results: each is kept once and shared."""
        key = (policy.name, rule, side)
        if key not in self._passes:
            self._passes[key] = PolicyResult(policy.name, rule, "pass", policy.severity, on=side)
        return self._passes[key]


def subject(body: JsonObject, resource: str, namespace_object: JsonObject | None) -> Subject:
    """An object as the policies take it; `resource` is the plural of its API."""
    group, version = split_api_version(str(body.get("apiVersion", "")))
    metadata = body.get("metadata") or {}
    name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace", ""))
    return Subject(body, group, version, str(body.get("kind", "")), namespace, name, resource, namespace_object)


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


def _labels(of: Subject | None) -> Mapping[str, str]:
    labels = (of.body.get("metadata") or {}).get("labels") if of else None
    return labels if isinstance(labels, dict) else {}
