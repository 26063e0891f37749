"""Ignore rules: what they cover, and when they themselves are a finding."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig, IgnoreRule
from gitops_audit.drift import Comparer
from gitops_audit.drift.field_pattern import FieldPattern
from gitops_audit.errors import ConfigError, Location
from gitops_audit.kube.match import Match
from gitops_audit.model.resource import ResourceKey
from tests.unit.drift.samples import TODAY, compared, config_map, declared, deployment, entry, live, schema_of

BODY = {
    "spec": {"containers": [{"name": "web", "ports": [{"port": 80, "protocol": "TCP"}]}, {"name": "istio-proxy"}]},
    "metadata": {"annotations": {"a.b/c": "x"}},
}


@pytest.mark.parametrize(
    ("pattern", "pointer", "is_covered"),
    [
        ("/spec/replicas", "/spec/replicas", True),
        ("/spec", "/spec/replicas", True),
        ("/spec/replicas", "/spec", False),
        ("/spec/rep", "/spec/replicas", False),
        ("/spec/*/name", "/spec/x/name", True),
        ("/spec/*", "/spec", False),
        ("/metadata/annotations/a.b~1*", "/metadata/annotations/a.b~1c", True),
        ("/spec/containers/[name=istio-proxy]", "/spec/containers/1/image", True),
        ("/spec/containers/[name=istio-proxy]", "/spec/containers/0/image", False),
        ("/spec/containers/[name=istio-*]", "/spec/containers/1", True),
        ("/spec/containers/*/ports/[port=80, protocol=TCP]", "/spec/containers/0/ports/0/name", True),
        ("/spec/containers/[port=80]", "/spec/containers/0", False),
        ("/spec/containers/0", "/spec/containers/0/image", True),
        ("/spec/containers/[name=x]", "/spec/containers/9", False),
        ("", "/anything", True),
    ],
)
def test_patterns_cover_a_field_and_all_below_it(pattern: str, pointer: str, is_covered: bool) -> None:
    assert FieldPattern(pattern).matches(pointer, BODY) is is_covered


KEY = ResourceKey("prod", "apps", "Deployment", "shop-eu", "web")


@pytest.mark.parametrize(
    ("match", "is_selected"),
    [
        (Match(), True),
        (Match(kind="Deployment", group="apps", namespace="shop-*", name="w?b"), True),
        (Match(kind="deployment"), False),
        (Match(group=""), False),
        (Match(labels=(("tier", "web"),)), True),
        (Match(labels=(("tier", "*"), ("team", "x"))), False),
    ],
)
def test_every_part_of_a_selector_must_match(match: Match, is_selected: bool) -> None:
    assert match.selects(KEY, {"tier": "web"}) is is_selected


def rule(**parts: Any) -> IgnoreRule:
    given: dict[str, Any] = {"match": Match(), "reason": "known", "owner": "web", "where": Location("audit.yaml", 7)}
    return IgnoreRule(**given | parts)


def audited(*rules: IgnoreRule) -> Any:
    edit = entry("vpa-updater", {"data": {"a": "2"}}, apiVersion="v1")
    return compared(config_map(a="1"), live(config_map(a="2"), edit), DriftConfig(ignore=rules))


def test_an_ignored_change_stays_visible_with_its_waiver() -> None:
    drift = audited(rule(fields=("/data/a",), expires="2027-01-31"))
    assert drift.status == "in-sync"
    waiver = drift.changes[0].ignored
    assert (waiver.reason, waiver.owner, waiver.expires, waiver.rule) == ("known", "web", "2027-01-31", "audit.yaml:7")
    assert drift.reason == "1 ignored: known"


@pytest.mark.parametrize("manager", ["vpa-updater", "vpa-*"])
def test_a_rule_may_name_managers_instead_of_fields(manager: str) -> None:
    assert audited(rule(managers=(manager,))).status == "in-sync"
    assert audited(rule(managers=("other",))).status == "modified"


def test_a_rule_with_both_covers_either() -> None:
    assert audited(rule(managers=("other",), fields=("/data/a",))).status == "in-sync"


def test_what_no_rule_covers_still_counts() -> None:
    found = live(config_map(a="2", b="2"))
    drift = compared(config_map(a="1", b="1"), found, DriftConfig(ignore=(rule(fields=("/data/a",)),)))
    assert drift.status == "modified"
    assert [c.ignored is None for c in drift.changes] == [False, True]


def test_a_rule_for_other_resources_covers_nothing() -> None:
    assert audited(rule(match=Match(kind="Secret"), fields=("/data/a",))).status == "modified"


def test_a_rule_holds_through_its_last_day_and_no_longer() -> None:
    assert audited(rule(fields=("/data/a",), expires=TODAY.isoformat())).status == "in-sync"
    assert audited(rule(fields=("/data/a",), expires="2026-06-30")).status == "modified"


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ({"fields": ("spec.replicas",)}, "GA120", "spec.replicas"),
        ({"fields": ("/data",), "expires": "next year"}, "GA121", "next year"),
    ],
)
def test_a_rule_that_cannot_be_used_is_an_error_with_its_place(parts: Any, code: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        Comparer(DriftConfig(ignore=(rule(**parts),)), today=TODAY)
    assert (caught.value.code, str(caught.value.where)) == (code, "audit.yaml:7")


def ledger(*rules: IgnoreRule) -> list[tuple[int, int, tuple[str, ...]]]:
    comparer = Comparer(DriftConfig(ignore=rules), today=date(2026, 7, 1))
    account = comparer.ledger()
    for body, found in [(config_map(a="1"), config_map(a="2")), (deployment(), deployment())]:
        drift = comparer.compare(declared(body), live(found), schema_of(body))
        account.note(declared(body), drift)
    return [(report.resources, report.changes, report.faults) for report in account.report()]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"match": Match(kind="ConfigMap"), "fields": ("/data/a",)}, (1, 1, ())),
        ({"match": Match(kind="Secret"), "fields": ("/data/a",)}, (0, 0, ("dead",))),
        ({"fields": ("/data/b",)}, (2, 0, ("dead",))),
        ({"fields": ("/data/a",), "expires": "2026-01-01"}, (2, 0, ("expired",))),
        ({"fields": ("/data",)}, (2, 1, ("over-broad",))),
        ({"fields": ("",)}, (2, 1, ("over-broad",))),
        ({"managers": ("*",)}, (2, 0, ("dead",))),
    ],
)
def test_the_ledger_tells_what_each_rule_did(parts: Any, expected: Any) -> None:
    assert ledger(rule(**parts)) == [expected]


def test_rules_without_a_place_are_told_apart_by_number() -> None:
    rules = [IgnoreRule(Match(), fields=("/data/b",)), IgnoreRule(Match(), fields=("/data/a",))]
    assert [changes for _, changes, _ in ledger(*rules)] == [0, 1]
