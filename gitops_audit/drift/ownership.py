"""What the live object tells about its deployment: who owns what, who created it, and what was applied last.

Only two things are evidence of what a deployer once declared: an `Apply` entry of its own, and the
`last-applied-configuration` annotation of client-side apply. An `Update` entry also owns what defaulting wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from gitops_audit.drift import attribution, fields
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.fields import Entry, Trie
from gitops_audit.drift.path import Path
from gitops_audit.model.finding import FieldOwner
from gitops_audit.model.redact import LAST_APPLIED
from gitops_audit.model.resource import JsonObject


@dataclass(frozen=True, slots=True)
class Ownership:
    """`intent` is the deployer's Apply entry, `applied` what client-side apply recorded (once, maybe long ago),
    `creator` the entry that came with the object's creation."""

    managers: Managers
    entries: tuple[Entry, ...] = ()
    intent: Entry | None = None
    applied: JsonObject | None = None
    creator: Entry | None = None

    @classmethod
    def of(cls, live: JsonObject, declared: JsonObject, managers: Managers) -> Ownership:
        """Reads the live object's metadata; `declared` tells which of several deployers is meant."""
        found = fields.entries(live)
        if live.get("kind", declared.get("kind")) == "Secret":
            found = _with_string_data(found)
        intent = _intent(found, declared, managers)
        return cls(managers, found, intent, last_applied(live), _creator(found, live, managers))

    @property
    def record(self) -> JsonObject | None:
        """What was deployed last. A deployer that went over to server-side apply keeps no record any more."""
        return self.applied if self.intent is None else None

    @property
    def deployed_at(self) -> str:
        """When a deployer last changed something, RFC 3339; empty where that is not recorded."""
        return max((e.time for e in self.entries if self.is_applier(e)), default="")

    def owners(self, path: Path) -> list[Entry]:
        return attribution.owners(self.entries, path)

    def by(self, path: Path) -> FieldOwner | None:
        """Who set what stands at a path last, None where nobody is recorded."""
        found = self.owners(path)
        return self.managers.owner(found[-1]) if found else None

    def is_applier(self, entry: Entry) -> bool:
        return self.managers.class_of(entry.manager, entry.operation) == "applier"

    def is_interactive(self, entry: Entry) -> bool:
        return self.managers.class_of(entry.manager, entry.operation) == "interactive"


def last_applied(live: JsonObject) -> JsonObject | None:
    """What client-side apply recorded, None where there is no (readable) record."""
    annotations = (live.get("metadata") or {}).get("annotations")
    text = annotations.get(LAST_APPLIED) if isinstance(annotations, dict) else None
    try:
        found = orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _intent(entries: Sequence[Entry], declared: JsonObject, managers: Managers) -> Entry | None:
    """The deployer's Apply entry: where several deployers apply, the one that owns most of what is declared."""
    version = declared.get("apiVersion")
    candidates = [
        (covered, entry.time, index)
        for index, entry in enumerate(entries)
        if entry.is_apply
        and not entry.subresource
        and entry.api_version == version
        and managers.class_of(entry.manager, entry.operation) == "applier"
        and (covered := _covered(entry.trie, declared))
    ]
    return entries[max(candidates)[2]] if candidates else None


def _covered(trie: Trie, declared: Any) -> int:
    """How many declared fields, two levels deep, a set of fields names."""
    count = 0
    for name, value in declared.items():
        node = fields.field(trie, name)
        if node is not None:
            count += 1
            inner = value if isinstance(value, dict) else {}
            count += sum(fields.field(node, key) is not None for key in inner)
    return count


def _creator(entries: Sequence[Entry], live: JsonObject, managers: Managers) -> Entry | None:
    """The entry the object was created with, which owns every default: a command's that does nothing else, else one
    as old as the object, else the largest. None where a deployer created it.

    An entry's time moves on with its manager's later writes, so age alone cannot tell; and commands that only change
    objects never create one.
    """
    born = (live.get("metadata") or {}).get("creationTimestamp")
    possible = [e for e in entries if not e.subresource and not attribution.is_editor(e)]
    first = [e for e in possible if e.time == born]
    deployers = [e for e in entries if managers.class_of(e.manager, e.operation) == "applier"]
    if deployers:
        is_adopted = not any(e.time == born for e in deployers)
        possible = [e for e in possible if attribution.is_maker(e)] or (first if is_adopted else [])
        return max(possible, key=_size, default=None)
    return max(first or possible, key=_size, default=None)


def _size(entry: Entry) -> int:
    return sum(1 for _ in fields.leaves(entry.trie))


def _with_string_data(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """`stringData` is declared and owned by that name, and stands in the object as `data`.

    The server keeps that ownership even where somebody overwrote the data since: then the writer is the owner.
    """
    owned = {key for e in entries for key in fields.field(e.trie, "data") or {}}
    return tuple(_folded(entry, owned) for entry in entries)


def _folded(entry: Entry, owned: set[str]) -> Entry:
    written = fields.field(entry.trie, "stringData")
    if written is None:
        return entry
    free = {key: node for key, node in written.items() if key not in owned}
    data = free | (fields.field(entry.trie, "data") or {})
    trie = {k: v for k, v in entry.trie.items() if k != "f:stringData"} | {"f:data": data}
    return replace(entry, trie=trie)
