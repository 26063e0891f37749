"""The lock of a cluster: kept while an action waits, and not read wrongly."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.live.writer import Writer
from gitops_audit.remediate.lock import Clock, Keeper, Lock


class Server:
    """A cluster that holds one Lease, and a clock that only `sleep` moves. `beats`: its holder renews it."""

    def __init__(self, renewed: str, *, beats: bool = False, ends_at_s: float = float("inf")) -> None:
        self.time_s, self.beats, self.ends_at_s = 0.0, beats, ends_at_s
        self.spec: dict[str, Any] = {"holderIdentity": "somebody", "leaseDurationSeconds": 60, "renewTime": renewed}
        self.version = 1

    name = "prod"

    def get(self, _: object) -> dict[str, Any]:
        if self.time_s >= self.ends_at_s:
            self.spec["holderIdentity"] = ""
        return {"metadata": {"resourceVersion": str(self.version)}, "spec": dict(self.spec)}

    def patch(self, _: object, operations: list[dict[str, Any]], __: str) -> None:
        self.spec = next(o["value"] for o in operations if o["path"] == "/spec")

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds
        if self.beats and int(self.time_s) % 15 == 0:
            self.version += 1

    def lock(self, wait_s: float = 0) -> Lock:
        clock = Clock(lambda: NOW + timedelta(seconds=self.time_s), lambda: self.time_s, self.sleep)
        return Lock(cast("Writer", self), "gitops-audit", wait_s, None, clock).held_by("run")


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRESH, OLD = "2026-03-01T11:59:50.000000Z", "2026-03-01T11:00:00.000000Z"
FUTURE = ["9999-12-31T23:59:59.000000Z", "2999-01-01T00:00:00.000000Z"]


@pytest.mark.parametrize("renewed", [*FUTURE, FRESH])
def test_a_lock_that_was_renewed_is_held_and_told_at_once(renewed: str) -> None:
    server = Server(renewed)

    with pytest.raises(RemediationError, match="somebody holds it") as told, server.lock():
        pass

    assert server.time_s == 0
    assert "--wait-lock" in told.value.hint


@pytest.mark.parametrize("renewed", [OLD, "", "not a time", "2020-01-01T00:00:00"])
def test_the_lock_of_a_dead_run_is_taken_when_it_was_watched_for_as_long_as_it_is_good(renewed: str) -> None:
    server = Server(renewed)

    with server.lock():
        assert server.time_s == 60
        assert "run" in server.spec["holderIdentity"]


def test_a_run_that_is_alive_keeps_the_lock_though_its_clock_is_an_hour_behind() -> None:
    server = Server(OLD, beats=True)

    with pytest.raises(RemediationError, match="somebody holds it"), server.lock():
        pass

    assert server.spec["holderIdentity"] == "somebody"


@pytest.mark.parametrize("renewed", FUTURE)
def test_whoever_waits_takes_the_lock_of_a_dead_run_though_its_clock_was_ahead(renewed: str) -> None:
    server = Server(renewed)

    with server.lock(wait_s=120):
        assert server.time_s == 60


def test_whoever_waits_gets_the_lock_when_the_other_run_ends() -> None:
    server = Server(FRESH, beats=True, ends_at_s=200)

    with server.lock(wait_s=300):
        assert server.time_s == 200


def test_whoever_waits_does_not_wait_for_ever() -> None:
    server = Server(FRESH, beats=True)

    with pytest.raises(RemediationError, match="somebody holds it"), server.lock(wait_s=100):
        pass

    assert server.time_s == 100


@pytest.mark.parametrize("duration", [10**12, "x", [], -5, None, float("inf")])
def test_a_senseless_duration_is_no_lock_for_ever(duration: object) -> None:
    server = Server(OLD)
    server.spec["leaseDurationSeconds"] = duration

    with server.lock(wait_s=700):
        assert server.time_s <= 600


def test_a_run_takes_over_the_lock_of_its_own_process_that_was_killed() -> None:
    server = Server(FUTURE[0])
    server.spec["holderIdentity"] = "host/17/run"

    with server.lock():
        assert server.time_s == 0
    server.spec["holderIdentity"] = "host/17/another-run"
    with pytest.raises(RemediationError, match="host/17/another-run holds it"), server.lock():
        pass


class Locked:
    """A lock that counts how often it is renewed, and may be lost."""

    def __init__(self, error: Exception | None = None) -> None:
        self.renewed, self.left, self._error = threading.Event(), False, error

    def __enter__(self) -> Locked:
        return self

    def __exit__(self, *exc: object) -> None:
        self.left = True

    def renew(self) -> None:
        self.renewed.set()
        if self._error is not None:
            raise self._error


@pytest.fixture
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.remediate.lock._RENEW_S", 0.0)


@pytest.mark.usefixtures("_no_wait")
def test_a_lock_is_renewed_while_the_run_only_waits() -> None:
    lock = Locked()
    with Keeper({"prod": cast("Lock", lock)}):
        assert lock.renewed.wait(10)
    assert lock.left


@pytest.mark.usefixtures("_no_wait")
def test_a_lock_that_another_run_took_stops_the_run_before_its_next_write() -> None:
    lock = Locked(RemediationError("another run took it over"))
    with Keeper({"prod": cast("Lock", lock)}) as keeper:
        assert lock.renewed.wait(10)
        with pytest.raises((ClusterError, RemediationError), match="another run took it over"):
            keeper.renew("prod")


def test_nothing_is_begun_once_a_run_was_stopped() -> None:
    keeper = Keeper({"prod": cast("Lock", Locked())})
    keeper.renew("prod")
    keeper.stop()
    with pytest.raises(ClusterError, match="the run was interrupted"):
        keeper.renew("prod")
