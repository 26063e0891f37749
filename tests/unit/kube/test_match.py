"""One `match`, with one meaning in every rule of a configuration."""

from __future__ import annotations

from datetime import date

import pytest

from gitops_audit.config.settings import DriftConfig, ExceptionRule, IgnoreRule, OrphanConfig, RedactRule
from gitops_audit.drift.attribution import Managers
from gitops_audit.drift.ignore import IgnoreRules
from gitops_audit.drift.orphans import Candidate, OrphanSearch
from gitops_audit.kube.match import Match
from gitops_audit.model.finding import Change, PolicyResult
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey
from gitops_audit.policy.exceptions import Exceptions

KEY = ResourceKey("prod", "", "ConfigMap", "shop-eu", "settings")
LABELS = {"tier": "web-1"}
BODY: JsonObject = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "shop-eu", "labels": LABELS},
    "data": {"a": "1"},
}
TODAY = date(2026, 7, 1)


def is_ignored(match: Match) -> bool:
    rules = IgnoreRules(DriftConfig(ignore=(IgnoreRule(match, fields=("/data/a",)),)).ignore, TODAY)
    changes = rules.apply([Change("changed", "/data/a", "data.a", "1", "2")], declared(), BODY)
    return changes[0].ignored is not None


def is_excepted(match: Match) -> bool:
    rules = Exceptions([ExceptionRule("p", match, "reason", "team", "2027-01-01")], TODAY, ["p"])
    return rules.apply(PolicyResult("p", "r", "fail"), KEY, LABELS).exception is not None


def is_redacted(match: Match) -> bool:
    return bool(Redactor(rules=(RedactRule(match, ("/data/a",)),)).redact(BODY)["data"]["a"] != "1")


def is_no_orphan(match: Match) -> bool:
    config = OrphanConfig(True, ("shop-eu",), (match,))
    search = OrphanSearch(config, Managers(), [], [])
    return not list(search.find([Candidate(KEY, "v1", BODY["metadata"])]))


def declared() -> Declared:
    return Declared(KEY, "shop", "v1", BODY, Origin("shop.yaml", 1))


@pytest.mark.parametrize("rule", [is_ignored, is_excepted, is_redacted, is_no_orphan])
@pytest.mark.parametrize(
    ("match", "is_meant"),
    [
        (Match(kind="ConfigMap", group="", namespace="shop-*", name="set?ings"), True),
        (Match(labels=(("tier", "web-*"),)), True),
        (Match(labels=(("tier", "web-1"),)), True),
        (Match(labels=(("tier", "web"),)), False),
        (Match(labels=(("tier", "*"), ("team", "*"))), False),
        (Match(kind="configmap"), False),
        (Match(kind="Config*"), True),
        (Match(group="apps"), False),
        (Match(namespace="shop"), False),
    ],
)
def test_a_match_means_the_same_in_every_rule(rule: object, match: Match, is_meant: bool) -> None:
    assert callable(rule)
    assert rule(match) is is_meant
