"""Policies against 2,000 Deployments: 20 CEL policies, 20 JSON Schema policies, restricted pod security."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bench import fleet
from gitops_audit.config.settings import PolicyRef
from gitops_audit.policy.contract import Policy, Subject
from gitops_audit.policy.native_test import GivenWorld
from gitops_audit.policy.registry import load_all

DEPLOYMENTS = 2_000
POLICIES = 20

_EXPRESSIONS = (
    "object.spec.replicas >= {n} - 30",
    "object.spec.template.spec.containers.all(c, size(c.image) > {n} - 30)",
    "has(object.metadata.labels) && size(object.metadata.labels) < 100 + {n}",
    "object.spec.template.spec.containers.all(c, !has(c.securityContext) || c.name != 'x{n}')",
)


def run() -> str:
    """A Markdown table: start-up and microseconds per resource and policy, both of CPU time."""
    deployments = [body for body in fleet.objects(DEPLOYMENTS * 5) if body["kind"] == "Deployment"]
    rows = ["| policies | start-up ms | us per resource and policy | peak MB |", "|---|---:|---:|---:|"]
    with tempfile.TemporaryDirectory(prefix="gitops-audit-bench-") as folder:
        for name, rule in (("CEL", _cel_rule), ("JSON Schema", _schema_rule)):
            path = Path(folder) / f"{name}.yaml"
            path.write_text(yaml.safe_dump_all([_policy(name, n, rule(n)) for n in range(POLICIES)]))
            rows.append(_measured(f"{POLICIES} {name}", PolicyRef(path=path), deployments))
        rows.append(_measured("restricted pod security", PolicyRef(pack="pod-security-restricted"), deployments))
    return "\n".join(rows)


def _measured(name: str, ref: PolicyRef, deployments: Sequence[dict[str, Any]]) -> str:
    started = time.process_time()
    policies = load_all([ref])
    loaded = time.process_time()
    passed = sum(_passes(policies, body) for body in deployments)
    ended = time.process_time()
    if passed != len(deployments) * len(policies):
        raise RuntimeError(f"{name}: {passed} passes; the figures are of policies that pass")
    each_us = (ended - loaded) * 1e6 / len(deployments) / len(policies)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"| {name} | {(loaded - started) * 1e3:.0f} | {each_us:.1f} | {peak_mb:.0f} |"


def _passes(policies: Sequence[Policy], body: dict[str, Any]) -> int:
    meta = body["metadata"]
    subject = Subject(body, "apps", "v1", "Deployment", meta["namespace"], meta["name"], "deployments")
    world = GivenWorld()
    return sum(all(r.result == "pass" for r in policy.evaluate(subject, world)) for policy in policies)


def _policy(kind: str, number: int, rule: dict[str, Any]) -> dict[str, Any]:
    name = f"{kind.lower().replace(' ', '-')}-{number}"
    spec = {"title": name, "severity": "low", "match": {"kinds": ["Deployment.apps"]}, "rules": [rule]}
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
