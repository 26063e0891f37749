"""Which single objects the credentials may get, where they may list none: saves a refused request for each of them."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

from gitops_audit.errors import ClusterError
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.http import HttpClient
from gitops_audit.model.resource import JsonObject

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


class Rules:
    """The rules of each namespace, reviewed once (authorization.k8s.io/v1 SelfSubjectRulesReview). Safe for threads."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._rules: dict[str, list[JsonObject] | None] = {}

    def may_get(self, api: ApiResource, namespace: str, name: str) -> bool:
        """False only where it is certain: the server may be unable to list all rules of a webhook authorizer."""
        rules = self._of(namespace or "default")
        return rules is None or any(_allows(rule, api, name) for rule in rules)

    def _of(self, namespace: str) -> list[JsonObject] | None:
        with self._lock:
            if namespace not in self._rules:
                self._rules[namespace] = self._review(namespace)
            return self._rules[namespace]

    def _review(self, namespace: str) -> list[JsonObject] | None:
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        try:
            status = self._client.send("POST", _PATH, body, content_type="application/json").get("status")
        except ClusterError:
            return None
        rules = status.get("resourceRules") if isinstance(status, dict) else None
        if not isinstance(status, dict) or status.get("incomplete") is not False or not isinstance(rules, list):
            return None
        return [rule for rule in rules if isinstance(rule, dict)]


def _allows(rule: JsonObject, api: ApiResource, name: str) -> bool:
    names = rule.get("resourceNames") or ()
    return (
        _has(rule.get("verbs"), "get")
        and _has(rule.get("apiGroups"), api.group)
        and _has(rule.get("resources"), api.plural)
        and (not names or name in names)
    )


def _has(values: Any, wanted: str) -> bool:
    found: Collection[Any] = values if isinstance(values, list) else ()
    return wanted in found or "*" in found
