"""The objects, in memory, by resource; and the snapshots that a paged list reads from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from gitops_audit.sandbox.types import JsonObject

Resource = tuple[str, str]
Name = tuple[str, str]
_SNAPSHOTS = 256


class Store:
    """Holds each object once, as it is stored; callers hold the server's lock and never change what they read.

    A resource is (group, plural), a name (namespace, name) with an empty namespace for cluster-scoped objects.
    """

    def __init__(self) -> None:
        self.revision = 1
        self._objects: dict[Resource, dict[Name, JsonObject]] = {}
        self._snapshots: OrderedDict[tuple[Resource, int], list[tuple[Name, JsonObject]]] = OrderedDict()

    def get(self, resource: Resource, name: Name) -> JsonObject | None:
        return self._objects.get(resource, {}).get(name)

    def put(self, resource: Resource, name: Name, body: JsonObject) -> JsonObject:
        """Stores the object under the next revision and gives it back with that revision."""
        self.revision += 1
        stored = body | {"metadata": body["metadata"] | {"resourceVersion": str(self.revision)}}
        self._objects.setdefault(resource, {})[name] = stored
        return stored

    def delete(self, resource: Resource, name: Name) -> None:
        self.revision += 1
        del self._objects[resource][name]

    def items(self, resource: Resource) -> list[tuple[Name, JsonObject]]:
        """All objects of a resource, in the order of their names, as etcd has them."""
        return sorted(self._objects.get(resource, {}).items(), key=lambda item: item[0])

    def everything(self) -> Iterator[tuple[Resource, Name, JsonObject]]:
        for resource, objects in list(self._objects.items()):
            for name, body in list(objects.items()):
                yield resource, name, body

    def drop(self, resource: Resource) -> None:
        """Forgets all objects of a resource that is no longer served."""
        if self._objects.pop(resource, None):
            self.revision += 1

    def remember(self, resource: Resource) -> None:
        """Keeps the present state of a resource for the pages of a list that begins now."""
        self._snapshots[resource, self.revision] = self.items(resource)
        while len(self._snapshots) > _SNAPSHOTS:
            self._snapshots.popitem(last=False)

    def snapshot(self, resource: Resource, revision: int) -> list[tuple[Name, JsonObject]] | None:
        """The state at a revision, None where it is no longer known."""
        return self._snapshots.get((resource, revision))

    def forget_snapshots(self) -> None:
        """Every continue token given out so far has expired."""
        self._snapshots.clear()
