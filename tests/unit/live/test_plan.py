from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.plan import GetPlan, ListPlan, Plan, Target, first_plans, is_too_long, narrower

PODS = ApiResource("", "v1", "Pod", "pods", True, ("get", "list"))
NODES = ApiResource("", "v1", "Node", "nodes", False, ("get", "list"))
UNLISTED = ApiResource("", "v1", "Odd", "odds", True, ("get",))


def targets(namespaces: int, each: int) -> list[Target]:
    return [(f"ns-{n}", f"pod-{i}") for n in range(namespaces) for i in range(each)]


def shown(plans: Iterable[Plan]) -> list[str]:
    return sorted(f"list {p.namespace}" if isinstance(p, ListPlan) else f"get {'/'.join(p.target)}" for p in plans)


def reached(plans: Iterable[Plan]) -> Iterator[Target]:
    for plan in plans:
        yield from plan.targets if isinstance(plan, ListPlan) else (plan.target,)


@pytest.mark.parametrize(
    ("api", "wanted", "expected"),
    [
        (PODS, targets(1, 2), ["get ns-0/pod-0", "get ns-0/pod-1"]),
        (PODS, targets(1, 50), ["list ns-0"]),
        (PODS, targets(2, 50), ["list ns-0", "list ns-1"]),
        (PODS, [*targets(1, 50), ("ns-9", "x")], ["get ns-9/x", "list ns-0"]),
        (PODS, targets(20, 5), ["list "]),
        (NODES, [("", f"n{i}") for i in range(9)], ["list "]),
        (NODES, [("", "n1")], ["get /n1"]),
        (UNLISTED, targets(1, 4), [f"get ns-0/pod-{i}" for i in range(4)]),
    ],
)
def test_the_cheapest_requests_come_first(api: ApiResource, wanted: list[Target], expected: list[str]) -> None:
    assert shown(first_plans(api, wanted)) == expected


def test_a_forbidden_list_of_the_cluster_becomes_lists_of_namespaces() -> None:
    wanted = targets(4, 5)
    assert shown(narrower(PODS, ListPlan("", frozenset(wanted)), wanted)) == [f"list ns-{n}" for n in range(4)]


@pytest.mark.parametrize(("api", "namespace"), [(PODS, "ns-0"), (NODES, "")])
def test_a_forbidden_list_that_cannot_be_narrowed_becomes_gets(api: ApiResource, namespace: str) -> None:
    wanted = [(namespace, f"x{i}") for i in range(5)]
    assert all(isinstance(p, GetPlan) for p in narrower(api, ListPlan(namespace, frozenset(wanted)), wanted))


@pytest.mark.parametrize(
    ("missing", "remaining", "expected"),
    [
        (targets(5, 1), 20_000, True),
        (targets(5, 1), 800, False),
        (targets(100, 100), 20_000, False),
        (targets(5, 1), None, False),
        (targets(5, 1), 0, False),
    ],
)
def test_a_long_list_is_left_for_few_objects(missing: list[Target], remaining: int | None, expected: bool) -> None:
    assert is_too_long(PODS, ListPlan("", frozenset(missing)), missing, remaining) is expected


wanted_targets = st.sets(
    st.tuples(st.sampled_from(["a", "b", "c", "d", "e"]), st.sampled_from(["x", "y", "z"])), min_size=1
)


def refused(plan: Plan) -> list[Plan]:
    """What is asked next when a LIST is forbidden, down to GETs."""
    if isinstance(plan, GetPlan):
        return [plan]
    return [last for following in narrower(PODS, plan, plan.targets) for last in refused(following)]


@settings(max_examples=50)
@given(wanted=wanted_targets)
def test_every_target_is_reached_once_at_first_and_by_gets_in_the_end(wanted: set[Target]) -> None:
    plans = list(first_plans(PODS, wanted))
    assert sorted(reached(plans)) == sorted(wanted)
    assert sorted(reached([last for plan in plans for last in refused(plan)])) == sorted(wanted)
