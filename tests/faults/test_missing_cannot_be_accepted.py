"""Whole objects that are missing or extra can be accepted, and a finished Job with a TTL is not missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.resource import JsonObject
from tests.audited import Audited, audited, repository

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shop}]
"""


def rules(text: str) -> str:
    return f"{CONFIG}drift:\n  orphans: {{enabled: true, namespaces: [shop]}}\n  ignore:\n    - {text}\n"


def config_map(name: str, **labels: str) -> JsonObject:
    metadata = {"name": name, "namespace": "shop", "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def job(**spec: Any) -> JsonObject:
    container = {"name": "m", "image": "registry.example.com/migrate:1"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    metadata = {"name": "migrate", "namespace": "shop"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template} | spec}


def run(tmp_path: Path, config: str, declared: JsonObject, *live: JsonObject) -> Audited:
    files = {
        "gitops-audit.yaml": config,
        "apps/keep.json": json.dumps(config_map("kept")),
        "apps/declared.json": json.dumps(declared),
        "live.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [config_map("kept"), *live]}),
    }
    return audited(repository(tmp_path, files))


ACCEPTED = "{{match: {{kind: ConfigMap, name: {0}}}, statuses: [{1}], reason: known, owner: team, expires: 2999-01-01}}"


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (ACCEPTED.format("later", "missing"), "passed"),
        (ACCEPTED.format("lat*", "'extra', 'missing'"), "passed"),
        (ACCEPTED.format("later", "extra"), "failed"),
        (ACCEPTED.format("other", "missing"), "failed"),
        (ACCEPTED.format("later", "missing").replace("2999", "2020"), "failed"),
        ("{match: {labels: {tier: we*}}, statuses: [missing], reason: known}", "passed"),
        ("{match: {name: later}, managers: ['*'], reason: known}", "failed"),
    ],
)
def test_a_missing_object_is_accepted_by_a_rule_in_force(tmp_path: Path, rule: str, outcome: str) -> None:
    found = run(tmp_path, rules(rule), config_map("later", tier="web"))
    verdict = found.verdicts["prod/shop/ConfigMap/shop/later"]
    assert verdict.outcome == outcome
    assert verdict.whole is not None
    assert verdict.whole.rule == "missing"
    assert (verdict.whole.waiver is not None) is (outcome == "passed")


def test_an_extra_object_is_accepted_by_its_name_or_labels(tmp_path: Path) -> None:
    rule = "{match: {labels: {tier: web}}, statuses: [extra], reason: made by an installer}"
    stray = config_map("stray", tier="web")
    found = run(tmp_path, rules(rule), config_map("kept"), stray, config_map("other"))
    outcomes = {v.subject.key.name: v.outcome for v in found if v.drift and v.drift.status == "extra"}
    assert outcomes == {"stray": "passed", "other": "failed"}


def test_a_rule_that_accepts_an_object_is_not_dead(tmp_path: Path) -> None:
    found = run(tmp_path, rules(ACCEPTED.format("later", "missing")), config_map("later"))
    assert not [note for note in found.finished.notes if "ignore rule" in note]


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ({"ttlSecondsAfterFinished": 100}, "in-sync"),
        ({"ttlSecondsAfterFinished": 0}, "in-sync"),
        ({"ttlSecondsAfterFinished": None}, "missing"),
        ({}, "missing"),
    ],
)
def test_a_job_with_a_ttl_may_be_gone_and_the_reason_is_told(tmp_path: Path, spec: Any, status: str) -> None:
    other = job(**spec) | {"metadata": {"name": "other", "namespace": "shop"}}
    drift = run(tmp_path, CONFIG, job(**spec), other).verdicts["prod/shop/Job.batch/shop/migrate"].drift
    assert drift is not None
    assert drift.status == status
    assert ("ttlSecondsAfterFinished" in drift.reason) is (status == "in-sync")
