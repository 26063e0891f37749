"""Policies in CPU time: each engine against 2,000 Deployments, each shipped pack against a fleet of all kinds."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from bench import fleet
from bench.audit import SHIPPED, TWENTY
from gitops_audit.config.settings import PolicyRef
from gitops_audit.engine.memory import Holder
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import Policy, Subject
from gitops_audit.policy.form.own.policy_test import subject_of
from gitops_audit.policy.load import pack as packs
from gitops_audit.policy.load.policies import load_all

DEPLOYMENTS = 2_000
POLICIES = 20

_EXPRESSIONS = (
    "object.spec.replicas >= {n} - 30",
    "object.spec.template.spec.containers.all(c, size(c.image) > {n} - 30)",
    "has(object.metadata.labels) && size(object.metadata.labels) < 100 + {n}",
    "object.spec.template.spec.containers.all(c, !has(c.securityContext) || c.name != 'x{n}')",
)


class _World:
    """The fleet, by kind and namespace."""

    def __init__(self, objects: Sequence[JsonObject]) -> None:
        self._places: dict[tuple[str, str, str], dict[str, JsonObject]] = {}
        for subject in map(subject_of, objects):
            for namespace in {subject.namespace, ""}:
                place = self._places.setdefault((subject.group, subject.kind, namespace), {})
                place[f"{subject.namespace}/{subject.name}"] = subject.body

    def get(self, group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        return self._places.get((group, kind, namespace), {}).get(f"{namespace}/{name}")

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        return tuple(self._places.get((group, kind, namespace), {}).values())


def run() -> str:
    """Two Markdown tables, of the engines and of the packs, and what the policies of `bench.audit` cost in all."""
    with Holder().bulk_work():
        objects = [*fleet.namespaces(), *fleet.objects(DEPLOYMENTS * 5)]
        return "\n\n".join((_engines(objects), _packs(objects), _twenty(objects)))


def _engines(objects: Sequence[dict[str, Any]]) -> str:
    """Policies of one kind that all pass, and CEL policies for a kind that is not there."""
    deployments = [body for body in objects if body["kind"] == "Deployment"]
    world = _World(objects)
    rows = ["| policies | start-up ms | us per Deployment and policy | peak MB |", "|---|---:|---:|---:|"]
    with tempfile.TemporaryDirectory(prefix="gitops-audit-bench-") as folder:
        for name, kind, rule in (
            ("CEL", "Deployment.apps", _cel_rule),
            ("JSON Schema", "Deployment.apps", _schema_rule),
            ("CEL of another kind", "StatefulSet.apps", _cel_rule),
        ):
            path = Path(folder) / f"{name}.yaml"
            path.write_text(yaml.safe_dump_all([_policy(name, n, kind, rule(n)) for n in range(POLICIES)]))
            rows.append(_engine(f"{POLICIES} {name}", PolicyRef(path=path), deployments, world))
        rows.append(_engine("restricted pod security", PolicyRef(pack="pod-security-restricted"), deployments, world))
    return "\n".join(rows)


def _engine(name: str, ref: PolicyRef, deployments: Sequence[dict[str, Any]], world: _World) -> str:
    started = time.process_time()
    policies = load_all([ref])
    loaded = time.process_time()
    results = [_results(policies, subject_of(body), world) for body in deployments]
    ended = time.process_time()
    if any(result != "pass" for result in chain.from_iterable(results)):
        raise RuntimeError(f"{name}: the figures are of policies that pass")
    each_us = (ended - loaded) * 1e6 / len(deployments) / len(policies)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"| {name} | {(loaded - started) * 1e3:.0f} | {each_us:.1f} | {peak_mb:.0f} |"


def _packs(objects: Sequence[dict[str, Any]]) -> str:
    """What a pack costs for a resource of the fleet, whatever its kind, and which policy costs most of that."""
    rows = ["| pack | policies | start-up ms | us per resource | most of it |", "|---|---:|---:|---:|---|"]
    rows += [_pack(name, objects) for name in packs.names()]
    return "\n".join(rows)


def _pack(name: str, objects: Sequence[dict[str, Any]]) -> str:
    started = time.process_time()
    policies = load_all([PolicyRef(pack=name)])
    startup_ms = (time.process_time() - started) * 1e3
    total_us = _cost_us(policies, objects)
    single = {policy.metadata.name: _cost_us([policy], objects) for policy in policies}
    slowest = max(single, key=lambda policy: single[policy])
    return f"| {name} | {len(policies)} | {startup_ms:.0f} | {total_us:.1f} | {slowest} ({single[slowest]:.1f}) |"


def _twenty(objects: Sequence[dict[str, Any]]) -> str:
    policies = load_all([PolicyRef(path=SHIPPED / name) for name in TWENTY])
    total_s = 2 * _cost_us(policies, objects) * len(objects) / 1e6
    return f"{len(policies)} policies on two sides of {len(objects)} resources: {total_s:.2f} s"


def _cost_us(policies: Sequence[Policy], objects: Sequence[dict[str, Any]]) -> float:
    """Of one resource, as an audit asks: each kind only the policies that may match it."""

    @cache
    def asked(group: str, version: str, kind: str) -> Sequence[Policy]:
        return [policy for policy in policies if policy.may_match(group, version, kind, "")]

    world = _World(objects)
    started = time.process_time()
    for body in objects:
        subject = subject_of(body)
        if "error" in _results(asked(subject.group, subject.version, subject.kind), subject, world):
            raise RuntimeError(f"{subject.kind} {subject.name} could not be evaluated")
    return (time.process_time() - started) * 1e6 / len(objects)


def _results(policies: Sequence[Policy], subject: Subject, world: _World) -> list[str]:
    return [result.result for policy in policies for result in policy.evaluate(subject, world)]


def _policy(name: str, number: int, kind: str, rule: dict[str, Any]) -> dict[str, Any]:
    name = f"{name.lower().replace(' ', '-')}-{number}"
    spec = {"title": name, "severity": "low", "match": {"kinds": [kind]}, "rules": [rule]}
    return {"apiVersion": "gitops-audit/v1", "kind": "Policy", "metadata": {"name": name}, "spec": spec}


def _cel_rule(number: int) -> dict[str, Any]:
    expression = _EXPRESSIONS[number % len(_EXPRESSIONS)].format(n=number)
    return {"name": "rule", "cel": expression, "message": "no"}


def _schema_rule(number: int) -> dict[str, Any]:
    container = {"required": ["image", "name"], "properties": {"image": {"minLength": 1, "maxLength": 200 + number}}}
    pod = {"properties": {"containers": {"minItems": 1, "items": container}}}
    spec = {
        "required": ["replicas"],
        "properties": {"replicas": {"minimum": 1}, "template": {"properties": {"spec": pod}}},
        "not": {"required": [f"x{number}"]},
    }
    return {"name": "rule", "schema": {"properties": {"spec": spec}}, "message": "no"}
