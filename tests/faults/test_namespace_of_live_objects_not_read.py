"""Policies see the Namespace that admission sees: the declared one, else that of the cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.finding import Finding, PolicyResult
from gitops_audit.sandbox import Rule
from tests.audited import audited, policy_results
from tests.fleet import NAMESPACE, deployed
from tests.recorded import CONFIG, make, run

RULES = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}]
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"ports": [{"port": 80}]},
}
AUTOMATIC = "kubernetes.io/metadata.name"
ASKS = "namespaceObject.metadata.labels.tier != 'live'"
OFFLINE = CONFIG.replace("clusters: {prod: {snapshot: live.json}}\n", "")
POLICIES = CONFIG + "policies: [{path: pol}]\n"


def namespace(name: str = "shop", **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def admission(expression: str = ASKS, selector: Mapping[str, Any] | None = None) -> dict[str, Any]:
    constraints = {"resourceRules": RULES} | ({"namespaceSelector": selector} if selector else {})
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": {"matchConstraints": constraints, "validations": [{"expression": expression, "message": "not here"}]},
    }


def own(expression: str) -> dict[str, Any]:
    rules = [{"name": "r", "cel": expression, "message": "not here"}]
    spec = {"title": "T", "severity": "low", "match": {"kinds": ["Service"]}, "rules": rules}
    return {"apiVersion": "gitops-audit/v1", "kind": "Policy", "metadata": {"name": "p"}, "spec": spec}


def kyverno(validate: Mapping[str, Any], selector: Mapping[str, Any] | None = None) -> dict[str, Any]:
    resources = {"kinds": ["Service"]} | ({"namespaceSelector": selector} if selector else {})
    rule = {"name": "r", "match": {"any": [{"resources": resources}]}, "validate": validate}
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": "p"},
        "spec": {"rules": [rule]},
    }


def validating(expression: str) -> dict[str, Any]:
    spec = {"matchConstraints": {"resourceRules": RULES}, "validations": [{"expression": expression}]}
    meta = {"name": "p"}
    return {"apiVersion": "policies.kyverno.io/v1", "kind": "ValidatingPolicy", "metadata": meta, "spec": spec}


LIVE = {"matchLabels": {"tier": "live"}}
NEVER = {"message": "not here", "deny": {"conditions": {"all": [{"key": 1, "operator": "Equals", "value": 1}]}}}
PATTERN = {"pattern": {"spec": {"ports": [{"port": "80"}]}}}
ASKING = {
    "a selector": admission("false", LIVE),
    "an expression": admission(ASKS),
    "a policy of its own": own(ASKS),
    "a selector of Kyverno": kyverno(NEVER, LIVE),
    "an expression in a rule of Kyverno": kyverno({"cel": {"expressions": [{"expression": ASKS}]}}),
    "a policy for validating of Kyverno": validating(ASKS),
}
NOT_ASKING = {
    "the label that each has": admission("true", {"matchLabels": {AUTOMATIC: "shop"}}),
    "its name": admission("namespaceObject.metadata.name == 'shop'"),
    "the label in an expression": admission(f"namespaceObject.metadata.labels['{AUTOMATIC}'] == 'shop'"),
    "what another part decides": admission("has(object.spec.ports) || namespaceObject.metadata.labels.tier == 'x'"),
    "a selector of Kyverno": kyverno(
        {"pattern": {"spec": {"ports": [{"port": "80"}]}}}, {"matchLabels": {AUTOMATIC: "shop"}}
    ),
}


def results(
    root: Path, policy: Mapping[str, Any], live: list[dict[str, Any]], declared: Mapping[str, Any] | None = None
) -> list[PolicyResult | Finding]:
    bodies = [SERVICE, *([dict(declared)] if declared else [])]
    files = {"pol/p.yaml": json.dumps(policy), "gitops-audit.yaml": POLICIES}
    found = [v for v in audited(make(root, bodies, live, files)) if v.subject.key.kind == "Service"]
    return [result for verdict in found for result in policy_results(verdict)]


@pytest.mark.parametrize("policy", ASKING.values(), ids=ASKING)
def test_the_live_namespace_counts_where_none_is_declared(policy: Mapping[str, Any], tmp_path: Path) -> None:
    (result,) = results(tmp_path, policy, [SERVICE, namespace(tier="live")])

    assert (result.result, result.on) == ("fail", "both")


@pytest.mark.parametrize("policy", ASKING.values(), ids=ASKING)
def test_each_side_has_its_own_namespace(policy: Mapping[str, Any], tmp_path: Path) -> None:
    (result,) = results(tmp_path, policy, [SERVICE, namespace(tier="live")], namespace(tier="dev"))

    assert (result.result, result.on) == ("fail", "live")


@pytest.mark.parametrize("policy", ASKING.values(), ids=ASKING)
def test_a_namespace_that_is_not_there_yet_is_as_it_is_declared(policy: Mapping[str, Any], tmp_path: Path) -> None:
    (result,) = results(tmp_path, policy, [], namespace(tier="live"))

    assert (result.result, result.on) == ("fail", "declared")


@pytest.mark.parametrize("policy", ASKING.values(), ids=ASKING)
def test_a_namespace_nobody_knows_is_an_error_in_plain_words(policy: Mapping[str, Any], tmp_path: Path) -> None:
    (result,) = results(tmp_path, policy, [SERVICE])

    assert result.result == "error"
    assert "namespace 'shop' is not known, and its labels decide" in result.message
    assert "recording" in result.message


@pytest.mark.parametrize("policy", NOT_ASKING.values(), ids=NOT_ASKING)
def test_what_needs_no_more_than_its_name_is_decided(policy: Mapping[str, Any], tmp_path: Path) -> None:
    (result,) = results(tmp_path, policy, [SERVICE])

    assert result.result == "pass"


@pytest.mark.parametrize("policy", ASKING.values(), ids=ASKING)
def test_offline_the_words_say_what_to_do(policy: Mapping[str, Any], tmp_path: Path) -> None:
    files = {"pol/p.yaml": json.dumps(policy), "gitops-audit.yaml": OFFLINE + "policies: [{path: pol}]\n"}
    (verdict,) = audited(make(tmp_path, [SERVICE], [], files))
    (result,) = policy_results(verdict)

    assert result.result == "error"
    assert "declare the Namespace in a source, or audit with its cluster" in result.message


def test_a_policy_that_ignores_failures_does_not_ignore_an_unknown_namespace(tmp_path: Path) -> None:
    policy = admission()
    policy["spec"]["failurePolicy"] = "Ignore"
    (result,) = results(tmp_path, policy, [SERVICE])

    assert result.result == "error"


def test_many_objects_of_an_unknown_namespace_are_told_once(tmp_path: Path) -> None:
    services = [SERVICE | {"metadata": {"name": f"s{n}", "namespace": "shop"}} for n in range(200)]
    files = {"pol/p.yaml": json.dumps(admission()), "gitops-audit.yaml": POLICIES}
    done = run(make(tmp_path, services, services, files), "gitops-audit", "check", "-q")

    assert done.returncode == 3
    assert done.stdout.decode().count("is not known, and its labels decide") == 1
    assert done.stdout.count(b"\n") < 30


READS = r"GET /api/v1/namespaces(/[^/ ]+)?(\?|$)"
MAY_READ_SERVICES = Rule(("get", "list"), ("services",))
MAY_GET = Rule(("get",), ("namespaces",))


def asked(root: Path, policy: Mapping[str, Any], rules: Sequence[Rule] | None) -> tuple[list[str], list[str]]:
    """What the policy says of ten objects in two namespaces, and the requests for Namespaces."""
    with deployed(root, [SERVICE]) as made:
        made.client.apply(namespace(NAMESPACE, tier="live"))
        made.client.apply(namespace("other", tier="dev"))
        others = [SERVICE | {"metadata": {"name": f"s{number}", "namespace": "other"}} for number in range(9)]
        for body in others:
            made.client.apply(body, namespace="other")
        made.commit({"apps/others.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": others})})
        made.commit({"pol/p.yaml": json.dumps(policy)})
        made.sandbox.user("auditor", rules)
        made.sandbox.write_kubeconfig(root / "kubeconfig", "auditor")
        made.config.write_text(made.config.read_text(encoding="utf-8") + "policies: [{path: pol}]\n", encoding="utf-8")
        made.sandbox.requests.clear()
        said = [f"{r.result} {r.message}".strip() for v in audited(root) for r in policy_results(v)]
        return said, [str(request).split("?")[0] for request in made.sandbox.requests.matching(READS)]


def test_namespaces_are_read_once_for_all_objects(tmp_path: Path) -> None:
    said, requests = asked(tmp_path, admission(), None)

    assert sorted(said) == ["fail not here"] + ["pass"] * 9
    assert sorted(requests) == ["GET /api/v1/namespaces/other", f"GET /api/v1/namespaces/{NAMESPACE}"]


def test_namespaces_are_not_read_where_no_policy_asks(tmp_path: Path) -> None:
    said, requests = asked(tmp_path, admission("namespaceObject.metadata.name != ''"), None)

    assert said == ["pass"] * 10
    assert requests == []


def test_who_may_not_list_namespaces_gets_those_that_are_needed(tmp_path: Path) -> None:
    said, requests = asked(tmp_path, admission(), (MAY_READ_SERVICES, MAY_GET))

    assert sorted(said) == ["fail not here"] + ["pass"] * 9
    assert sorted(requests) == ["GET /api/v1/namespaces/other", f"GET /api/v1/namespaces/{NAMESPACE}"]


def test_who_may_not_read_namespaces_is_told_so(tmp_path: Path) -> None:
    said, _ = asked(tmp_path, admission(), (MAY_READ_SERVICES,))

    assert len(set(said)) == 2
    assert all("could not be read from cluster" in words and "namespaces" in words for words in said)
