"""Which earlier actions an action needs, and in which order sources come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from gitops_audit.model.resource import ResourceKey
from gitops_audit.remediate.document import Action, Plan, Scope
from gitops_audit.remediate.effect import wave_of
from gitops_audit.remediate.order import Order, pairs, ranks

SYNC_WAVE = "argocd.argoproj.io/sync-wave"


def action(resource: str, wave: int = 0, source: str = "shop", name: str = "apply", **other: Any) -> Action:
    """`wave` is the sync wave."""
    kind, *names = resource.split("/")
    plural = f"{kind.partition('.')[0].lower()}s"
    key = ResourceKey("prod", kind.partition(".")[2], kind.partition(".")[0], "", names[-1])
    turn = wave_of(name, key, {"metadata": {"annotations": {SYNC_WAVE: str(wave)}}}, other.pop("rank", 0))  # type: ignore[arg-type]
    identity = f"prod/{source}/{resource}"
    return Action(identity, turn, name, resource, "prod", source, "v1", "1", "", "", (), plural=plural)  # type: ignore[arg-type]


def needed(later: Action, *earlier: Action, after: Sequence[tuple[str, str]] = ()) -> list[str]:
    plan = Plan(Scope(), (), (), (*earlier, later), after=tuple(after))
    return [one.resource for one in Order(plan).needed([later]).get(later.id, ())]


CRD = "CustomResourceDefinition.apiextensions.k8s.io/things.shop.example"
API = "APIService.apiregistration.k8s.io/v1.shop.example"
DEPLOYMENT, SERVICE = "Deployment.apps/shop/web", "Service/shop/web"


@pytest.mark.parametrize(
    ("later", "earlier", "is_needed"),
    [
        (action("Thing.shop.example/shop/one"), action(CRD, source="other", name="create"), True),
        (action("Other.shop.example/shop/one"), action(CRD, source="other", name="create"), False),
        (action("Thing.shop.example/shop/one", wave=1), action(API, source="other"), True),
        (action(SERVICE), action("Namespace/shop", source="other", name="create"), True),
        (action(SERVICE), action("Namespace/shop", source="other"), False),
        (action(SERVICE), action("Namespace/web", source="other", name="create"), False),
        (action(DEPLOYMENT), action(SERVICE), False),
        (action(SERVICE, wave=1), action(DEPLOYMENT), True),
        (action(SERVICE, wave=1), action(DEPLOYMENT, wave=-3), True),
        (action(SERVICE, wave=1), action(DEPLOYMENT, source="other"), False),
        (action(SERVICE, name="delete"), action(DEPLOYMENT), False),
    ],
)
def test_only_a_real_order_makes_one_wait_for_another(later: Action, earlier: Action, is_needed: bool) -> None:
    assert needed(later, earlier) == ([earlier.resource] if is_needed else [])


def test_a_source_needs_those_that_it_waits_for() -> None:
    earlier, later = action(DEPLOYMENT, source="base"), action(SERVICE, source="shop", rank=1)
    assert needed(later, earlier, after=[("shop", "base")]) == [DEPLOYMENT]
    assert later.wave > earlier.wave


def test_what_a_source_with_waves_gave_up_goes_when_all_of_it_is_there() -> None:
    gone = action("ConfigMap/shop/old", name="delete")
    assert needed(gone, action(DEPLOYMENT), action(SERVICE, wave=1)) == [DEPLOYMENT, SERVICE]


def test_what_is_deleted_comes_last_and_in_the_other_direction() -> None:
    deleted = [action(r, name="delete", rank=rank) for r, rank in ((DEPLOYMENT, 1), (SERVICE, 1), (SERVICE, 0))]
    assert [a.wave for a in deleted] == sorted(a.wave for a in deleted)
    assert action(SERVICE, wave=10_000, rank=2_000).wave < deleted[0].wave


def test_a_source_comes_after_the_longest_way_to_it() -> None:
    assert ranks({"c": ["a", "b"], "b": ["a"]}) == {"a": 0, "b": 1, "c": 2}


def test_a_circle_has_no_order() -> None:
    assert ranks({"a": ["b"], "b": ["a"]}) == {}


def test_a_source_waits_for_another_over_one_that_has_no_actions() -> None:
    after = {"c": ["b"], "b": ["a"], "a": [], "d": ["c"]}
    assert list(pairs(after, {"a", "c"})) == [("c", "a")]
