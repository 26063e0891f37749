"""When an engine last said something of an object: the newest time in its status, and how old that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gitops_audit.model.resource import JsonObject, mapping

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, and what is too old. `now` is None where it is not known when an object was read (a recording):
    nothing is old then."""

    now: datetime | None
    status_age: timedelta
    sync_age: timedelta | None = None

    def age(self, moment: datetime | None) -> timedelta | None:
        return None if self.now is None or moment is None else self.now - moment


def moment(text: Any) -> datetime | None:
    """A time as Kubernetes writes it; None for anything else, and without its zone."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def newest(texts: Iterable[Any]) -> datetime | None:
    return max(filter(None, map(moment, texts)), default=None)


def created(body: JsonObject) -> Any:
    return mapping(body.get("metadata")).get("creationTimestamp")


def spec_written(body: JsonObject) -> Iterator[Any]:
    """The times at which managers wrote anything but the status."""
    yield created(body)
    entries = mapping(body.get("metadata")).get("managedFields")
    for entry in map(mapping, entries if isinstance(entries, list) else ()):
        if not entry.get("subresource"):
            yield entry.get("time")


def status_written(body: JsonObject) -> Iterator[Any]:
    """The times at which a controller wrote the status."""
    entries = mapping(body.get("metadata")).get("managedFields")
    for entry in map(mapping, entries if isinstance(entries, list) else ()):
        if entry.get("subresource") == "status":
            yield entry.get("time")


def ago(age: timedelta) -> str:
    """`3d`, `26h`, `5m`: the largest unit of which there are at least two."""
    seconds = int(age.total_seconds())
    return next((f"{seconds // size}{unit}" for size, unit in _UNITS if seconds >= 2 * size), f"{seconds}s")
