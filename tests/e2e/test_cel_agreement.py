"""The answers in tests/golden/cel-library.txt are those of a real API server: asked again here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.cel_library import cases, config_map
from tests.e2e.admission import BINDINGS, POLICIES, Admission
from tests.e2e.apiserver import ApiServer

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
# warnings are cut at 4 KB in all
BATCH = 8
# warned of by every policy as soon as it is in force
SENTINEL = "#active#"
Case = tuple[int, str]

pytestmark = pytest.mark.e2e


def test_the_api_server_gives_the_recorded_answers(apiserver: ApiServer) -> None:
    recorded = cases()

    with Admission(apiserver) as admission:
        answers = dict(_answers(admission, [expression for expression, _ in recorded]))

    assert [(e, answers[i]) for i, (e, _) in enumerate(recorded)] == recorded


def _answers(admission: Admission, expressions: Sequence[str]) -> Iterator[tuple[int, str]]:
    numbered = list(enumerate(expressions))
    active: list[tuple[str, Sequence[Case]]] = []
    for start in range(0, len(numbered), BATCH):
        name = f"cel-{start}"
        valid, refused = _created(admission, name, numbered[start : start + BATCH])
        active.append((name, valid))
        yield from ((index, "invalid") for index, _ in refused)
    for name, valid in active:
        yield from _judged(admission.wait_until_warned(CONFIG_MAPS, config_map(name), SENTINEL), valid)


def _created(admission: Admission, name: str, batch: Sequence[Case]) -> tuple[Sequence[Case], Sequence[Case]]:
    """Creates a policy of the cases the server accepts; gives those and the refused ones."""
    valid, refused = list(batch), []
    while True:
        policy = _policy(name, valid)
        answer = admission.dry_run(POLICIES, policy)
        if answer.status < 300:
            admission.create(POLICIES, policy)
            break
        for position in sorted({int(n) for n in re.findall(r"validations\[(\d+)\]", answer.message)}, reverse=True):
            refused.append(valid.pop(position))
    spec = {"policyName": name, "validationActions": ["Warn"]}
    admission.create(BINDINGS, _resource("ValidatingAdmissionPolicyBinding", name, spec))
    return valid, refused


def _policy(name: str, batch: Sequence[Case]) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [{"name": "own", "expression": f"object.metadata.name == '{name}'"}],
        "validations": [
            *({"expression": e, "message": f"#{index}#"} for index, e in batch),
            {"expression": "false", "message": SENTINEL},
        ],
    }
    return _resource("ValidatingAdmissionPolicy", name, spec)


def _resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def _judged(warnings: Sequence[str], batch: Sequence[Case]) -> Iterator[tuple[int, str]]:
    for index, expression in batch:
        if any(f"#{index}#" in warning for warning in warnings):
            yield index, "false"
        else:
            yield index, "error" if any(expression[:60] in warning for warning in warnings) else "true"
