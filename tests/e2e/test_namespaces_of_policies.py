"""Policies that ask for a Namespace, on a real API server: none is declared, and admission sees the live one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audited import audited, policy_results, repository
from tests.e2e.apiserver import ApiServer

pytestmark = pytest.mark.e2e

NAMESPACE = "case-of-policies"
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
}
RULES = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}]
BY_SELECTOR = ({"namespaceSelector": {"matchLabels": {"tier": "live"}}}, "object.spec.type != 'LoadBalancer'")
TIER = "namespaceObject.metadata.labels.tier"
BY_EXPRESSION: tuple[dict[str, str], str] = ({}, f"{TIER} != 'live' || object.spec.type != 'LoadBalancer'")


@pytest.fixture(params=[BY_SELECTOR, BY_EXPRESSION], ids=["selector", "expression"])
def shop(request: pytest.FixtureRequest, apiserver: ApiServer, kubeconfig: Path, tmp_path: Path) -> Iterator[Path]:
    constraints, expression = request.param

    def kubectl(*arguments: str, given: str = "") -> None:
        command = ["kubectl", f"--kubeconfig={kubeconfig}", "--context=admin", *arguments]
        subprocess.run(command, input=given, check=True, capture_output=True, text=True, timeout=60)

    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "no-load-balancer"},
        "spec": {
            "matchConstraints": {"resourceRules": RULES, **constraints},
            "validations": [{"expression": expression, "message": "no load balancers here"}],
        },
    }
    config = (
        f"version: 1\nclusters: {{real: {{context: admin, kubeconfig: {kubeconfig}}}}}\n"
        f"sources: [{{name: s, path: app, namespace: {NAMESPACE}}}]\npolicies: [{{path: pol}}]\n"
    )
    files = {"gitops-audit.yaml": config, "app/web.json": json.dumps(SERVICE), "pol/p.json": json.dumps(policy)}
    with apiserver.left_as_found():
        kubectl("create", "namespace", NAMESPACE)
        kubectl("label", "namespace", NAMESPACE, "tier=live")
        kubectl("apply", "-n", NAMESPACE, "-f", "-", given=json.dumps(SERVICE))
        yield repository(tmp_path / "repo", files)


def test_the_live_namespace_decides_on_both_sides(shop: Path) -> None:
    (verdict,) = audited(shop)
    (result,) = policy_results(verdict)

    assert (result.result, result.on, result.message) == ("fail", "both", "no load balancers here")
