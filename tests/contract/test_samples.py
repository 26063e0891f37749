"""An object of every kind: what the sandbox stores is what a real API server stores, owners included."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.sandbox.kinds import builtin_kinds
from tests.contract.client import Server
from tests.contract.conftest import fresh_namespace

_VARIABLE = {
    "<uid>": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "<time>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "<address>": re.compile(r"10\.\d+\.\d+\.\d+"),
    "<namespace>": re.compile(r"contract-\d+"),
}
SAMPLES = list(yaml.safe_load_all((Path(__file__).parent / "samples.yaml").read_text(encoding="utf-8")))
PATHS = {(kind.api_version, kind.name): kind for kind in builtin_kinds()}


def stable(body: Any) -> Any:
    """An object without what differs from one creation to the next."""
    body["metadata"].pop("resourceVersion", None)
    text = json.dumps(body)
    for mark, pattern in _VARIABLE.items():
        text = pattern.sub(mark, text)
    return json.loads(text)


def collection(sample: dict[str, Any], namespace: str) -> str:
    kind = PATHS[sample["apiVersion"], sample["kind"]]
    scope = f"/namespaces/{namespace}" if kind.is_namespaced else ""
    return f"/{kind.path}{scope}/{kind.plural}"


def test_there_is_a_sample_of_every_kind_the_sandbox_serves() -> None:
    assert {(sample["apiVersion"], sample["kind"]) for sample in SAMPLES} == set(PATHS)


@pytest.mark.e2e
@pytest.mark.parametrize("how", ["create", "apply"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s['kind']}-{s['metadata']['name']}")
def test_both_servers_make_the_same_of_it(
    sandbox_server: Server, real_server: Server, sample: dict[str, Any], how: str
) -> None:
    bodies = []
    for server in (sandbox_server, real_server):
        path = collection(sample, fresh_namespace(server))
        if how == "create":
            answer = server.create(f"{path}?dryRun=All&fieldManager=sampler", sample)
        else:
            answer = server.apply(f"{path}/{sample['metadata']['name']}", sample, "sampler", query="&dryRun=All")
        bodies.append(stable(answer.ok()))
    assert bodies[0] == bodies[1]
