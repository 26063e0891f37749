"""One remediation at a time in a cluster: a Lease, which expires when its holder dies (coordination.k8s.io/v1)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.live.problem import ApiError
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import JsonObject, ResourceKey

LOCKED = "GA506"
NAMESPACE, NAME = "default", "gitops-audit-remediation"
DURATION_S = 60
_RENEW_S = 15.0
_CONFLICT = 409


class Lock:
    """Held from `__enter__` to `__exit__`; `renew` in between. Raises RemediationError where another run holds it."""

    def __init__(self, writer: Writer, run: str, manager: str, now: Callable[[], datetime] | None = None) -> None:
        self._writer = writer
        self._run = run
        self._manager = manager
        self._now = now or (lambda: datetime.now(UTC))
        self._renewed = 0.0
        self.target = Target(ResourceKey(writer.name, "coordination.k8s.io", "Lease", NAMESPACE, NAME), "v1")

    @property
    def holder(self) -> str:
        return f"{socket.gethostname()}/{os.getpid()}/{self._run}"

    def __enter__(self) -> Lock:
        found = self._writer.get(self.target)
        try:
            if found is None:
                self._writer.create(self.target, self._lease(), self._manager)
            else:
                self._check_free(found)
                self._put(found)
        except ApiError as error:
            if error.status == _CONFLICT:
                raise self._held("another run took it at the same moment") from None
            raise
        self._renewed = time.monotonic()
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
        if time.monotonic() - self._renewed < _RENEW_S:
            return
        found = self._writer.get(self.target)
        if found is None or _spec(found).get("holderIdentity") != self.holder:
            raise self._held("another run took it over")
        self._put(found)
        self._renewed = time.monotonic()

    def _check_free(self, lease: JsonObject) -> None:
        holder, renewed = _spec(lease).get("holderIdentity"), _spec(lease).get("renewTime")
        if not holder or str(holder).endswith(f"/{self._run}"):
            return  # only one process has the journal of a run: the one that held the lock for it is dead
        try:
            expires = _moment(renewed) + timedelta(seconds=int(_spec(lease).get("leaseDurationSeconds") or DURATION_S))
        except (ValueError, OverflowError):
            expires = datetime.max.replace(tzinfo=UTC)
        if self._now() < expires:
            raise self._held(f"{holder} holds it until {expires:%H:%M:%S} UTC, longer while it runs")

    def _put(self, lease: JsonObject, holder: str | None = None) -> None:
        version = lease["metadata"]["resourceVersion"]
        operations = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            {"op": "add", "path": "/spec", "value": self._lease(holder)["spec"]},
        ]
        self._writer.patch(self.target, operations, self._manager)

    def _lease(self, holder: str | None = None) -> JsonObject:
        now = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        metadata = {"name": NAME, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/name": "gitops-audit"}}
        spec: JsonObject = {"leaseDurationSeconds": DURATION_S, "acquireTime": now, "renewTime": now}
        spec |= {"holderIdentity": self.holder if holder is None else holder}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    def _held(self, why: str) -> RemediationError:
        hint = (
            f"wait for it; the lock is the Lease {NAMESPACE}/{NAME}, which expires {DURATION_S} s after its holder died"
        )
        return RemediationError(
            f"another remediation runs in cluster {self._writer.name}: {why}", code=LOCKED, hint=hint
        )


def _spec(lease: JsonObject) -> JsonObject:
    found: Any = lease.get("spec")
    return found if isinstance(found, dict) else {}


def _moment(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
