"""The verdict on one resource."""

from __future__ import annotations

import pytest

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift.comparer import SEVERITY, Comparer
from gitops_audit.model.finding import Severity
from tests.unit.drift.samples import TODAY, compared, config_map, declared, deployment, entry, live, schema_of

INTENT = entry("kustomize-controller", {"data": {"a": "1"}}, "Apply", apiVersion="v1")


def test_an_absent_object_is_missing() -> None:
    drift = compared(config_map(a="1"), None)
    assert (drift.status, drift.changes, drift.confirmed) == ("missing", (), True)


def test_an_object_in_sync_needs_no_confirmation() -> None:
    drift = compared(config_map(a="1"), live(config_map(a="1"), INTENT))
    assert (drift.status, drift.changes, drift.confirmed, drift.reason) == ("in-sync", (), True, "")


def test_a_difference_is_unconfirmed_until_the_server_was_asked() -> None:
    drift = compared(config_map(a="1"), live(config_map(a="2"), INTENT))
    assert (drift.status, drift.confirmed) == ("modified", False)


def test_items_of_a_raw_list_carry_no_version_and_are_taken_as_read() -> None:
    found = live(config_map(a="1"), INTENT)
    del found["apiVersion"], found["kind"]
    assert compared(config_map(a="1"), found).status == "in-sync"


def test_an_object_recorded_at_another_version_is_unknown() -> None:
    drift = compared(deployment(), live(deployment(), entry("x", {})) | {"apiVersion": "apps/v1beta1"})
    assert drift.status == "unknown"
    assert "apps/v1beta1" in drift.reason


def test_a_finding_tells_who_when_and_how() -> None:
    edit = entry("kubectl-scale", {"spec": {"replicas": 5}}, subresource="scale", time="2026-05-05T05:05:05Z")
    change = compared(deployment(replicas=2), live(deployment(replicas=5), edit)).changes[0]
    assert (change.declared, change.live, change.severity) == (2, 5, Severity.medium)
    by = change.by
    assert by is not None
    assert (by.manager, by.operation, by.subresource, by.time, by.manager_class) == (
        "kubectl-scale",
        "Update",
        "scale",
        "2026-05-05T05:05:05Z",
        "interactive",
    )


def test_a_removed_field_has_no_author() -> None:
    assert compared(config_map(a="1"), live(config_map(), INTENT)).changes[0].by is None


def test_every_type_of_change_has_a_severity() -> None:
    assert set(SEVERITY) == {"changed", "removed", "stale", "added", "dropped"}
    assert SEVERITY["stale"] < SEVERITY["added"]


@pytest.mark.parametrize("mode", ["declared", "owned", "strict"])
def test_the_order_of_comparisons_does_not_matter(mode: str) -> None:
    comparer = Comparer(DriftConfig(mode=mode), today=TODAY)  # type: ignore[arg-type]
    one, other = (config_map(a="1"), live(config_map(a="2"), INTENT)), (deployment(), live(deployment()))
    first = [comparer.compare(declared(d), found, schema_of(d)) for d, found in (one, other)]
    second = [comparer.compare(declared(d), found, schema_of(d)) for d, found in (other, one)]
    assert first == second[::-1]
