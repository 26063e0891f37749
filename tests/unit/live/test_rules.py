from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.rules import Rules
from tests.unit.live.api import client_of
from tests.unit.live.scripted import Script, ok

CONFIG_MAPS = ApiResource("", "v1", "ConfigMap", "configmaps", True)
PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, True),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, True),
        ({"resourceNames": ["c"]}, True),
        ({"resourceNames": ["d"]}, False),
        ({"verbs": ["list"]}, False),
        ({"apiGroups": ["apps"]}, False),
        ({"resources": ["secrets"]}, False),
        ({"resources": ["configmaps/status"]}, False),
        ({"verbs": None}, False),
    ],
)
def test_a_rule_must_cover_verb_group_resource_and_name(script: Script, rule: dict[str, Any], expected: bool) -> None:
    complete = {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]} | rule
    script.on(PATH, ok({"status": {"incomplete": False, "resourceRules": [complete]}}))
    assert Rules(client_of(script)).may_get(CONFIG_MAPS, "shop", "c") is expected


def test_a_namespace_is_reviewed_once(script: Script) -> None:
    script.on(PATH, ok({"status": {"incomplete": False, "resourceRules": []}}))
    rules = Rules(client_of(script))
    assert [rules.may_get(CONFIG_MAPS, "shop", name) for name in "abc"] == [False] * 3
    assert len(script.requests) == 1
