"""Objects that a generator of kustomize named anew, as their content changed: the one before is the same thing, older.

Declared is `settings-7b9d…`, live is `settings-4f2k…`: that is one change, not a missing object and an undeclared one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from gitops_audit.kube.generated_name import generator_of
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping

_CONTENT = ("data", "binaryData", "stringData")


def predecessor(
    wanted: ResourceKey, live: Iterable[tuple[ResourceKey, JsonObject]], declared: Collection[ResourceKey]
) -> ResourceKey | None:
    """The latest live object of the same generator that is declared nowhere; `live` are keys with their metadata."""
    generator = generator_of(wanted.group, wanted.kind, wanted.name)
    if not generator:
        return None
    place = wanted._replace(name="")
    alike = [
        (str(metadata.get("creationTimestamp") or ""), key)
        for key, metadata in live
        if key._replace(name="") == place
        and key not in declared
        and generator_of(key.group, key.kind, key.name) == generator
    ]
    return max(alike)[1] if alike else None


def differing_keys(declared: JsonObject, live: JsonObject) -> list[str]:
    """The keys in which the contents differ, as `data.LEVEL`; values are in no part of it."""
    one, other = _content(declared), _content(live)
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))


def _content(body: JsonObject) -> dict[str, Any]:
    """`stringData` is written over `data` by the server."""
    return {
        f"{'data' if field == 'stringData' else field}.{key}": value
        for field in _CONTENT
        for key, value in mapping(body.get(field)).items()
    }
