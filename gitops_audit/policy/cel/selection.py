"""Objects by labels, selectors and fields: indexed, so that a question does not cost a look at each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from gitops_audit.kube.pod_template import RUNNING
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import World

Labels = Mapping[str, Any]
T = TypeVar("T")


class PodLabels:
    """The labels of Pods and pod templates, found by any one of them."""

    def __init__(self, labels: Iterable[Labels]) -> None:
        self._all: list[Labels] = list(labels)
        self._having: dict[tuple[str, str], list[Labels]] = {}
        for own in self._all:
            for key, value in own.items():
                if isinstance(value, str):
                    self._having.setdefault((key, value), []).append(own)

    def count(self, wanted: Labels) -> int:
        """How many have all the wanted labels."""
        if not all(isinstance(value, str) for value in wanted.values()):
            candidates = self._all
        else:
            found = (self._having.get(item, []) for item in wanted.items())
            candidates = min(found, key=len, default=self._all)
        return sum(all(own.get(key) == value for key, value in wanted.items()) for own in candidates)


class Selectors:
    """The `spec.selector` of objects, found by one label that they want. Expressions are taken to fit."""

    def __init__(self, bodies: Iterable[JsonObject]) -> None:
        self._open = 0
        self._wanting: dict[tuple[str, str], list[Labels]] = {}
        for body in bodies:
            selector = _below(body, ("spec", "selector"))
            if isinstance(selector, dict):
                self._add(selector)

    def _add(self, selector: JsonObject) -> None:
        wanted = selector.get("matchLabels") or {}
        if "matchExpressions" in selector or not wanted:
            self._open += 1
        elif isinstance(wanted, dict):
            key, value = next(iter(wanted.items()))
            self._wanting.setdefault((key, str(value)), []).append(wanted)

    def count(self, labels: Labels) -> int:
        """How many select a pod with these labels."""
        candidates = (wanted for key, value in labels.items() for wanted in self._wanting.get((key, str(value)), ()))
        return self._open + sum(wanted.items() <= labels.items() for wanted in candidates)


_kept: WeakKeyDictionary[World, dict[tuple[str, ...], Any]] = WeakKeyDictionary()


def pod_labels(world: World, namespace: str) -> PodLabels:
    """Of a namespace, or (empty) of all."""

    def labels() -> Iterator[Labels]:
        for (group, kind), path in RUNNING.items():
            yield from (template_labels(body, path) for body in world.list(group, kind, namespace))

    return _once(world, ("pods", namespace), lambda: PodLabels(labels()))


def selectors(world: World, group: str, kind: str, namespace: str) -> Selectors:
    """Of the objects of a kind, in a namespace or (empty) in all."""
    key = ("selectors", group, kind, namespace)
    return _once(world, key, lambda: Selectors(world.list(group, kind, namespace)))


def by_field(world: World, group: str, kind: str, namespace: str, pointer: str) -> Mapping[str, Sequence[JsonObject]]:
    """The objects of a kind by the text they have at a JSON pointer; without those that have none there."""
    path = pointer_tokens(pointer)

    def made() -> dict[str, list[JsonObject]]:
        found: dict[str, list[JsonObject]] = {}
        for body in world.list(group, kind, namespace):
            value = _below(body, path)
            if isinstance(value, str):
                found.setdefault(value, []).append(body)
        return found

    return _once(world, ("field", group, kind, namespace, pointer), made)


def _once(world: World, key: tuple[str, ...], make: Callable[[], T]) -> T:
    """What is made of a world, for as long as it lives. Nothing is kept of one that compares by value (a test's)."""
    try:
        kept = _kept.setdefault(world, {})
    except TypeError:
        return make()
    if key not in kept:
        kept[key] = make()
    found: T = kept[key]
    return found


def template_labels(body: JsonObject, path: Sequence[str]) -> Labels:
    labels = _below(body, (*path, "metadata", "labels"))
    return labels if isinstance(labels, dict) else {}


def _below(body: JsonObject, path: Sequence[str]) -> Any:
    found: Any = body
    for step in path:
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found
