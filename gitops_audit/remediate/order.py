"""Which earlier actions an action needs: a real order, and no more than that.

Built in are definitions (CustomResourceDefinition, APIService) before the objects of their kinds, and namespaces before
what is in them. Declared are the sync waves of Argo CD within one source, and what a source waits for as a whole:
`dependsOn` of Flux, and the sync waves of Applications in an app of apps. All else only takes turns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from gitops_audit.live.discovery import ApiResource
from gitops_audit.model.resource import ResourceKey
from gitops_audit.remediate.document import Action, Plan
from gitops_audit.remediate.effect import sync_wave_of

_Part = tuple[str, str]
_Name = tuple[str, str, str]

_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
_API_SERVICE = ("apiregistration.k8s.io", "APIService")
_NAMESPACE = ("", "Namespace")


def is_definition(action: Action) -> bool:
    """Whether it makes the server serve further kinds."""
    key = action.key
    return (key.group, key.kind) in (_DEFINITION, _API_SERVICE)


def names_of_definitions(api: ApiResource) -> tuple[str, str]:
    """What the CustomResourceDefinition and the APIService of a kind that is served are called."""
    return f"{api.plural}.{api.group}", f"{api.version}.{api.group}"


def ranks(after: Mapping[str, Iterable[str]]) -> Mapping[str, int]:
    """How many sources come before each, one after the other; `after` are those that each waits for.

    A circle has no order. The engines never get through one either, which the audit tells.
    """
    found: dict[str, int] = {}
    try:
        for name in TopologicalSorter(after).static_order():
            found[name] = max((found[other] + 1 for other in after.get(name, ())), default=0)
    except CycleError:
        return {}
    return found


def pairs(after: Mapping[str, Iterable[str]], names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Of some sources each with those of them that it waits for, over any number of steps."""
    for name in sorted(names):
        reached: set[str] = set()
        todo = [*after.get(name, ())]
        while todo:
            if (other := todo.pop()) not in reached:
                reached.add(other)
                todo += after.get(other, ())
        yield from ((name, other) for other in sorted(reached) if other in names and other != name)


class Order:
    """The actions of a plan by what needs them."""

    def __init__(self, plan: Plan) -> None:
        self._names: dict[_Name, list[Action]] = {}
        self._waves: dict[_Part, dict[int, list[Action]]] = {}
        self._sources: dict[str, list[Action]] = {}
        self._after: dict[str, set[str]] = {}
        for name, other in plan.after:
            self._after.setdefault(name, set()).add(other)
        for action in plan.actions:
            if action.action != "delete":
                self._add(action, action.key)

    def _add(self, action: Action, key: ResourceKey) -> None:
        part = action.cluster, action.source
        self._waves.setdefault(part, {}).setdefault(sync_wave_of(action.wave), []).append(action)
        self._sources.setdefault(action.source, []).append(action)
        is_there = action.action in ("apply", "remove-fields")
        if is_definition(action) or ((key.group, key.kind) == _NAMESPACE and not is_there):
            self._names.setdefault((key.cluster, key.kind, key.name), []).append(action)

    def needed(self, actions: Iterable[Action]) -> Mapping[str, tuple[Action, ...]]:
        """What each of some actions of one wave needs, by its id; those that need nothing are left out."""
        memory: dict[tuple[str, ...], tuple[Action, ...]] = {}
        found = {}
        for action in actions:
            key = action.key
            kind = action.plural, key.group, action.version, str(action.wave), action.action
            alike = (action.cluster, action.source, key.namespace, *kind)
            if alike not in memory:
                memory[alike] = tuple(dict.fromkeys(self._needs(action, key)))
            if memory[alike]:
                found[action.id] = memory[alike]
        return found

    def _needs(self, action: Action, key: ResourceKey) -> Iterator[Action]:
        if action.action == "delete":
            yield from self._needed_by_deletion(action)
            return
        for kind, name in (
            (_DEFINITION[1], f"{action.plural}.{key.group}"),
            (_API_SERVICE[1], f"{action.version}.{key.group}"),
            (_NAMESPACE[1], key.namespace),
        ):
            yield from (one for one in self._names.get((key.cluster, kind, name), ()) if one.wave < action.wave)
        for wave, ones in self._waves.get((action.cluster, action.source), {}).items():
            if wave < sync_wave_of(action.wave):
                yield from ones
        for source in self._after.get(action.source, ()):
            yield from self._sources.get(source, ())

    def _needed_by_deletion(self, action: Action) -> Iterator[Action]:
        """Where a source has an order, what it gave up goes when all of it is there."""
        waves = self._waves.get((action.cluster, action.source), {})
        if len(waves) > 1 or self._after.get(action.source):
            for ones in waves.values():
                yield from ones
