"""The request behind a change: what counts as a write, and which one made an entry of managedFields."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.drift.audit_log import Target, Writes, is_event
from gitops_audit.model.finding import Change, Drift, FieldOwner

WEB = Target("apps", "deployments", "shop", "web")
URI = "/apis/apps/v1/namespaces/shop/deployments/web"
EDIT = FieldOwner("kubectl-edit", "Update", "", "2026-03-01T10:00:00Z", "interactive")


def event(second: float = 0.4, *, user: str = "ana", manager: str = "kubectl-edit", **more: Any) -> dict[str, Any]:
    """A patch of the Deployment at 10:00 and some seconds, answered 0.1 s later."""
    query = f"?fieldManager={manager}" if manager else ""
    ref = {"apiGroup": "apps", "apiVersion": "v1", "resource": "deployments", "namespace": "shop", "name": "web"}
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Event",
        "stage": "ResponseComplete",
        "verb": "patch",
        "requestURI": URI + query,
        "user": {"username": user, "groups": ["system:authenticated"]},
        "sourceIPs": ["10.1.2.3", "10.0.0.1"],
        "userAgent": "kubectl/v1.36.0 (linux/amd64) kubernetes/abc",
        "objectRef": ref,
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": f"2026-03-01T10:00:{second:09.6f}Z",
        "stageTimestamp": f"2026-03-01T10:00:{second + 0.1:09.6f}Z",
    } | more


def ref(**more: str) -> dict[str, str]:
    found: dict[str, str] = event()["objectRef"]
    return found | more


def users(*events: dict[str, Any], by: FieldOwner = EDIT, target: Target = WEB) -> str:
    return Writes.of(events).owner(target, by).user


def test_a_change_gets_user_first_address_and_user_agent() -> None:
    found = Writes.of([event()]).owner(WEB, EDIT)
    assert (found.user, found.source_ip) == ("ana", "10.1.2.3")
    assert found.user_agent == "kubectl/v1.36.0 (linux/amd64) kubernetes/abc"
    assert (found.manager, found.time, found.manager_class) == (EDIT.manager, EDIT.time, "interactive")


def test_an_impersonating_user_is_named_beside_the_one_it_acted_as() -> None:
    assert users(event(impersonatedUser={"username": "admin"})) == "admin (impersonated by ana)"


@pytest.mark.parametrize(
    "more",
    [
        {"verb": "get"},
        {"verb": "deletecollection"},
        {"verb": "delete"},
        {"stage": "RequestReceived"},
        {"responseStatus": {"code": 403}},
        {"responseStatus": {"code": 500}},
        {"responseStatus": None},
        {"requestURI": f"{URI}?dryRun=All&fieldManager=kubectl-edit"},
        {"requestURI": f"{URI}?fieldManager=kubectl-scale"},
        {"objectRef": None},
        {"objectRef": ref(name="")},
        {"objectRef": ref(name="api")},
        {"objectRef": ref(namespace="test")},
        {"objectRef": ref(resource="statefulsets")},
        {"objectRef": ref(apiGroup="")},
        {"objectRef": ref(subresource="status")},
        {"requestReceivedTimestamp": None, "stageTimestamp": "yesterday"},
    ],
)
def test_what_did_not_write_these_fields_names_nobody(more: dict[str, Any]) -> None:
    assert users(event(**more)) == ""


@pytest.mark.parametrize(("second", "is_found"), [(0, True), (2, True), (2.1, False), (58, False)])
def test_a_request_fits_within_two_seconds(second: float, is_found: bool) -> None:
    assert bool(users(event(second))) is is_found


def test_a_slow_request_fits_from_its_arrival_to_its_answer() -> None:
    slow = event(stageTimestamp="2026-03-01T10:00:20.000000Z", requestReceivedTimestamp="2026-03-01T09:59:50Z")
    assert users(slow) == "ana"


def test_the_latest_of_several_requests_wins_in_whatever_order_they_stand() -> None:
    first, last = event(0.2, user="ana"), event(0.9, user="bo")
    assert users(first, last) == users(last, first) == "bo"


def test_without_a_field_manager_the_start_of_the_user_agent_is_the_manager() -> None:
    k9s = FieldOwner("k9s", "Update", "", EDIT.time)
    assert users(event(manager="", userAgent="k9s/v0.32"), by=k9s) == "ana"
    assert users(event(manager="", userAgent="kube-controller-manager/v1.36"), by=k9s) == ""


def test_a_request_of_the_manager_goes_before_a_later_one_without_any_name() -> None:
    unnamed = event(0.9, user="bo", manager="", userAgent="")
    assert users(event(0.2), unnamed) == "ana"
    assert users(unnamed) == "bo"


def test_an_entry_of_a_subresource_is_a_request_to_that_subresource() -> None:
    scaled = FieldOwner("kubectl-edit", "Update", "scale", EDIT.time)
    assert users(event(), event(objectRef=ref(subresource="scale"), user="bo"), by=scaled) == "bo"


def test_an_entry_without_time_gets_the_last_request_of_its_manager_and_the_time_of_that() -> None:
    timeless = FieldOwner("kubectl", "Update", "scale")
    scale: dict[str, Any] = {"objectRef": ref(subresource="scale"), "manager": ""}
    others = [event(58, user="eve"), event(58, user="eve", userAgent="", **scale)]
    found = Writes.of([event(30, user="bo", **scale), event(5, **scale), *others]).owner(WEB, timeless)
    assert (found.user, found.time) == ("bo", "2026-03-01T10:00:30Z")


def test_a_namespace_is_found_though_its_event_stands_inside_of_it() -> None:
    inside = {"resource": "namespaces", "namespace": "shop", "name": "shop"}
    assert users(event(objectRef=inside), target=Target("", "namespaces", "", "shop")) == "ana"


def test_only_the_asked_objects_are_kept() -> None:
    events = [event(), event(objectRef=ref(name="api"))]
    assert (len(Writes.of(events)), len(Writes.of(events, {("shop", "web")}))) == (2, 1)


def test_texts_that_clients_choose_carry_no_control_characters_and_have_an_end() -> None:
    agent = Writes.of([event(userAgent="\x1b[2Jkubectl\n" + "x" * 5000)]).owner(WEB, EDIT).user_agent
    assert agent.startswith("\N{REPLACEMENT CHARACTER}[2Jkubectl\N{REPLACEMENT CHARACTER}x")
    assert len(agent) == 256


def test_events_of_odd_types_are_passed_over() -> None:
    odd = event(sourceIPs="10.1.2.3", userAgent=3, requestURI="http://[", impersonatedUser="x") | {"user": []}
    assert len(Writes.of([odd, event(verb=["patch"]), event(responseStatus={"code": "200"})])) == 1


def test_every_change_with_an_owner_is_attributed() -> None:
    drift = Drift("modified", (Change("changed", "/a", "a", by=EDIT), Change("removed", "/b", "b")))
    found = Writes.of([event()]).attributed(WEB, drift).changes
    assert [c.by.user if c.by else None for c in found] == ["ana", None]


DELETED = "deleted by ana from 10.1.2.3 with kubectl/v1.36.0 (linux/amd64) kubernetes/abc at 2026-03-01T10:00:05Z"


def deletion(second: float, **more: Any) -> dict[str, Any]:
    return event(second, manager="", **({"verb": "delete"} | more))


def test_a_missing_object_tells_who_deleted_it_last() -> None:
    writes = Writes.of([deletion(5), deletion(1, user="bo"), event(7)])
    assert writes.attributed(WEB, Drift("missing")).reason == DELETED
    assert writes.attributed(WEB, Drift("missing", reason="first")).reason == f"first; {DELETED}"


@pytest.mark.parametrize(
    "later",
    [event(7, verb="create"), event(7, responseStatus={"code": 201})],
    ids=["create", "server-side-apply"],
)
def test_a_deletion_before_it_was_created_again_is_not_told(later: dict[str, Any]) -> None:
    assert Writes.of([deletion(5), later]).deletion(WEB) == ""


def test_a_deletion_by_somebody_the_log_does_not_name_is_told_with_what_is_known() -> None:
    assert Writes.of([deletion(5, user="", sourceIPs=[], userAgent="")]).deletion(WEB) == (
        "deleted by an unnamed user at 2026-03-01T10:00:05Z"
    )


@pytest.mark.parametrize("value", [None, [], "x", {}, {"kind": "Event", "apiVersion": "v1"}])
def test_other_json_is_no_event(value: Any) -> None:
    assert not is_event(value)
    assert is_event(event())
