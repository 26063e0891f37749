"""Repaired fields go back to their deployer: the entries of managedFields afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gitops_audit.kube.managed_fields import Entry
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.ownership import handed_back, is_written_at

OWN = "gitops-audit"
IMAGE: dict[str, Any] = {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}}
DECLARED = {"apiVersion": "v1", "spec": {"containers": [{"name": "web", "image": "a"}]}}


def entry(manager: str, operation: str, trie: dict[str, Any]) -> dict[str, Any]:
    words = {"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-03-01T00:00:00Z"}
    return {**words, "fieldsType": "FieldsV1", "fieldsV1": trie}


def live(*entries: dict[str, Any]) -> dict[str, Any]:
    return {**DECLARED, "metadata": {"managedFields": list(entries)}}


def flux(trie: dict[str, Any]) -> Entry:
    return Entry.from_json(entry("kustomize-controller", "Apply", trie))


def test_the_deployer_owns_what_was_repaired() -> None:
    name: dict[str, Any] = {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:name": {}}}}}
    found = handed_back(
        live(entry("kustomize-controller", "Apply", name), entry(OWN, "Update", IMAGE)), DECLARED, flux(name), OWN
    )

    both: dict[str, Any] = {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:name": {}, "f:image": {}}}}}
    assert found == [entry("kustomize-controller", "Apply", both)]


def test_a_default_that_the_server_filled_in_is_not_claimed_to_be_declared() -> None:
    written = {"f:spec": {**IMAGE["f:spec"], "f:dnsPolicy": {}}}
    found = handed_back(live(entry(OWN, "Update", written)), DECLARED, flux({}), OWN)

    assert found == [entry("kustomize-controller", "Apply", IMAGE)]


def test_what_git_gave_up_is_let_go() -> None:
    was = {"f:spec": {**IMAGE["f:spec"], "f:dnsPolicy": {}}}
    found = handed_back(
        live(entry("kustomize-controller", "Apply", was)), DECLARED, flux(was), OWN, [["spec", "dnsPolicy"]]
    )

    assert found == [entry("kustomize-controller", "Apply", IMAGE)]


def test_without_an_entry_of_its_own_nothing_changes() -> None:
    assert handed_back(live(entry("kustomize-controller", "Apply", IMAGE)), DECLARED, flux(IMAGE), OWN) is None


def test_the_remediation_keeps_what_it_deploys_itself() -> None:
    own = Entry.from_json(entry(OWN, "Update", IMAGE))

    assert handed_back(live(entry(OWN, "Update", IMAGE)), DECLARED, own, OWN) is None


def written(created: str, *entries: tuple[str, str]) -> JsonObject:
    managed = [{"manager": manager, "operation": "Update", "time": time} for manager, time in entries]
    return {"metadata": {"creationTimestamp": created, "managedFields": managed}}


@pytest.mark.parametrize(
    ("live", "is_ours"),
    [
        (written("2026-03-01T12:00:05Z", ("kubectl", "2026-03-01T12:00:05Z")), True),
        (written("2026-03-01T11:59:30Z", ("kubectl", "2026-03-01T11:59:30Z")), True),
        (written("2026-03-01T11:00:00Z", ("kubectl", "2026-03-01T12:00:05Z")), False),
        (written("2026-03-01T12:00:05Z", ("kubectl", "2026-03-01T12:30:00Z")), False),
        (written("2026-03-01T12:00:05Z", ("somebody", "2026-03-01T12:00:05Z")), False),
        (written("soon"), False),
    ],
)
def test_an_object_is_of_a_request_where_nobody_else_wrote_it_and_nobody_later(live: JsonObject, is_ours: bool) -> None:
    assert is_written_at(live, datetime(2026, 3, 1, 12, tzinfo=UTC), "kubectl") is is_ours
