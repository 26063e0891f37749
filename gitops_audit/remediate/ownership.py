"""Gives what was repaired back to the deployer, so that its next apply meets no conflict (metadata.managedFields).

A repair is a write of a manager of its own: afterwards that manager owns the repaired fields. Its entry is dissolved,
and what Git declares of it goes to the deployer's entry, as if the deployer had written it: no value changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.ownership import Ownership
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.managed_fields import Entry, Trie
from gitops_audit.model.resource import JsonObject

_REQUEST = timedelta(seconds=60)  # how long after its announcement a request may have been carried out


def deployer_entry(live: JsonObject, declared: JsonObject, managers: Managers) -> Entry | None:
    """The entry by which the deployer of an object owns it; None where nobody is known to deploy it."""
    ownership = Ownership.of(live, declared, managers)
    if ownership.intent is not None:
        return ownership.intent
    held = [e for e in ownership.entries if ownership.is_deployer(e) and not e.subresource]
    return max(held, key=lambda e: (e.is_apply, e.time), default=None)


def own_entries(live: JsonObject, manager: str) -> list[JsonObject]:
    """The entries of `managedFields` that say what a manager wrote by updates."""
    return [entry for entry in fields.managed_fields(live) if _is_own(entry, manager)]


def is_written_at(live: JsonObject, moment: datetime, manager: str = "") -> bool:
    """Whether an object was created then, and nobody wrote into it at any other time; by this manager alone, where one
    is named. Clocks of machines differ, and a request takes its time."""
    metadata = live["metadata"]
    entries = [e for e in fields.managed_fields(live) if not e.get("subresource")]
    times = [metadata.get("creationTimestamp"), *(entry["time"] for entry in entries if entry.get("time"))]
    is_others = manager and any(entry.get("manager") != manager for entry in entries)
    return not is_others and all(abs(moment_of(time) - moment) <= _REQUEST for time in times)


def moment_of(text: object) -> datetime:
    """A time as the server writes it; the beginning of time where it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def handed_back(
    after: JsonObject, declared: JsonObject, deployer: Entry, manager: str, given_up: Sequence[Sequence[str]] = ()
) -> list[JsonObject] | None:
    """The managedFields with the entry of `manager` dissolved into the deployer's; None where nothing is to change.

    `given_up` are the fields (keys of their pointers) that Git no longer declares: the deployer lets go of them too,
    for a default may stand there now.
    """
    entries = fields.managed_fields(after)
    was = entries
    if deployer.is_apply and given_up:
        entries = [_let_go(e, after, given_up) if _is_same(e, deployer) else e for e in entries]
    own = [e for e in entries if _is_own(e, manager)]
    if not own or deployer.manager == manager:
        return entries if entries != was else None
    given: Trie = {}
    for entry in own:
        trie = entry.get("fieldsV1")
        if isinstance(trie, dict):
            given = _union(given, _declared(trie, declared) if deployer.is_apply else trie)
    rest = [e for e in entries if not _is_own(e, manager)]
    found = next((e for e in rest if _is_same(e, deployer)), None)
    if found is None:
        return [*rest, _as_json(deployer, given)] if given else rest
    merged = {**found, "fieldsV1": _union(found.get("fieldsV1") or {}, given)}
    return [merged if e is found else e for e in rest]


def _let_go(entry: JsonObject, body: JsonObject, given_up: Sequence[Sequence[str]]) -> JsonObject:
    trie = entry.get("fieldsV1")
    for tokens in given_up:
        trie = _without(trie, body, tokens)
    return {**entry, "fieldsV1": trie}


def _without(trie: Any, body: Any, tokens: Sequence[str]) -> Any:
    """A set of fields without one and what is below it."""
    if not isinstance(trie, dict):
        return trie
    token, *rest = tokens
    kept: Trie = {}
    for key, node in trie.items():
        is_meant = key != "." and _leads_to(key, body, token)
        if not is_meant:
            kept[key] = node
        elif rest:
            kept[key] = _without(node, _child(body, token), rest)
    return kept


def _leads_to(key: str, body: Any, token: str) -> bool:
    if isinstance(body, list):
        element = _child(body, token)
        return _below(key, [element])[0] or key == f"i:{token}"
    return key == f"f:{token}"


def _child(body: Any, token: str) -> Any:
    try:
        return body[int(token)] if isinstance(body, list) else body[token]
    except (LookupError, TypeError, ValueError):
        return None


def _is_own(entry: JsonObject, manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Update" and not entry.get("subresource")


def _is_same(entry: JsonObject, deployer: Entry) -> bool:
    names = (entry.get("manager"), entry.get("operation"), entry.get("apiVersion"), entry.get("subresource") or "")
    return names == (deployer.manager, deployer.operation, deployer.api_version, deployer.subresource)


def _as_json(entry: Entry, trie: Trie) -> JsonObject:
    words = {"manager": entry.manager, "operation": entry.operation, "apiVersion": entry.api_version}
    return words | {"time": entry.time, "fieldsType": "FieldsV1", "fieldsV1": trie}


def _union(one: Trie, other: Trie) -> Trie:
    return {**one, **{k: _union(one.get(k) or {}, v or {}) for k, v in other.items()}}


def _declared(trie: Trie, declared: Any) -> Trie:
    """What a set of fields says of declared ones: an Apply entry that owns more would claim it was declared."""
    kept: Trie = {}
    for key, node in trie.items():
        if key == ".":
            kept[key] = node
            continue
        is_there, below = _below(key, declared)
        if is_there and isinstance(node, dict):
            kept[key] = _declared(node, below) if isinstance(below, dict | list) and node else node
    return kept


def _below(key: str, declared: Any) -> tuple[bool, Any]:
    kind, text = key[:2], key[2:]
    if kind == "f:" and isinstance(declared, Mapping):
        return text in declared, declared.get(text)
    if not isinstance(declared, list):
        return False, None
    wanted = _parsed(text)
    if kind == "k:" and isinstance(wanted, dict):
        found = [e for e in declared if isinstance(e, dict) and all(_key(e, k) == v for k, v in wanted.items())]
    else:
        found = [e for e in declared if kind == "v:" and e == wanted]
    return bool(found), found[0] if found else None


def _key(element: JsonObject, name: str) -> Any:
    found = element.get(name)
    return "TCP" if name == "protocol" and not found else found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
