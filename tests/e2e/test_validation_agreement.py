"""What the rules of validation say of an object is what a real API server says of it, both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.manifest_schema import ManifestSchemas
from gitops_audit.policy.object_validation import object_faults
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct
from tests.e2e.validation_cases import cases

pytestmark = pytest.mark.e2e
NAMESPACE = "validation-agreement"
# What only the server knows, or what is left to it (docs/reference/validation.md).
LEFT_TO_THE_SERVER = {
    "hostnet dup pod",
    "lifecycle sleep big",
    "dns search bad",
    "tol Lt",
    "na value bad",
    "sysctl",
    "os x",
    "cj tz",
    "cj tz lower",
    "hpa min 0 ext",
    "svc nodePort dup",
    "svc extIP lo",
    "svc hcnp",
    "np cidr host bits",
    "sec docker bad",
    "sec ssh empty",
    "pv Recycle /",
    "wh url q",
    "quota neg",
    "quota name",
    "quota frac pods",
    "quota scope",
    "lr min>max",
    "lr def>max",
    "lr pod default",
    "lr dup type",
    "lr req>def",
    "lr type x",
    "owner event",
}


@pytest.fixture(scope="module")
def direct(apiserver: ApiServer) -> Iterator[Direct]:
    connection = Direct(apiserver)
    assert connection.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}}).status == 201
    yield connection
    connection.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
    connection.close()


def test_each_object_is_refused_by_both_or_by_none(direct: Direct) -> None:
    documents = {}

    def document(group: str, version: str) -> JsonObject | None:
        path = f"/openapi/v3/apis/{group}/{version}" if group else f"/openapi/v3/api/{version}"
        if path not in documents:
            documents[path] = direct.call("GET", path).body
        return documents[path]

    schemas, outcomes, disagreements = ManifestSchemas(document), Counter[bool](), []
    for label, body in cases():
        answer = direct.dry_run(body, NAMESPACE)
        own = [*object_faults(body, split_api_version(body["apiVersion"])[0], body["kind"]), *schemas.check(body)]
        is_refused = answer.status != 201
        outcomes[is_refused] += 1
        if bool(own) != is_refused and not (is_refused and label in LEFT_TO_THE_SERVER):
            disagreements.append((label, answer.status, answer.message, own))
    assert disagreements == []
    assert min(outcomes.values()) > 100, outcomes
