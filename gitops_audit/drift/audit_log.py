"""Who sent the request behind a change: the writes of a Kubernetes audit log, looked up by object and time.

The shape of an event is that of `audit.k8s.io/v1` (Event). Only a few strings of a write are kept, never a body.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from gitops_audit.model.finding import Change, Drift, FieldOwner
from gitops_audit.model.resource import JsonObject

API_VERSION = "audit.k8s.io/v1"
# managedFields tells whole seconds, and is stamped somewhere between the arrival of a request and its answer.
TOLERANCE = timedelta(seconds=2)
MAX_TEXT = 256

_VERBS = frozenset({"create", "update", "patch", "delete"})
_CREATED = 201


class Target(NamedTuple):
    """An object as the audit log names it: by the plural of its kind."""

    group: str
    plural: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changed an object. `manager` is the field manager it asked for, empty where it named none."""

    target: Target
    subresource: str
    is_delete: bool
    is_create: bool
    received: datetime
    completed: datetime
    manager: str
    user: str
    source_ip: str
    user_agent: str

    @classmethod
    def from_event(cls, event: JsonObject) -> Write | None:
        """None for what changed nothing: reads, other stages, refusals, dry runs, and what names no object."""
        target, code = _target(_map(event, "objectRef")), _map(event, "responseStatus").get("code")
        if not target.name or not _is_write(event, code):
            return None
        times, query = (_time(event.get("requestReceivedTimestamp")), _time(event.get("stageTimestamp"))), _query(event)
        received, completed = times[0] or times[1], times[1] or times[0]
        if "dryRun" in query or received is None or completed is None:
            return None
        verb, addresses = event["verb"], event.get("sourceIPs")
        return cls(
            target,
            _text(_map(event, "objectRef"), "subresource"),
            is_delete=verb == "delete",
            is_create=verb == "create" or code == _CREATED,
            received=received,
            completed=completed,
            manager=query.get("fieldManager", [""])[0],
            user=_user(event),
            source_ip=_shown(addresses[0]) if isinstance(addresses, list) and addresses else "",
            user_agent=_shown(_text(event, "userAgent")),
        )

    def is_at(self, time: datetime) -> bool:
        return self.received - TOLERANCE <= time <= self.completed + TOLERANCE

    def is_of(self, manager: str) -> bool:
        """Whether it is this manager's: where a request names none, the server takes the start of its user agent."""
        return self.manager == manager or (not self.manager and self.user_agent.startswith(manager))

    def is_anonymous(self) -> bool:
        return not (self.manager or self.user_agent)


class Writes:
    """The writes of one or several logs, by object."""

    def __init__(self, writes: Iterable[Write] = ()) -> None:
        self._by_target: dict[Target, list[Write]] = {}
        for write in writes:
            self._by_target.setdefault(write.target, []).append(write)

    @classmethod
    def of(cls, events: Iterable[JsonObject], names: Collection[tuple[str, str]] | None = None) -> Writes:
        """From events in any order; of the objects with these (namespace, name) only, where given."""
        asked = (event for event in events if names is None or _name(event) in names)
        return cls(write for write in map(Write.from_event, asked) if write)

    def __len__(self) -> int:
        return sum(len(found) for found in self._by_target.values())

    def attributed(self, target: Target, drift: Drift) -> Drift:
        """The drift with the users behind it: of every change that has an owner, and of a deletion in `reason`."""
        if target not in self._by_target:
            return drift
        if drift.status == "missing":
            return replace(drift, reason="; ".join(filter(None, (drift.reason, self.deletion(target)))))
        return replace(drift, changes=tuple(self._named(target, c) for c in drift.changes))

    def owner(self, target: Target, by: FieldOwner) -> FieldOwner:
        """`by` with user, address and user agent of the last request that fits; as it was where none does.

        The API server keeps no time in the entries of `scale`: there the manager's last request counts, and its time.
        """
        near = [w for w in self._by_target.get(target, ()) if _may_be(w, by)]
        if not near:
            return by
        best = max(near, key=lambda w: (w.is_of(by.manager), w.received))
        time = by.time or _second(best.received)
        return replace(by, time=time, user=best.user, source_ip=best.source_ip, user_agent=best.user_agent)

    def deletion(self, target: Target) -> str:
        """Who deleted an object last, as a sentence; empty where that is not known, or it was created again since."""
        whole = sorted((w for w in self._by_target.get(target, ()) if not w.subresource), key=lambda w: w.received)
        last = next((w for w in reversed(whole) if w.is_delete or w.is_create), None)
        return "" if last is None or not last.is_delete else "".join(_sentence(last))

    def _named(self, target: Target, change: Change) -> Change:
        return replace(change, by=self.owner(target, change.by)) if change.by else change


def is_event(value: Any) -> bool:
    """Whether a JSON value is an event of the audit log."""
    return isinstance(value, dict) and value.get("apiVersion") == API_VERSION and value.get("kind") == "Event"


def _may_be(write: Write, by: FieldOwner) -> bool:
    """Another manager, or another subresource, did not make this entry: no name is better than a wrong one."""
    if write.is_delete or write.subresource != by.subresource:
        return False
    time = _time(by.time)
    if time is None:
        return write.is_of(by.manager)
    return write.is_at(time) and (write.is_of(by.manager) or write.is_anonymous())


def _second(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _sentence(write: Write) -> Iterator[str]:
    yield f"deleted by {write.user or 'an unnamed user'}"
    if write.source_ip:
        yield f" from {write.source_ip}"
    if write.user_agent:
        yield f" with {write.user_agent}"
    yield f" at {_second(write.received)}"


def _is_write(event: JsonObject, code: Any) -> bool:
    is_answered = event.get("stage") == "ResponseComplete" and isinstance(code, int) and 200 <= code < 300
    return is_answered and _text(event, "verb") in _VERBS


def _target(ref: Mapping[str, Any]) -> Target:
    group, plural, name = _text(ref, "apiGroup"), _text(ref, "resource"), _text(ref, "name")
    # A request for a Namespace counts as one inside of it (apiserver, RequestInfo).
    namespace = "" if (group, plural) == ("", "namespaces") else _text(ref, "namespace")
    return Target(group, plural, namespace, name)


def _name(event: JsonObject) -> tuple[str, str]:
    target = _target(_map(event, "objectRef"))
    return target.namespace, target.name


def _user(event: JsonObject) -> str:
    user = _shown(_text(_map(event, "user"), "username"))
    acting = _shown(_text(_map(event, "impersonatedUser"), "username"))
    return f"{acting} (impersonated by {user})" if acting else user


def _query(event: JsonObject) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(_text(event, "requestURI")).query)
    except ValueError:
        return {}


def _time(value: Any) -> datetime | None:
    """Not the first and the last year of the calendar: what is reckoned from there may lie beyond it."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None or not MINYEAR < found.year < MAXYEAR:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _shown(value: Any) -> str:
    """Clients choose these texts freely: no control characters for a terminal, and no page of text."""
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:MAX_TEXT])
