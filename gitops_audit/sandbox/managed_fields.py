"""Who owns which field: the entries of `metadata.managedFields` and what an update does to them (KEP-555)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from gitops_audit.sandbox.field_set import EMPTY, FieldSet, Path, from_fields_v1, to_fields_v1
from gitops_audit.sandbox.typed import Comparison, compare
from gitops_audit.sandbox.types import JsonObject, Type

MAX_UPDATERS = 10
_META = ("name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion")
NEVER_OWNED: FieldSet = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",), *(("f:metadata", f"f:{name}") for name in _META)}
)


@dataclass(frozen=True, slots=True)
class Manager:
    """Who wrote, and how. Two updates by the same name in different API versions are two managers."""

    name: str
    operation: str
    subresource: str = ""
    version: str = ""

    def __str__(self) -> str:
        """As conflicts name it."""
        sub = f' with subresource "{self.subresource}"' if self.subresource else ""
        using = f" using {self.version}" if self.operation == "Update" else ""
        return f'"{self.name}"{sub}{using}'


@dataclass(frozen=True, slots=True)
class Entry:
    """What a manager owns, in the fields of one API version."""

    api_version: str
    fields: FieldSet
    time: str = ""


Managers = dict[Manager, Entry]


def updater(name: str, api_version: str, subresource: str = "") -> Manager:
    return Manager(name, "Update", subresource, api_version)


def applier(name: str, subresource: str = "") -> Manager:
    return Manager(name, "Apply", subresource)


def read(body: JsonObject) -> Managers:
    """The entries of an object; none where they cannot be read, as the API server does."""
    try:
        return dict(_read(entry) for entry in body.get("metadata", {}).get("managedFields") or ())
    except (ValueError, AttributeError):
        return {}


def _read(entry: JsonObject) -> tuple[Manager, Entry]:
    operation, api_version = entry.get("operation", ""), entry.get("apiVersion", "")
    if operation not in ("Apply", "Update"):
        raise ValueError(f"{operation!r} is no operation")
    key_version = api_version if operation == "Update" else ""
    manager = Manager(entry.get("manager", ""), operation, entry.get("subresource", ""), key_version)
    return manager, Entry(api_version, from_fields_v1(entry.get("fieldsV1") or {}), entry.get("time", ""))


def write(body: JsonObject, managers: Managers) -> JsonObject:
    """A copy of the object with these entries."""
    metadata = {key: value for key, value in body.get("metadata", {}).items() if key != "managedFields"}
    if managers:
        ordered = sorted(managers, key=lambda m: (m.operation, managers[m].time, m.name, m.version, m.subresource))
        metadata["managedFields"] = [_written(manager, managers[manager]) for manager in ordered]
    return body | {"metadata": metadata}


def _written(manager: Manager, entry: Entry) -> JsonObject:
    written: JsonObject = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": entry.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_fields_v1(entry.fields),
        "subresource": manager.subresource,
    }
    return {key: value for key, value in written.items() if value != ""}


def without(body: JsonObject) -> JsonObject:
    return write(body, {})


def requested(live: JsonObject, new: JsonObject, *, is_subresource: bool) -> Managers:
    """The entries an update starts from: those it sends, those of the live object where it sends none."""
    sent = new.get("metadata", {}).get("managedFields")
    if is_subresource or not sent:
        return read(live)
    return {} if sent == [{}] else read(new) or read(live)


@dataclass(frozen=True, slots=True)
class Update:
    """A write that is no apply. `is_tracked` says which paths count for the subresource that was written."""

    manager: Manager
    api_version: str
    time: str
    is_tracked: Callable[[Path], bool]

    def owners(self, live: JsonObject, new: JsonObject, managers: Managers, schema: Type) -> Managers:
        """The entries after `live` became `new`: whoever changes a field owns it, removed fields have no owner.

        Where list items cannot be told apart the entries stay as they are; validation refuses such an object later.
        """
        try:
            touched = self._touched(compare(without(live), without(new), schema))
        except ValueError:
            return managers
        found = release(managers, touched.written, touched.removed, except_for=self.manager)
        own = found.get(self.manager, Entry(self.api_version, EMPTY))
        fields = (own.fields - touched.removed) | touched.written
        took_any = bool(touched.written - NEVER_OWNED)
        found[self.manager] = replace(own, fields=fields, time=self.time if took_any else own.time)
        return capped(cleaned(found))

    def _touched(self, touched: Comparison) -> Comparison:
        parts = (touched.added, touched.removed, touched.modified)
        return Comparison(*({path for path in part if self.is_tracked(path)} for part in parts))


def release(managers: Managers, written: Iterable[Path], removed: Iterable[Path], *, except_for: Manager) -> Managers:
    """The entries after one manager wrote and removed fields: everybody else loses them."""
    lost = frozenset(written) | frozenset(removed)
    return {
        manager: entry if manager == except_for else replace(entry, fields=entry.fields - lost)
        for manager, entry in managers.items()
    }


def cleaned(managers: Managers) -> Managers:
    """Without the fields nobody may own, and without managers that own nothing."""
    owned = {manager: replace(entry, fields=entry.fields - NEVER_OWNED) for manager, entry in managers.items()}
    return {manager: entry for manager, entry in owned.items() if entry.fields}


def capped(managers: Managers) -> Managers:
    """The oldest updaters beyond the tenth are merged into `ancient-changes`, one per API version."""
    found = dict(managers)
    updaters = sorted((m for m in found if m.operation == "Update"), key=lambda m: (found[m].time, m.name))
    excess = len(updaters) - MAX_UPDATERS
    for manager in updaters:
        if excess <= 0:
            break
        entry, bucket = found.pop(manager), updater("ancient-changes", manager.version)
        known = found.get(bucket)
        fields = entry.fields | (known.fields if known else EMPTY)
        found[bucket] = replace(entry, fields=fields)
        excess -= known is not None
    return found
