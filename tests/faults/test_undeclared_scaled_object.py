"""A zero that KEDA wrote is no drift, also where no source declares the ScaledObject; any other zero is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.drift import Scalers
from gitops_audit.model.resource import JsonObject
from tests.audited import audited
from tests.recorded import make
from tests.unit.drift.samples import compared, deployment, entry, live


def scaled(active: str = "False", target: str = "web", status: Any = None, **spec: Any) -> JsonObject:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "Active", "status": active}]
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "s", "namespace": "shop", "uid": "1"},
        "spec": {"scaleTargetRef": {"name": target}, "triggers": [{"type": "cron"}]} | spec,
        "status": {"conditions": conditions} if status is None else status,
    }


def drift_of(root: Path, declared: JsonObject, *beside: JsonObject, replicas: int = 0) -> tuple[str, list[bool], str]:
    found = live(declared | {"spec": declared["spec"] | {"replicas": replicas}})
    (verdict,) = audited(make(root / "repo", [declared], [found, *beside], {}))
    assert verdict.drift is not None
    return verdict.drift.status, [c.waiver is not None for c in verdict.changes], verdict.drift.reason


def test_a_zero_beside_a_scaled_object_at_rest_is_kedas(tmp_path: Path) -> None:
    status, waived, reason = drift_of(tmp_path, deployment(replicas=2), scaled())
    assert (status, waived) == ("in-sync", [True])
    assert "ScaledObject shop/s keeps spec.replicas" in reason


@pytest.mark.parametrize(
    "beside",
    [
        [],
        [scaled(active="True")],
        [scaled(active="Unknown")],
        [scaled(status={})],
        [scaled(status={"conditions": [None, "x"]})],
        [scaled(target="other")],
        [scaled(minReplicaCount=1)],
        [scaled() | {"metadata": {"name": "s", "namespace": "other"}}],
    ],
    ids=json.dumps,
)
def test_a_zero_that_no_scaled_object_explains_is_drift(tmp_path: Path, beside: list[JsonObject]) -> None:
    assert drift_of(tmp_path, deployment(replicas=2), *beside)[:2] == ("modified", [False])


def test_other_numbers_of_replicas_are_drift_beside_it(tmp_path: Path) -> None:
    assert drift_of(tmp_path, deployment(replicas=2), scaled(), replicas=7)[:2] == ("modified", [False])


def test_an_idle_count_of_zero_reaches_zero(tmp_path: Path) -> None:
    body = scaled(minReplicaCount=2, idleReplicaCount=0)
    assert drift_of(tmp_path, deployment(replicas=2), body)[:2] == ("in-sync", [True])


def test_a_zero_that_a_person_owns_is_drift_beside_a_declared_one_too() -> None:
    owned = entry("kubectl-edit", {"spec": {"replicas": ""}})
    drift = compared(deployment(replicas=2), live(deployment(replicas=0), owned), scalers=Scalers.of([scaled()]))
    assert [c.ignored for c in drift.changes] == [None]


def test_a_declared_one_that_never_reaches_zero_excuses_none() -> None:
    scalers = Scalers.of([scaled(minReplicaCount=1)])
    assert compared(deployment(replicas=2), live(deployment(replicas=0)), scalers=scalers).status == "modified"
