"""How a kind is read with the least cost: GETs, LISTs of single namespaces, or one LIST of the cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.listing import PAGE_SIZE

Target = tuple[str, str]  # namespace (empty for cluster-scoped kinds), name

_GETS_AT_MOST = 3
_NAMESPACES_AT_MOST = 3
_GETS_PER_PAGE = 20  # about as many GETs, on kept-alive connections, cost as much as one full page


@dataclass(frozen=True, slots=True)
class ListPlan:
    """One LIST, of a namespace or (empty) of the cluster, that finds the targets. `is_last`: GETs were forbidden."""

    namespace: str
    targets: frozenset[Target]
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class GetPlan:
    """One GET. `may_list`: no LIST was tried yet, so one may follow where the GET is forbidden."""

    target: Target
    may_list: bool = False


Plan = ListPlan | GetPlan


def first_plans(api: ApiResource, targets: Collection[Target]) -> Iterator[Plan]:
    """What to ask first. How many objects the cluster has is not known yet: see `is_too_long`."""
    by_namespace = _by_namespace(targets)
    if "list" not in api.verbs or len(targets) <= _GETS_AT_MOST:
        yield from (GetPlan(t, may_list="list" in api.verbs) for t in targets)
    elif api.namespaced and len(by_namespace) <= _NAMESPACES_AT_MOST:
        for namespace, found in by_namespace.items():
            yield from in_namespace(api, namespace, found)
    else:
        yield ListPlan("", frozenset(targets))


def in_namespace(api: ApiResource, namespace: str, targets: Collection[Target]) -> Iterator[Plan]:
    if "list" not in api.verbs or len(targets) <= _GETS_AT_MOST:
        yield from (GetPlan(t, may_list="list" in api.verbs) for t in targets)
    else:
        yield ListPlan(namespace, frozenset(targets))


def narrower(api: ApiResource, plan: ListPlan, missing: Collection[Target]) -> Iterator[Plan]:
    """The next way to read what is missing, where a LIST is forbidden or too long: its namespaces, then GETs."""
    if plan.namespace or not api.namespaced:
        yield from map(GetPlan, missing)
        return
    for namespace, found in _by_namespace(missing).items():
        yield from in_namespace(api, namespace, found)


def is_too_long(api: ApiResource, plan: ListPlan, missing: Collection[Target], remaining: int | None) -> bool:
    """Whether narrower requests for what is missing cost less than half of the pages that remain."""
    if remaining is None or plan.is_last:
        return False
    requests = -(-len(missing) // _GETS_PER_PAGE)
    if api.namespaced and not plan.namespace:
        requests = min(requests, len({namespace for namespace, _ in missing}))
    return remaining / PAGE_SIZE > 2 * requests


def _by_namespace(targets: Collection[Target]) -> dict[str, list[Target]]:
    found: dict[str, list[Target]] = {}
    for target in targets:
        found.setdefault(target[0], []).append(target)
    return found
