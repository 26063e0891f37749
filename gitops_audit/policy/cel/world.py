"""Functions that look at the other objects of an audit: for the project's own policies."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.cel.declarations import Overload
from gitops_audit.policy.cel.selection import by_field, pod_labels, selectors
from gitops_audit.policy.contract import World


class _Bound(threading.local):
    world: World | None = None


_bound = _Bound()


class bound:
    """The world that the functions see while an expression is evaluated in this thread.

    A class, not a generator: it is entered for every policy and object.
    """

    __slots__ = ("_before", "_world")

    def __init__(self, world: World) -> None:
        self._world: World | None = world

    def __enter__(self) -> None:
        self._before, _bound.world = _bound.world, self._world

    def __exit__(self, *_: object) -> None:
        _bound.world = self._before


def current() -> World:
    """The bound world. Raises ValueError where there is none."""
    if _bound.world is None:
        raise ValueError("the other resources are not known here")
    return _bound.world


def _resources(group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
    return list(current().list(group, kind, namespace))


def _resource_count(group: str, kind: str, namespace: str = "") -> int:
    return len(current().list(group, kind, namespace))


def _resources_with(group: str, kind: str, namespace: str, pointer: str, value: str) -> Sequence[JsonObject]:
    return by_field(current(), group, kind, namespace, pointer).get(value, [])


def _resource(group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
    return current().get(group, kind, namespace, name)


def _pods_matching(labels: Mapping[str, Any], namespace: str) -> int:
    """How many Pods and pod templates of a namespace carry all these labels."""
    return pod_labels(current(), namespace).count(labels)


def _selecting(group: str, kind: str, namespace: str, labels: Mapping[str, Any]) -> int:
    """How many objects of a kind select, by `spec.selector`, a pod with these labels."""
    return selectors(current(), group, kind, namespace).count(labels)


WORLD_FUNCTIONS: tuple[Overload, ...] = (
    Overload("resources", ("string", "string"), "list<dyn>", _resources),
    Overload("resources", ("string", "string", "string"), "list<dyn>", _resources),
    Overload("resourceCount", ("string", "string"), "int", _resource_count),
    Overload("resourceCount", ("string", "string", "string"), "int", _resource_count),
    Overload("resourcesWith", ("string",) * 5, "list<dyn>", _resources_with),
    Overload("resource", ("string", "string", "string", "string"), "dyn", _resource),
    Overload("podsMatching", ("map<string,dyn>", "string"), "int", _pods_matching),
    Overload("selecting", ("string", "string", "string", "map<string,dyn>"), "int", _selecting),
)
