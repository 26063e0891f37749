"""Policies that would take all memory or time: each ends within bounds.

Every input is read in a process of its own, which the system ends where it takes more CPU or memory than it may.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gitops_audit.errors import AuditError
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.load.policies import load

_CPU_S = 60
_MEMORY_BYTES = 2 << 30
_TEXT = "a" * 100_000
_BODY = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "namespace": "shop", "annotations": {"t": _TEXT, "n": ",".join(map(str, range(20_000)))}},
    "spec": {"containers": [{"name": f"c{n}", "image": "a"} for n in range(300)]},
}


def _aliases(wrapped: str) -> bytes:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return (wrapped + "\n" + "\n".join(levels) + "\n").encode()


def _own(rule: str) -> bytes:
    head = (
        "apiVersion: gitops-audit/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n  title: t\n  match: {kinds: [Pod]}\n"
    )
    return f"{head}  rules:\n  - name: r\n    message: m\n    {rule}\n".encode()


def _kyverno(rule: str) -> bytes:
    head = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: p}\nspec:\n  rules:\n  - name: r\n"
    return f"{head}    match: {{any: [{{resources: {{kinds: [Pod]}}}}]}}\n    {rule}\n".encode()


def _denied(expression: str) -> bytes:
    key = f"{{{{ {expression} }}}}"
    return _kyverno(f"validate: {{deny: {{conditions: [{{key: '{key}', operator: Equals, value: x}}]}}}}")


_NOTE = "object.metadata.annotations.t"
_CEL = {
    "matches of a nested pattern": f"{_NOTE}.matches('^(a+)+$')",
    "matches of large counts": f"{_NOTE}.matches('(a{{1,999}}){{1,999}}')",
    "comprehensions": "object.spec.containers.all(a, object.spec.containers.all(b, object.spec.containers.all(c,"
    " object.spec.containers.all(d, a.name != 'x'))))",
    "texts that double": "[1,2,3,4].map(x, " + " + ".join([_NOTE] * 64) + ").size() > 0",
    "replace": f"{_NOTE}.replace('a', {_NOTE}).size() > 0",
    "split and join": f"{_NOTE}.split('').join({_NOTE}).size() > 0",
    "deep parentheses": "(" * 5000 + "true" + ")" * 5000,
    "many conditions": " && ".join(["true"] * 20_000),
    "a chain of calls": "object" + ".metadata" * 20_000 + " == 1",
}
_JMES = {
    "nested pattern": 'regex_match(`"^(a+)+$"`, request.object.metadata.annotations.t)',
    "split": 'split(request.object.metadata.annotations.n, `","`) | map(&split(@, `""`), @) | [] | length(@)',
    "replace": 'replace_all(request.object.metadata.annotations.t, `"a"`, request.object.metadata.annotations.t)',
    "deep": "(" * 3000 + "a" + ")" * 3000,
    "projections": "request.object.spec.containers[*].[" + ", ".join(["@"] * 3000) + "]",
    "repeated join": 'join(request.object.metadata.annotations.t, split(request.object.metadata.annotations.t, `"a"`))',
}
_SCHEMAS = {
    "nested pattern": "{properties: {metadata: {properties: {annotations: {properties: {t: {pattern: '^(a+)+b$'}}}}}}}",
    "large counts": "{properties: {kind: {pattern: '((a{1,99}){1,99}){1,99}'}}}",
    "references": "{$ref: '#/$defs/a0', $defs: {"
    + ", ".join(f"a{n}: {{allOf: [{{$ref: '#/$defs/a{n + 1}'}}, {{$ref: '#/$defs/a{n + 1}'}}]}}" for n in range(40))
    + ", a40: {}}}",
    "a circle": "{$ref: '#'}",
    "deep": "{not: " * 190 + "{}" + "}" * 190,
    "unique items": "{properties: {spec: {properties: {containers: {uniqueItems: true, contains: {not: {}}}}}}}",
}
_POLICIES = {
    **{f"CEL: {name}": _own(f'cel: "{text}"') for name, text in _CEL.items()},
    **{f"JMESPath: {name}": _denied(text) for name, text in _JMES.items()},
    **{f"JSON Schema: {name}": _own(f"schema: {text}") for name, text in _SCHEMAS.items()},
    "pattern of wildcards": _kyverno(f"validate: {{pattern: {{metadata: {{annotations: {{t: '{'*a' * 3000}*b'}}}}}}}}"),
    "aliases": _aliases("apiVersion: gitops-audit/v1\nkind: Policy"),
}


def _policies(data: bytes, _: Path) -> None:
    for policy in load(read(data, "p.yaml")):
        list(policy.evaluate(subject_of(_BODY), GivenWorld((_BODY,))))


def _child(work: Callable[[bytes, Path], None], data: bytes, folder: Path) -> None:
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + _CPU_S, int(used) + _CPU_S))
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + _MEMORY_BYTES, taken + _MEMORY_BYTES))
    with suppress(AuditError):
        work(data, folder)


_INPUTS = [
    pytest.param(work, data, id=f"{stage}: {name}")
    for stage, work, inputs in (("policy", _policies, _POLICIES),)
    for name, data in inputs.items()
]


@pytest.mark.parametrize(("work", "data"), _INPUTS)
def test_a_bomb_ends_within_bounds(work: Callable[[bytes, Path], None], data: bytes, tmp_path: Path) -> None:
    child = multiprocessing.get_context("fork").Process(target=_child, args=(work, data, tmp_path))
    child.start()
    child.join()
    assert child.exitcode == 0
