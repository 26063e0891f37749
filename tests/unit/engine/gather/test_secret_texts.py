"""What variables of Flux stand for, read from the Secrets of a cluster."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Collection
from typing import cast

import pytest

from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.engine.gather.secret_texts import SecretTexts
from gitops_audit.live import Cluster
from gitops_audit.model.finding import Problem
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey, StandIn

VALUE = "only-the-cluster-knows"


class _Live:
    """A cluster with one Secret, and one that may not be read; it counts how often it is asked."""

    def __init__(self, redactor: Redactor) -> None:
        data = {"host": base64.b64encode(f"{VALUE}\n".encode()).decode(), "odd": 5}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vars", "namespace": "flux"}, "data": data}
        self._body = redactor.redact(body)
        self.asked: list[str] = []

    def read(self, wanted: Collection[Declared]) -> _Live:
        self.asked += (r.key.name for r in wanted)
        return self

    def get(self, resource: Declared) -> JsonObject | None:
        return self._body if resource.key.name == "vars" else None

    def problem(self, resource: Declared) -> Problem | None:
        return Problem("GA305", "forbidden") if resource.key.name == "closed" else None


def _prepared(*keys: str, known: KnownSecrets | None = None) -> tuple[SecretTexts, _Live]:
    redactor = Redactor(b"k" * 32, known=known)
    live = _Live(redactor)
    stand_ins = tuple(StandIn("/data/a", "variable", "${a}", (("a", key),)) for key in keys)
    key = ResourceKey("prod", "", "ConfigMap", "shop", "map")
    resource = Declared(key, "s", "v1", {}, Origin("a.yaml", 1), stand_ins=stand_ins)
    cluster = ReachedCluster("prod", redactor, cast("Cluster", live))
    return SecretTexts(cluster, [resource]), live


def test_a_value_is_known_on_one_line_and_its_secret_asked_for_once() -> None:
    texts, live = _prepared("flux/vars/host", "flux/vars/gone", "flux/closed/host", known=KnownSecrets())
    assert texts.text("flux/vars/host") == VALUE
    assert [texts.text(key) for key in ("flux/vars/gone", "flux/closed/host", "other/x/y")] == [None, None, None]
    assert sorted(live.asked) == ["closed", "vars"]


def test_nothing_is_asked_where_nothing_names_a_secret() -> None:
    texts, live = _prepared()
    assert texts.text("flux/vars/host") is None
    assert live.asked == []


def test_where_values_are_not_remembered_only_the_token_is_known() -> None:
    texts, _ = _prepared("flux/vars/host")
    assert texts.text("flux/vars/host") is None
    assert str(texts.token("flux/vars/host")).startswith("<redacted:")


def test_no_value_is_shown_or_handed_on() -> None:
    texts, _ = _prepared("flux/vars/host", known=KnownSecrets())
    assert texts.text("flux/vars/host") == VALUE
    assert VALUE not in f"{texts!r} {texts.secrets!r}"
    with pytest.raises(TypeError, match="no other process"):
        pickle.dumps(texts)
