"""The store behind the real API server: what it holds, and how it is brought back to what it held."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

State = Mapping[str, str]  # values by keys, both in base64 as etcd's JSON API has them

_OBJECTS = ("/registry/", "/registry0")
# What the API server writes for itself, at times of its own.
_ITS_OWN = (
    "/registry/events/",
    "/registry/ipaddresses/10.0.0.1",
    "/registry/leases/",
    "/registry/masterleases/",
    "/registry/peerserverleases/",
    "/registry/ranges/",
    "/registry/services/specs/default/kubernetes",
)
_MAX_OPERATIONS = 100  # of one transaction; etcd takes 128


class Etcd:
    """Speaks to an etcd through its JSON gateway."""

    def __init__(self, url: str) -> None:
        self._url = url

    def state(self) -> State:
        """All objects that the API server stored for its clients."""
        start, end = map(_encoded, _OBJECTS)
        found = self._call("range", {"key": start, "range_end": end}).get("kvs", ())
        return {pair["key"]: pair["value"] for pair in found if not _is_its_own(pair["key"])}

    def restore(self, state: State) -> None:
        """Deletes what came since, and brings back what was changed or deleted. Watches of the server see it all.

        Through the API it would not do: nothing empties a namespace where no controller runs.
        """
        now = self.state()
        gone = [{"request_delete_range": {"key": key}} for key in now if key not in state]
        changed = [
            {"request_put": {"key": key, "value": value}} for key, value in state.items() if now.get(key) != value
        ]
        for operations in _batches([*gone, *changed]):
            self._call("txn", {"success": operations})

    def compact(self) -> None:
        """Lets etcd forget all older revisions, so that continue tokens of earlier lists expire."""
        revision = self._call("range", {"key": _encoded("/")})["header"]["revision"]
        self._call("compaction", {"revision": revision, "physical": True})

    def _call(self, operation: str, message: Mapping[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 (http to loopback)
            f"{self._url}/v3/kv/{operation}", data=json.dumps(message).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found


def _encoded(key: str) -> str:
    return base64.b64encode(key.encode()).decode()


def _is_its_own(key: str) -> bool:
    return base64.b64decode(key).decode().startswith(_ITS_OWN)


def _batches(operations: Sequence[Mapping[str, Any]]) -> Iterable[Sequence[Mapping[str, Any]]]:
    return (operations[at : at + _MAX_OPERATIONS] for at in range(0, len(operations), _MAX_OPERATIONS))
