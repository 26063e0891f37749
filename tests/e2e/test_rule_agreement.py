"""What validation rules of a definition say of an object is what a real API server says of it: field and words."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from gitops_audit.kube.definition import Definitions
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema import ManifestSchemas
from gitops_audit.policy.manifest_schema.judged import Judged
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct
from tests.e2e.rule_cases import CASES

pytestmark = pytest.mark.e2e
GROUP = "rules.example"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_PREFIX = re.compile(r'[A-Z][a-z ]+: ((\d+|"[^"]*"): )?')
Told = set[tuple[str, str]]


@pytest.fixture
def direct(apiserver: ApiServer) -> Iterator[Direct]:
    connection = Direct(apiserver)
    yield connection
    for index in range(len(CASES)):
        connection.call("DELETE", f"{_CRDS}/kind{index}s.{GROUP}")
    connection.close()


def definition(index: int, spec: JsonObject) -> JsonObject:
    names = {"kind": f"Kind{index}", "plural": f"kind{index}s", "singular": f"kind{index}"}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"kind{index}s.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Cluster", "names": names, "versions": [version]},
    }


def server_told(answer: JsonObject) -> Told:
    causes = (answer.get("details") or {}).get("causes") or []
    return {
        (cause["field"].replace("[", ".").replace("]", ""), _PREFIX.sub("", words, count=1))
        for cause in causes
        if "not checked" not in (words := cause["message"])
    }


def own_told(schemas: ManifestSchemas, body: JsonObject) -> Told:
    checked = schemas.check(body)
    judged = Judged() if any(fault.is_blocking for fault in checked) else schemas.judge_rules(body)
    assert (judged.problem, judged.unread) == ("", 0)
    return {(fault.pointer[1:].replace("/", ".").replace("~1", "/"), fault.message) for fault in judged.faults}


def disagreement(server: Told, own: Told, is_refused: bool, is_valid: bool) -> bool:
    """Errors of an evaluation are told in other words; beside faults of the schema the server tells more."""
    failing = {place for place, words in own if words.startswith("the rule of its definition fails")}
    exact = {(place, words) for place, words in own if place not in failing}
    if not exact <= server or not failing <= {place for place, _ in server}:
        return True
    return is_valid and (bool(own) != is_refused or {p for p, _ in own} != {p for p, _ in server})


def test_each_rule_says_what_the_server_says(direct: Direct) -> None:
    created = [direct.create(_CRDS, definition(index, spec)) for index, (_, spec, _) in enumerate(CASES)]
    refused = [f"{CASES[i][0]}: {answer.message}" for i, answer in enumerate(created) if answer.status != 201]
    assert not refused, "\n".join(refused)
    outcomes, wrong = Counter[bool](), []
    served = _served(direct)
    declared = ManifestSchemas(lambda group, version: None, definitions=Definitions(_definitions()))
    published = ManifestSchemas(lambda group, version: served)
    for index, (label, _, specs) in enumerate(CASES):
        for spec in specs:
            body = {
                "apiVersion": f"{GROUP}/v1",
                "kind": f"Kind{index}",
                "metadata": {"name": "one"},
                "spec": spec,
            }
            answer = direct.create(f"/apis/{GROUP}/v1/kind{index}s?dryRun=All&fieldValidation=Strict", body)
            outcomes[answer.status == 201] += 1
            for schemas in (declared, published):
                own, is_valid = own_told(schemas, body), not schemas.check(body)
                if disagreement(server_told(answer.body), own, answer.status != 201, is_valid):
                    wrong.append((label, spec, answer.message, own))
    assert not wrong, "\n".join(map(str, wrong))
    assert min(outcomes.values()) > 40, outcomes


def _definitions() -> Iterator[JsonObject]:
    return (definition(index, spec) for index, (_, spec, _) in enumerate(CASES))


def _served(direct: Direct) -> JsonObject:
    """The OpenAPI document of the group, once the server shows all its kinds and takes their objects."""
    deadline = time.monotonic() + 60
    last = f"/apis/{GROUP}/v1/kind{len(CASES) - 1}s"
    while time.monotonic() < deadline:
        document = direct.call("GET", f"/openapi/v3/apis/{GROUP}/v1")
        kinds = (document.body.get("components") or {}).get("schemas") or {}
        shown = sum(name.rpartition(".")[2].startswith("Kind") for name in kinds)
        if shown >= 2 * len(CASES) and direct.call("GET", last).status == 200:
            return document.body
    raise AssertionError("the server never showed the kinds")
