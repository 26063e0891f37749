"""The same ValidatingAdmissionPolicies as admission (a dry-run creation) and as audit say the same of every object."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.kube.plural import plural
from gitops_audit.policy.contract import Policy, RuleResult
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.admission import policy as vap
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.loaded import policies_of
from tests.e2e.admission import BINDINGS, POLICIES, Admission
from tests.e2e.apiserver import ApiServer

Said = dict[str, set[str]]
SETTLED_S = 15.0
CASES = Path(__file__).parent / "admission_cases"
_WARNING = re.compile(
    r"ValidatingAdmissionPolicy '([^']+)' with binding '[^']+'(?: denied request)?: (.*)",
    re.DOTALL,
)
_CLUSTER_SCOPED = ("Namespace", "ClusterRole")

pytestmark = pytest.mark.e2e


def documents(name: str) -> list[Document]:
    return read((CASES / name).read_bytes(), name)


def bindings() -> list[dict[str, Any]]:
    """Those written down, and a plain one for every other policy; all warn, so that one answer tells all."""
    given = [d.body for d in documents("bindings.yaml")]
    bound = {b["spec"]["policyName"] for b in given}
    plain = [_plain_binding(d.name) for d in documents("policies.yaml") if d.name not in bound]
    return [*given, *plain]


def _plain_binding(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Warn"]},
    }


def collection(body: dict[str, Any]) -> str:
    version = body["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = "" if body["kind"] in _CLUSTER_SCOPED else f"/namespaces/{body['metadata']['namespace']}"
    return f"{root}{namespace}/{plural(body['kind'])}"


@pytest.fixture(scope="module")
def admission(apiserver: ApiServer) -> Iterator[Admission]:
    """The API server with the objects the policies look at, and the policies in force."""
    with Admission(apiserver) as client:
        for document in documents("world.yaml"):
            client.create(collection(document.body), document.body)
        for document in documents("policies.yaml"):
            client.create(POLICIES, document.body)
        for body in bindings():
            client.create(BINDINGS, body)
        _canary(client)
        yield client


def _canary(client: Admission) -> None:
    body = documents("policies.yaml")[0].body
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    name = "agreement-canary"
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [{"name": "own", "expression": f"object.metadata.name == '{name}'"}],
        "validations": [{"expression": "false"}],
    }
    client.create(POLICIES, {**body, "metadata": {"name": name}, "spec": spec})
    binding = _plain_binding(name)
    binding["spec"]["validationActions"] = ["Deny"]
    client.create(BINDINGS, binding)
    bird = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}
    client.wait_until_denied(collection(bird), bird)


@pytest.fixture(scope="module")
def policies() -> Sequence[Policy]:
    found = [*documents("policies.yaml"), *(Document(b, "bindings.yaml") for b in bindings())]
    return policies_of(vap.load(found))


def world() -> GivenWorld:
    default = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {}}}
    return GivenWorld((default, *(d.body for d in documents("world.yaml"))))


def of_the_server(warnings: Sequence[str]) -> Said:
    found: Said = {}
    for warning in warnings:
        match = _WARNING.search(warning)
        if match:
            found.setdefault(match[1], set()).add(_word(match[2]))
    return found


def of_the_audit(results: Sequence[RuleResult]) -> set[str]:
    shown = {"warn": "", "fail": "", "error": "error"}
    return {shown[r.result] or _word(r.message) for r in results if r.result in shown}


def _word(message: str) -> str:
    if "no params found" in message:
        return "no params"
    return "error" if "resulted in error" in message else message.strip()


def objects() -> list[dict[str, Any]]:
    return [document.body for document in documents("objects.yaml")]


@pytest.mark.parametrize("body", objects(), ids=lambda b: f"{b['kind']}-{b['metadata']['name']}")
def test_admission_and_audit_agree(body: dict[str, Any], admission: Admission, policies: Sequence[Policy]) -> None:
    deadline = time.monotonic() + SETTLED_S
    server, audit = _both(body, admission, policies)
    # the server takes up policies one after the other
    while server != audit and time.monotonic() < deadline:
        server, audit = _both(body, admission, policies)

    assert audit == server


def _both(body: dict[str, Any], admission: Admission, policies: Sequence[Policy]) -> tuple[Said, Said]:
    answer = admission.dry_run(collection(body), body)
    # the server judges what it made of the object; where it refused it, what was sent is all there is
    created = {"apiVersion": body["apiVersion"], "kind": body["kind"], **answer.body} if answer.status < 300 else body
    audit = {p.metadata.name: of_the_audit(p.evaluate(subject_of(created), world())) for p in policies}
    return of_the_server([*answer.warnings, answer.message]), {name: said for name, said in audit.items() if said}


def test_at_least_a_hundred_pairs_are_compared_and_both_sides_occur(policies: Sequence[Policy]) -> None:
    bodies = objects()
    verdicts = [bool(of_the_audit(p.evaluate(subject_of(b), world()))) for p in policies for b in bodies]

    assert len(verdicts) >= 100
    assert verdicts.count(True) >= 25
