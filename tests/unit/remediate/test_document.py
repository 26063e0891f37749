"""A plan as a document: sealed, read back, and refused where it was edited or is too old."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest

from gitops_audit.errors import AuditError
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.document import Action, Guard, Plan, Refused, Scope

NOW = datetime(2026, 3, 1, 3, 15, tzinfo=UTC)
ACTION = Action("c/s/ConfigMap/n/a", 3, "apply", "ConfigMap/n/a", "c", "s", "v1", "7", "d", "e", ("f",))


def plan() -> Plan:
    refused, guards = (Refused("c/s/ConfigMap/n/b", "why"),), (Guard("read", ok=True, detail="all"),)
    return Plan(Scope(), (("s", "abc"),), (("c", "uid"),), (ACTION,), refused, guards).sealed(NOW)


def code(document: object) -> str:
    with pytest.raises(AuditError) as found:
        Plan.from_json(document)
    return found.value.code


def test_a_plan_is_read_back_as_it_was_written() -> None:
    assert Plan.from_json(json.loads(json.dumps(plan().to_json()))) == plan()


def edited(document: JsonObject, *path: str | int, value: object) -> JsonObject:
    found = copy.deepcopy(document)
    place: object = found
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("actions", 0, "action"), "delete"),
        (("actions", 0, "resource"), "ConfigMap/n/other"),
        (("guards", 0, "ok"), False),
        (("expiresAt",), "2027-01-01T00:00:00Z"),
        (("actions",), []),
        (("note",), "hello"),
        (("digest",), "sha256:0"),
    ],
)
def test_an_edited_plan_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert code(edited(plan().to_json(), *path, value=value)) == "GA502"


@pytest.mark.parametrize(
    "document", [None, [], {}, {"apiVersion": "gitops-audit/v1", "kind": "RemediationPlan"}, "text"]
)
def test_what_is_no_plan_is_a_usage_error(document: object) -> None:
    assert code(document) == "GA501"


def test_a_plan_is_good_for_an_hour() -> None:
    plan().check_age(NOW + timedelta(minutes=59))
    with pytest.raises(AuditError, match="expired"):
        plan().check_age(NOW + timedelta(minutes=61))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wave", float("inf")),
        ("wave", "x"),
        ("action", "nuke"),
        ("effect", "harmless"),
        ("resource", "ConfigMap"),
        ("findings", 1),
        ("id", None),
    ],
)
def test_what_is_no_action_is_told(name: str, value: object) -> None:
    assert code(edited(plan().to_json(), "actions", 0, name, value=value)) == "GA501"
