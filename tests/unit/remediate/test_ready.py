"""What earlier actions wrote is waited for, and what does not come holds back those that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live.liveset import LiveSet
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.remediate.document import Action, Plan, Scope
from gitops_audit.remediate.journal import Record
from gitops_audit.remediate.journal import Step as Recorded
from gitops_audit.remediate.lock import Clock
from gitops_audit.remediate.ready import Readiness
from gitops_audit.remediate.result import Outcome, Result
from tests.unit.remediate.test_order import CRD, DEPLOYMENT, SERVICE, action

READY = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
DB, WEB = action(DEPLOYMENT), action(SERVICE, wave=1)


def deployment(**status: int) -> JsonObject:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "status": status}


class Cluster:
    """Objects whose status changes after so many seconds, and a clock that only `sleep` moves."""

    def __init__(self, later: JsonObject | None, *, ready_at_s: float = 0, wait_s: int = 300) -> None:
        self.time_s, self.renewed, self.lines, self.connected = 0.0, 0, list[Mapping[str, Any]](), 0
        self._later, self._ready_at_s, self._wait_s = later, ready_at_s, wait_s
        self.served: list[Any] = []
        self.is_locked = True

    def get(self, target: Any) -> JsonObject | None:
        if target.key.kind == "Service":
            return {"apiVersion": "v1", "kind": "Service", "metadata": {}, "status": {"loadBalancer": {}}}
        return self._later if self.time_s >= self._ready_at_s else deployment()

    def renew(self, _: str) -> None:
        self.renewed += 1
        if not self.is_locked:
            raise ClusterError("stopped")

    def reconnect(self) -> None:
        self.connected += 1
        self.served = [SimpleNamespace(plural="things", group="shop.example", version="v1")] * (self.connected > 1)

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds

    @property
    def cluster(self) -> Any:
        return SimpleNamespace(discovery=self.served, read=self.read)

    def read(self, wanted: Sequence[Declared]) -> LiveSet:
        live = LiveSet()
        for resource in wanted:
            if (body := self.get(resource)) is None:
                live.add_absent((resource.key, resource.version))
            else:
                live.add((resource.key, resource.version), body)
        return live

    def readiness(self, *actions: Action, earlier: Record | None = None) -> Readiness:
        tools = SimpleNamespace(
            settings=SimpleNamespace(remediation=SimpleNamespace(wait_s=self._wait_s)),
            writers=SimpleNamespace(of=lambda _: self),
            renew=self.renew,
            journal=SimpleNamespace(run="R", write=lambda event, **facts: self.lines.append({"event": event, **facts})),
            survey=SimpleNamespace(audit=SimpleNamespace(masked=lambda cluster, body: body)),
        )
        clock = Clock(lambda: datetime.now(UTC), lambda: self.time_s, self.sleep)
        return Readiness(Plan(Scope(), (), (), actions), cast("Any", tools), earlier, clock)


def done(one: Action, outcome: Outcome = "done") -> Result:
    return Result(one.id, one.resource, one.action, outcome)


def step(before: JsonObject | None) -> Any:
    return SimpleNamespace(before=before)


def test_what_becomes_ready_in_time_lets_the_next_wave_begin() -> None:
    cluster = Cluster(deployment(**READY), ready_at_s=20)
    readiness = cluster.readiness(DB, WEB)
    readiness.note(step(deployment(**READY)), done(DB))

    assert readiness.held([WEB]) == {}
    assert cluster.time_s == 20
    assert cluster.renewed == 40


def test_what_is_not_ready_in_time_holds_back_what_needs_it() -> None:
    cluster = Cluster(deployment())
    readiness = cluster.readiness(DB, WEB)
    readiness.note(step(None), done(DB))

    (told,) = readiness.held([WEB]).values()
    assert told == f"not started: {DEPLOYMENT}, which it needs, is not ready: in-progress: 0 of 1 replica is there"
    assert cluster.time_s == 300
    assert [line["event"] for line in cluster.lines] == ["not-ready"]


def test_what_was_not_ready_before_the_repair_is_waited_for_once_and_holds_back_nothing() -> None:
    cluster = Cluster(deployment())
    last = action("ConfigMap/shop/last", wave=2)
    readiness = cluster.readiness(DB, WEB, last)
    readiness.note(step(deployment()), done(DB))

    assert readiness.held([WEB]) == {}
    readiness.note(None, Result(WEB.id, WEB.resource, "apply", "skipped", is_settled=True))
    assert readiness.held([last]) == {}
    assert cluster.time_s == 300


def test_without_a_time_to_wait_nothing_is_waited_for() -> None:
    cluster = Cluster(deployment(), wait_s=0)
    readiness = cluster.readiness(DB, WEB)
    readiness.note(step(None), done(DB))

    assert readiness.held([WEB]) == {}
    assert cluster.time_s == 0


@pytest.mark.parametrize(
    ("outcome", "step"),
    [
        ("failed", "`gitops-audit remediate resume R` tries again"),
        ("skipped", "`gitops-audit remediate resume R` tries again"),
        ("refused", "make a new plan: `gitops-audit remediate plan`"),
        ("fight", "make a new plan: `gitops-audit remediate plan`"),
    ],
)
def test_what_was_not_repaired_holds_back_what_needs_it_at_once(outcome: Outcome, step: str) -> None:
    cluster = Cluster(deployment())
    readiness = cluster.readiness(DB, WEB)
    readiness.note(None, done(DB, outcome))

    told = f"not started: {DEPLOYMENT}, which it needs, was not repaired ({outcome}); when that is settled, {step}"
    assert readiness.held([WEB]) == {WEB.id: told}
    assert cluster.time_s == 0


def test_what_has_failed_for_good_is_not_waited_for() -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}
    cluster = Cluster({**deployment(), "status": {"conditions": [late]}})
    readiness = cluster.readiness(DB, WEB)
    readiness.note(step(None), done(DB))

    assert "failed: too slow" in readiness.held([WEB])[WEB.id]
    assert cluster.time_s == 0


def test_a_definition_is_waited_for_until_the_server_serves_its_kind() -> None:
    established = {"conditions": [{"type": "Established", "status": "True"}]}
    body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "status": established}
    crd, thing = action(CRD, name="create"), action("Thing.shop.example/shop/one", name="create")
    cluster = Cluster({**body, "metadata": {}})
    readiness = cluster.readiness(crd, thing)
    readiness.note(step(None), done(crd))

    assert readiness.held([thing]) == {}
    assert cluster.connected == 2


def test_a_run_that_goes_on_looks_again_at_what_the_first_part_did() -> None:
    record = Record("run", Plan(Scope(), (), ()), "m", (Recorded(DB.id, result="done"),))
    assert "is not ready" in Cluster(deployment()).readiness(DB, WEB, earlier=record).held([WEB])[WEB.id]
    assert Cluster(deployment(**READY)).readiness(DB, WEB, earlier=record).held([WEB]) == {}


def test_a_lock_that_is_lost_ends_the_wait() -> None:
    cluster = Cluster(deployment())
    cluster.is_locked = False
    readiness = cluster.readiness(DB, WEB)
    readiness.note(step(None), done(DB))

    assert readiness.held([WEB])
    assert cluster.time_s == 0
