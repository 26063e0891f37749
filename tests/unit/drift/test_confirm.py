"""What a server-side-apply dry run changes of a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig, IgnoreRule
from gitops_audit.drift import Comparer
from gitops_audit.drift.confirm import Confirmation, DryRun, confirmed, is_suspect
from gitops_audit.kube.match import Match
from gitops_audit.model.finding import Change, Drift
from tests.unit.drift.samples import TODAY, compared, config_map, declared, deployment, entry, live, schema_of, told


def asked(body: dict[str, Any], found: dict[str, Any], answer: DryRun) -> Confirmation:
    return confirmed(compared(body, found), declared(body), found, answer, schema_of(body))


def test_what_the_server_would_write_is_confirmed() -> None:
    answer = asked(config_map(a="1"), live(config_map(a="2")), DryRun(live(config_map(a="1"))))
    assert (answer.drift.status, answer.drift.confirmed, answer.dropped) == ("modified", True, 0)
    assert told(answer.drift.changes) == [("changed", "data.a")]


def test_what_the_server_leaves_as_it_is_is_dropped_and_counted() -> None:
    found = live(config_map(a="2"))
    answer = asked(config_map(a="1"), found, DryRun(found))
    assert (answer.drift.status, answer.drift.changes, answer.dropped) == ("in-sync", (), 1)
    assert answer.drift.confirmed


def test_only_what_the_server_does_not_see_is_dropped() -> None:
    found, after = live(config_map(a="2", b="2")), live(config_map(a="2", b="1"))
    answer = asked(config_map(a="1", b="1"), found, DryRun(after))
    assert told(answer.drift.changes) == [("changed", "data.b")]
    assert (answer.drift.status, answer.dropped) == ("modified", 1)


def test_a_value_the_server_would_write_in_its_own_words_is_still_a_change() -> None:
    answer = asked(config_map(a="1"), live(config_map(a="2")), DryRun(live(config_map(a="one"))))
    assert told(answer.drift.changes) == [("changed", "data.a")]


def test_a_field_the_server_does_not_keep_is_a_fault_of_the_manifest() -> None:
    body, found = deployment(minReadySeconds=5), live(deployment())
    assert told(asked(body, found, DryRun(found)).drift.changes) == [("dropped", "spec.minReadySeconds")]


@pytest.mark.parametrize("problem", ["spec.selector: field is immutable", "webhook does not support dry run"])
def test_a_failed_dry_run_is_told_and_the_local_verdict_stands(problem: str) -> None:
    answer = asked(config_map(a="1"), live(config_map(a="2")), DryRun(problem=problem))
    assert (answer.drift.status, answer.drift.confirmed) == ("modified", False)
    assert problem in answer.drift.reason


def test_ownership_is_no_matter_for_a_dry_run() -> None:
    edit = entry("kubectl-edit", {"data": {"b": "2"}}, apiVersion="v1")
    found = live(config_map(a="1", b="2"), edit)
    drift = compared(config_map(a="1"), found)
    assert told(drift.changes) == [("added", "data.b")]
    assert not is_suspect(drift)
    assert asked(config_map(a="1"), found, DryRun(found)).drift.changes == drift.changes


def test_only_counting_differences_of_a_value_are_suspect() -> None:
    found = live(config_map(a="2"))
    assert is_suspect(compared(config_map(a="1"), found))
    ignoring = DriftConfig(ignore=(IgnoreRule(Match(), fields=("/data/a",)),))
    assert not is_suspect(compared(config_map(a="1"), found, ignoring))
    assert not is_suspect(Drift("missing"))
    assert not is_suspect(Drift("modified", (Change("dropped", "/a", "a"),)))


def test_without_types_the_answer_is_read_by_the_same_outline_as_the_object() -> None:
    def containers(*images: tuple[str, str]) -> dict[str, Any]:
        spec = {"containers": [{"name": name, "image": image} for name, image in images]}
        return deployment(template={"metadata": {"labels": {"app": "web"}}, "spec": spec})

    body = containers(("web", "nginx:1"), ("side", "side:1"))
    found = live(containers(("side", "side:1"), ("web", "nginx:2")))
    drift = Comparer(DriftConfig(), today=TODAY).compare(declared(body), found, None)
    answer = confirmed(drift, declared(body), found, DryRun(found), None)
    assert (answer.drift.status, answer.dropped) == ("in-sync", 1)
