"""One remediation at a time in a cluster: a Lease, which expires when its holder dies (coordination.k8s.io/v1)."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from gitops_audit.engine.events import OnProgress, Stage
from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.live.problem import ApiError
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import JsonObject, ResourceKey

LOCKED = "GA506"
NAMESPACE, NAME = "default", "gitops-audit-remediation"
DURATION_S = 60
_RENEW_S = 15.0
_POLL_S = 1.0
_LONGEST_S = 600
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of the day, which other machines may see otherwise; seconds that only go forward; and a way to wait."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Lock:
    """Held from `__enter__` to `__exit__`; `renew` in between. Raises RemediationError where another run holds it.

    Clocks of machines differ. So the lock of a run that seems dead is taken only when this process has watched it for
    as long as it is good, and nobody renewed it (as client-go's leader election does). `wait_s` is how long to wait for
    a run that is alive.
    """

    def __init__(
        self,
        writer: Writer,
        manager: str,
        wait_s: float = 0,
        on_progress: OnProgress | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._writer = writer
        self._manager = manager
        self._wait_s = wait_s
        self._on_progress = on_progress
        self._clock = clock or Clock()
        self._run = ""
        self._renewed = 0.0
        self._seen: tuple[object, ...] = ()
        self._seen_since = 0.0
        self.target = Target(ResourceKey(writer.name, "coordination.k8s.io", "Lease", NAMESPACE, NAME), "v1")

    @property
    def holder(self) -> str:
        return f"{socket.gethostname()}/{os.getpid()}/{self._run}"

    def held_by(self, run: str) -> Lock:
        """The same lock, for the run of this name."""
        self._run = run
        return self

    def wait_until_free(self) -> None:
        """Returns when nobody holds it. Raises RemediationError where a run that is alive holds it for too long."""
        begun, is_told = self._clock.monotonic_s(), False
        while (lease := self._writer.get(self.target)) is not None and not self._is_free(lease):
            watched_s = _duration_s(lease) + _POLL_S if self._seems_dead(lease) else 0.0
            if self._clock.monotonic_s() - begun >= max(self._wait_s, watched_s):
                raise self._held(f"{_spec(lease).get('holderIdentity')} holds it, {self._renewal(lease)}")
            if self._on_progress is not None and not is_told:
                said = f"waiting for the lock of cluster {self._writer.name}, {self._renewal(lease)}"
                self._on_progress(Stage(said))
            is_told = True
            self._clock.sleep(_POLL_S)

    def __enter__(self) -> Lock:
        self.wait_until_free()
        found = self._writer.get(self.target)
        try:
            if found is None:
                self._writer.create(self.target, self._lease(), self._manager)
            elif self._is_free(found):
                self._put(found)
            else:
                raise self._held("another run took it at the same moment")
        except ApiError as error:
            if error.status == _CONFLICT:
                raise self._held("another run took it at the same moment") from None
            raise
        self._renewed = self._clock.monotonic_s()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go. Where that fails it expires."""
        try:
            found = self._writer.get(self.target)
            if found is not None and _spec(found).get("holderIdentity") == self.holder:
                self._put(found, holder="")
        except ClusterError:
            return

    def renew(self) -> None:
        """Before every write: raises RemediationError where somebody else took the lock over."""
        if self._clock.monotonic_s() - self._renewed < _RENEW_S:
            return
        found = self._writer.get(self.target)
        if found is None or _spec(found).get("holderIdentity") != self.holder:
            raise self._held("another run took it over")
        self._put(found)
        self._renewed = self._clock.monotonic_s()

    def _is_free(self, lease: JsonObject) -> bool:
        """Whether nobody holds it, or nobody renewed it while this process watched it for as long as it is good."""
        holder = _spec(lease).get("holderIdentity")
        if not holder or (self._run and str(holder).endswith(f"/{self._run}")):
            return True  # only one process has the journal of a run: the one that held the lock for it is dead
        now, version = self._clock.monotonic_s(), lease["metadata"].get("resourceVersion")
        seen = (version, holder, _spec(lease).get("renewTime"))
        if seen != self._seen:
            self._seen, self._seen_since = seen, now
        return now - self._seen_since >= _duration_s(lease)

    def _seems_dead(self, lease: JsonObject) -> bool:
        """By the clock of this machine, which is reason enough to watch it, and not to take it."""
        age = self._age_s(lease)
        return age is None or age >= _duration_s(lease)

    def _age_s(self, lease: JsonObject) -> float | None:
        """The seconds since it was renewed, None where that is not told. Negative where clocks differ."""
        renewed = _moment(_spec(lease).get("renewTime"))
        return None if renewed is None else (self._clock.now() - renewed).total_seconds()

    def _renewal(self, lease: JsonObject) -> str:
        age = self._age_s(lease)
        if age is None:
            return "never renewed"
        return f"renewed {age:.0f} s ago" if age >= 0 else "renewed in the future, as the clock here has it"

    def _put(self, lease: JsonObject, holder: str | None = None) -> None:
        version = lease["metadata"]["resourceVersion"]
        operations = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            {"op": "add", "path": "/spec", "value": self._lease(holder)["spec"]},
        ]
        self._writer.patch(self.target, operations, self._manager)

    def _lease(self, holder: str | None = None) -> JsonObject:
        now = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        metadata = {"name": NAME, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/name": "gitops-audit"}}
        spec: JsonObject = {"leaseDurationSeconds": DURATION_S, "acquireTime": now, "renewTime": now}
        spec |= {"holderIdentity": self.holder if holder is None else holder}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    def _held(self, why: str) -> RemediationError:
        hint = (
            f"`--wait-lock SECONDS` waits for it; the lock is the Lease {NAMESPACE}/{NAME}, which is taken over when "
            f"nobody renews it for {DURATION_S} s"
        )
        return RemediationError(
            f"another remediation runs in cluster {self._writer.name}: {why}", code=LOCKED, hint=hint
        )


class Keeper:
    """Holds the locks of a run in one block, and renews them while it works or waits, however long a request takes.

    A lock that is lost stops the run: whoever asks `renew` before a write hears of it. Safe for threads.
    """

    def __init__(self, locks: Mapping[str, Lock]) -> None:
        """`locks` by cluster."""
        self._locks = locks
        self._gate = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lock", daemon=True)
        self._stack = ExitStack()
        self.stopped = ""

    def __enter__(self) -> Keeper:
        with ExitStack() as stack:
            for lock in self._locks.values():
                stack.enter_context(lock)
            self._stack = stack.pop_all()
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._stack.close()

    def stop(self, why: str = "the run was interrupted") -> None:
        """From now on nothing is begun."""
        self.stopped = self.stopped or why

    def renew(self, cluster: str) -> None:
        """Before a write, and while waiting. Raises ClusterError where the run is to end or the lock cannot be renewed,
        and RemediationError where another run took it."""
        if self.stopped:
            raise ClusterError(self.stopped)
        with self._gate:
            self._locks[cluster].renew()

    def _keep(self) -> None:
        while not self._ended.wait(_RENEW_S):
            for cluster in self._locks:
                with suppress(ClusterError):  # before the next write it is tried again, and told
                    self._kept(cluster)

    def _kept(self, cluster: str) -> None:
        try:
            self.renew(cluster)
        except RemediationError as error:
            self.stop(f"the run was stopped: {error.message}")


def _spec(lease: JsonObject) -> JsonObject:
    found: Any = lease.get("spec")
    return found if isinstance(found, dict) else {}


def _duration_s(lease: JsonObject) -> float:
    """How long it is good without being renewed, within reason: its holder may be of another version, or no friend."""
    try:
        return min(max(int(_spec(lease).get("leaseDurationSeconds") or DURATION_S), 1), _LONGEST_S)
    except (TypeError, ValueError, OverflowError):
        return DURATION_S


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
