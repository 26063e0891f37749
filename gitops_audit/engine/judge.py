"""The verdict on every resource of one cluster: read once, compare, check the policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from gitops_audit.config.settings import Settings
from gitops_audit.drift import Comparer
from gitops_audit.engine import placeholder
from gitops_audit.engine.clusters import ReachedCluster
from gitops_audit.engine.locate import Locator
from gitops_audit.engine.policies import PolicyCheck
from gitops_audit.live import LiveSet
from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.verdict import Threshold, Verdict


class ClusterJudge:
    """Judges the resources of one cluster. What could not be read is an error of each resource that needed it."""

    def __init__(
        self, cluster: ReachedCluster, declared: Sequence[Declared], settings: Settings, policies: PolicyCheck
    ) -> None:
        pending = settings.drift.pending == "fail"
        self._cluster = cluster
        self._declared = declared
        self._policies = policies
        self._threshold = Threshold(settings.fail_on, is_pending_failure=pending)
        self._comparer = Comparer(settings.drift, today=datetime.now(UTC).date())
        self._live = LiveSet()

    def judge(self, resources: Sequence[Declared], locator: Locator) -> list[Verdict]:
        """One verdict for each resource, in order."""
        if self._cluster.live is not None:
            self._live = self._cluster.live.read([r for r in resources if _is_comparable(r)])
        return [self._verdict(r) for r in resources]

    def live_object(self, resource: Declared) -> JsonObject | None:
        return self._live.get(resource)

    def _verdict(self, resource: Declared) -> Verdict:
        if resource.skip:
            return Verdict(resource, "skipped", skip_reason=resource.skip)
        errors = tuple(self._problems(resource))
        live = None if errors else self._live.get(resource)
        verdict = Verdict(
            resource,
            "passed",
            drift=None if errors else self._drift(resource, live),
            policies=(),
            invalid=resource.faults,
            errors=errors,
        )
        return verdict.judged(self._threshold)

    def _problems(self, resource: Declared) -> Iterator[Problem]:
        if resource.error is not None:
            yield Problem(*resource.error)
        elif self._cluster.error is not None:
            error = self._cluster.error
            yield Problem(error.code, f"cluster {self._cluster.name}: {error.message}\n{error.hint}".strip())
        elif self._cluster.live is not None and _is_comparable(resource):
            problem = self._live.problem(resource)
            if problem is not None:
                yield problem

    def _drift(self, resource: Declared, live: JsonObject | None) -> Drift | None:
        cluster = self._cluster.live
        if cluster is None or not _is_comparable(resource):
            return None
        schema = cluster.schemas.type_for(resource.key.group, resource.version, resource.key.kind)
        drift = self._comparer.compare(resource, live, schema)
        if drift.status == "modified" and live is not None and _is_moving(live):
            live = cluster.get(resource)
            drift = self._comparer.compare(resource, live, schema)
        return drift


def _is_comparable(resource: Declared) -> bool:
    return not resource.skip and resource.error is None and not placeholder.is_placeholder(resource)


def _is_moving(live: JsonObject) -> bool:
    """Being rolled out or deleted: worth one more look before it fails."""
    metadata, status = live.get("metadata", {}), live.get("status")
    observed = status.get("observedGeneration") if isinstance(status, dict) else None
    return "deletionTimestamp" in metadata or (observed is not None and observed != metadata.get("generation"))
