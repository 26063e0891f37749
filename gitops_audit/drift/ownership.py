"""What the live object tells about its deployment: who owns what, who created it, and what was applied last.

Only two things are evidence of what a deployer once declared: an `Apply` entry of its own, and the
`last-applied-configuration` annotation of client-side apply. An `Update` entry also owns what defaulting wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from gitops_audit.deployer.tools import KUBECTL_APPLY, is_kubectl
from gitops_audit.drift import attribution
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.deployed_by import NOBODY, Deployer, deployer_of
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.managed_fields import Entry, Trie
from gitops_audit.kube.path import Path
from gitops_audit.model.finding import FieldOwner
from gitops_audit.model.redact import LAST_APPLIED
from gitops_audit.model.resource import JsonObject

Writer = Literal["deployer", "hand", "unknown"]
_LAST_APPLIED = ("metadata", "annotations", LAST_APPLIED)


@dataclass(frozen=True, slots=True)
class Ownership:
    """`intent` is the deployer's Apply entry, `applied` what client-side apply recorded, and `applied_by` who did so:
    the deployer, somebody by hand beside it, or (without managedFields) it is not known. `creator` is the entry that
    came with the object's creation."""

    managers: Managers
    entries: tuple[Entry, ...] = ()
    deployer: Deployer = NOBODY
    intent: Entry | None = None
    applied: JsonObject | None = None
    applied_by: Writer = "unknown"
    creator: Entry | None = None

    @classmethod
    def of(cls, live: JsonObject, declared: JsonObject, managers: Managers) -> Ownership:
        """Reads the live object's metadata; `declared` tells the version that the deployer's intent is about."""
        found = fields.entries(live)
        if live.get("kind", declared.get("kind")) == "Secret":
            found = _with_string_data(found)
        deployer = deployer_of(found, live.get("metadata") or {}, lambda e: _is_applier(e, managers))
        intent = _intent([e for e in found if deployer.holds(e)], declared)
        applied, applied_by = _applied(live, found, deployer)
        creator = _creator(found, live, deployer)
        return cls(managers, found, deployer, intent, applied, applied_by, creator)

    @property
    def record(self) -> JsonObject | None:
        """What was applied last, client-side. A deployer that went over to server-side apply keeps no record."""
        return self.applied if self.intent is None and self.applied_by != "hand" else None

    @property
    def deployed_at(self) -> str:
        """When the deployer last changed something, RFC 3339; empty where that is not recorded."""
        return max((e.time for e in self.entries if self.is_deployer(e)), default="")

    def owners(self, path: Path) -> list[Entry]:
        return attribution.owners(self.entries, path)

    def by(self, path: Path) -> FieldOwner | None:
        """Who set what stands at a path last, None where nobody is recorded."""
        found = self.owners(path)
        return self.owner(found[-1]) if found else None

    def owner(self, entry: Entry) -> FieldOwner:
        """An entry as evidence in a finding: kubectl beside another deployer is a person, also where it applies."""
        found = self.managers.owner(entry)
        return replace(found, manager_class="interactive") if self._is_beside(entry) else found

    def is_deployer(self, entry: Entry) -> bool:
        return self.deployer.holds(entry)

    def is_interactive(self, entry: Entry) -> bool:
        is_person = self.managers.class_of(entry.manager, entry.operation) == "interactive"
        return is_person or self._is_beside(entry)

    def is_deployed(self, path: Path) -> bool:
        """Whether a deployer wrote what stands at a path of the live object, alone or beside others."""
        owners = self.owners(path)
        return any(_is_applier(e, self.managers) and not self._is_beside(e) for e in owners)

    def is_by_hand(self, path: Path) -> bool:
        """Whether nobody but people wrote what stands at a path of the live object."""
        owners = self.owners(path)
        return bool(owners) and all(self.is_interactive(e) for e in owners)

    def is_controller(self, entry: Entry) -> bool:
        return self.managers.class_of(entry.manager, entry.operation) == "controller"

    def is_client_side_apply_by_hand(self, entry: Entry) -> bool:
        """Its entry owns defaults as well, where it created something: the annotation says what it applied."""
        return entry.manager in KUBECTL_APPLY and self._is_beside(entry)

    def _is_beside(self, entry: Entry) -> bool:
        is_apply = _is_applier(entry, self.managers) and is_kubectl(entry.manager)
        return is_apply and bool(self.deployer) and not self.is_deployer(entry)


def _is_applier(entry: Entry, managers: Managers) -> bool:
    return managers.class_of(entry.manager, entry.operation) == "applier"


def last_applied(live: JsonObject) -> JsonObject | None:
    """What client-side apply recorded, None where there is no (readable) record."""
    annotations = (live.get("metadata") or {}).get("annotations")
    text = annotations.get(LAST_APPLIED) if isinstance(annotations, dict) else None
    try:
        found = orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _applied(live: JsonObject, entries: Sequence[Entry], deployer: Deployer) -> tuple[JsonObject | None, Writer]:
    """The last-applied annotation and who wrote it. `kubectl edit` writes it too, with all defaults: that is none."""
    found = last_applied(live)
    if found is None or not entries:
        return found, "unknown"
    writers = attribution.owners(entries, _LAST_APPLIED)
    if any(deployer.holds(e) for e in writers):
        return found, "deployer"
    if not writers:
        return found, "deployer" if deployer and all(deployer.holds(e) for e in entries) else "unknown"
    return (found, "hand") if any(e.manager in KUBECTL_APPLY for e in writers) else (None, "unknown")


def _intent(entries: Sequence[Entry], declared: JsonObject) -> Entry | None:
    """The deployer's Apply entry: of several, the one that owns most of what is declared."""
    version = declared.get("apiVersion")
    candidates = [
        (covered, entry.time, index)
        for index, entry in enumerate(entries)
        if entry.is_apply
        and not entry.subresource
        and entry.api_version == version
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


def _creator(entries: Sequence[Entry], live: JsonObject, deployer: Deployer) -> Entry | None:
    """The entry the object was created with, which owns every default: a command's that does nothing else, else one
    as old as the object, else the largest. None where a deployer created it.

    An entry's time moves on with its manager's later writes, so age alone cannot tell; and commands that only change
    objects never create one.
    """
    born = (live.get("metadata") or {}).get("creationTimestamp")
    possible = [e for e in entries if not e.subresource and not attribution.is_editor(e)]
    first = [e for e in possible if e.time == born]
    deployers = [e for e in entries if deployer.holds(e)]
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
