"""What was read of the wanted resources: each is an object, absent, or a problem. Nothing unread counts as absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from gitops_audit.live.problem import NOT_READ
from gitops_audit.model.finding import Problem
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey

# An object is read at the declared version, so the same object at two versions is two readings.
Identity = tuple[ResourceKey, str]

_UNREAD = Problem(NOT_READ, "the live object was not read")


def identity(resource: Declared) -> Identity:
    return resource.key, resource.version


class LiveSet:
    """The answer to one `read`. Objects hold no Secret values.

    What a server sent is kept as JSON, a quarter of the size, and is parsed for whoever asks: most objects are looked
    at once.
    """

    __slots__ = ("_absent", "_objects", "_problems")

    def __init__(self) -> None:
        self._objects: dict[Identity, bytes | JsonObject] = {}
        self._absent: dict[Identity, tuple[str, ...]] = {}
        self._problems: dict[Identity, Problem] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, resource: Declared) -> JsonObject | None:
        """The live object; None where it is absent, or where `problem` says why it is not known."""
        found = self._objects.get(identity(resource))
        return None if found is None else _parsed(found)

    def problem(self, resource: Declared) -> Problem | None:
        """Why a resource could not be read; None where it was found, or is known to be absent."""
        key = identity(resource)
        if key in self._objects or key in self._absent:
            return None
        return self._problems.get(key, _UNREAD)

    def elsewhere(self, resource: Declared) -> tuple[str, ...]:
        """The other namespaces in which objects of the kind and name of an absent one were seen, sorted.

        What the reads of the wanted objects showed, and no more: empty does not mean that there are none.
        """
        return self._absent.get(identity(resource), ())

    def objects(self) -> Iterator[JsonObject]:
        return map(_parsed, self._objects.values())

    def absent(self) -> Iterator[Identity]:
        return iter(self._absent)

    def problems(self) -> Iterator[tuple[Identity, Problem]]:
        return iter(self._problems.items())

    def add(self, key: Identity, body: bytes | JsonObject) -> None:
        """`body` as JSON text, or as it is already held in memory."""
        self._objects[key] = body

    def add_absent(self, key: Identity, elsewhere: Iterable[str] = ()) -> None:
        self._absent[key] = tuple(sorted(elsewhere))

    def add_problem(self, key: Identity, problem: Problem) -> None:
        self._problems[key] = problem


def _parsed(body: bytes | JsonObject) -> JsonObject:
    if isinstance(body, dict):
        return body
    found: JsonObject = orjson.loads(body)
    return found
