"""Which side moved: declared, live and last deployed side by side."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.model.redact import LAST_APPLIED
from tests.unit.drift.samples import TODAY, compared, config_map, declared, deployment, entry, live, schema_of

V1 = {"apiVersion": "v1"}
RECORD = {"annotations": {LAST_APPLIED: "{}"}}
CSA = entry("kubectl-client-side-apply", {"data": {"a": "1"}, "metadata": RECORD}, **V1)


def causes(body: dict[str, Any], found: dict[str, Any]) -> list[str]:
    return [c.cause for c in compared(body, found).changes]


@pytest.mark.parametrize(
    ("git", "deployed", "cluster", "expected"),
    [
        ("2", "1", "1", "git"),
        ("1", "1", "2", "cluster"),
        ("2", "1", "3", "both"),
    ],
)
def test_the_record_of_client_side_apply_tells_who_moved(git: str, deployed: str, cluster: str, expected: str) -> None:
    found = live(config_map(a=cluster), CSA, applied=config_map(a=deployed))
    assert causes(config_map(a=git), found) == [expected]


def test_a_field_the_record_lacks_is_new_in_git() -> None:
    assert causes(config_map(a="1", b="2"), live(config_map(a="1"), CSA, applied=config_map(a="1"))) == ["git"]


def test_a_field_new_in_git_that_a_hand_had_set_already_is_both() -> None:
    edit = entry("kubectl-edit", {"data": {"b": "9"}}, **V1)
    found = live(config_map(a="1", b="9"), CSA, edit, applied=config_map(a="1"))
    assert causes(config_map(a="1", b="2"), found) == ["both"]


def test_a_field_that_is_gone_was_removed_in_the_cluster_where_the_record_has_it() -> None:
    found = live(config_map(), CSA, applied=config_map(a="1"))
    assert causes(config_map(a="1"), found) == ["cluster"]
    assert causes(config_map(a="2"), found) == ["both"]


def limited(cpu: Any) -> dict[str, Any]:
    containers = [{"name": "web", "image": "nginx:1", "resources": {"limits": {"cpu": cpu}}}]
    return deployment(template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}})


def test_the_record_compares_by_value_not_by_spelling() -> None:
    found = live(limited("500m"), entry("kubectl-client-side-apply", {}), applied=limited(0.5))
    assert causes(limited("1"), found) == ["git"]
    moved = live(limited("2"), entry("kubectl-client-side-apply", {}), applied=limited("500m"))
    assert causes(limited(0.5), moved) == ["cluster"]


def test_what_the_deployer_still_owns_is_pending() -> None:
    intent = entry("kustomize-controller", {"data": {"a": "1"}}, "Apply", **V1)
    assert causes(config_map(a="2"), live(config_map(a="1"), intent)) == ["git"]


def test_what_another_manager_took_moved_in_the_cluster() -> None:
    intent = entry("kustomize-controller", {"data": {"b": "1"}}, "Apply", **V1)
    edit = entry("some-operator", {"data": {"a": "2"}}, **V1)
    assert causes(config_map(a="1", b="1"), live(config_map(a="2", b="1"), intent, edit)) == ["cluster"]


def test_a_default_that_git_newly_declares_otherwise_is_pending() -> None:
    intent = entry("kustomize-controller", {"spec": {"selector": {}}}, "Apply")
    assert causes(deployment(replicas=3), live(deployment(replicas=1), intent)) == ["git"]


def test_a_field_that_is_gone_under_server_side_apply_leaves_no_evidence() -> None:
    intent = entry("kustomize-controller", {"data": {"b": "1"}}, "Apply", **V1)
    assert causes(config_map(a="1", b="1"), live(config_map(b="1"), intent)) == ["unknown"]


def test_without_any_evidence_the_cause_is_unknown() -> None:
    assert causes(config_map(a="1"), live(config_map(a="2"))) == ["unknown"]


def test_the_engines_own_record_settles_the_cause() -> None:
    body, found = config_map(a="1", b="1"), live(config_map(b="1"))
    comparer = Comparer(DriftConfig(), today=TODAY)
    drift = comparer.compare(declared(body), found, schema_of(body), deployed=config_map(a="1", b="1"))
    assert [c.cause for c in drift.changes] == ["cluster"]
    drift = comparer.compare(declared(body), found, schema_of(body), deployed=config_map(b="1"))
    assert [c.cause for c in drift.changes] == ["git"]


def test_a_stale_value_changed_since_moved_on_both_sides() -> None:
    found = live(config_map(a="1", b="9"), CSA, applied=config_map(a="1", b="2"))
    assert causes(config_map(a="1"), found) == ["both"]
