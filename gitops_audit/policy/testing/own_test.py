"""The project's own tests of policies (`kind: PolicyTest`), for policies of every form.

apiVersion: gitops-audit/v1
kind: PolicyTest
policies: [require-limits.yaml]       # files, relative to this one
cases:
  - name: a container without limits
    policy: require-limits            # needed only where the files hold several policies
    rule: limits                      # default: all rules together
    result: fail                      # pass | fail | warn | skip | error
    message: memory                   # a part of the message, where it matters
    object: {...}                     # or `file: pod.yaml`
    world: [...]                      # the other objects of the cluster, for policies that look at them
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy import registry
from gitops_audit.policy.contract import Policy, RuleResult, Subject
from gitops_audit.policy.document import Document
from gitops_audit.policy.kyverno.request import subject_of
from gitops_audit.policy.testing import files
from gitops_audit.policy.testing.kyverno_test import OUTCOMES
from gitops_audit.policy.testing.report import TestRow
from gitops_audit.policy.testing.world import TestWorld

KIND = "PolicyTest"
_KEYS = ("apiVersion", "cases", "kind", "metadata", "policies")
_CASE = ("file", "message", "name", "object", "policy", "result", "rule", "world")
_SEVEREST = ("error", "fail", "warn", "pass", "skip")


def is_own_test(body: Any) -> bool:
    return (
        isinstance(body, dict) and body.get("kind") == KIND and str(body.get("apiVersion")).startswith("gitops-audit/")
    )


def rows(document: Document) -> Iterator[TestRow]:
    """One row per case. Raises PolicyError for a test or policy that cannot be read."""
    document.only("", _KEYS)
    policies = _policies(document)
    count = len(document.sequence("/cases"))
    if not count:
        raise document.fault("", "the test has no cases")
    for index in range(count):
        yield _row(document, f"/cases/{index}", policies)


def _policies(document: Document) -> Sequence[Policy]:
    count = len(document.sequence("/policies"))
    names = [document.text(f"/policies/{index}") for index in range(count)]
    found = files.objects(Path(document.path).parent, names, document.at("/policies"))
    if not found:
        raise document.fault("/policies", "the test names no policy")
    return registry.load(found)


def _row(document: Document, at: str, policies: Sequence[Policy]) -> TestRow:
    document.only(at, _CASE)
    policy = _policy(document, at, policies)
    subject = _subject(document, at)
    rule, expected = document.text(f"{at}/rule"), document.choice(f"{at}/result", OUTCOMES, "")
    results = policy.evaluate(subject, TestWorld(_world(document, at, subject)))
    actual, message = _verdict([item for item in results if rule in ("", item.rule)])
    part = document.text(f"{at}/message")
    if part and part not in message and actual == expected:
        actual, message = "error", f"the message does not hold {part!r}: {message}"
    name = document.text(f"{at}/name") or "/".join(filter(None, (subject.namespace, subject.name)))
    line = document.at(at).line
    return TestRow(document.path, policy.name, rule, subject.kind, name, expected, actual, message, line)


def _policy(document: Document, at: str, policies: Sequence[Policy]) -> Policy:
    name = document.text(f"{at}/policy")
    found = [policy for policy in policies if name in ("", policy.name)]
    if len(found) != 1:
        names = ", ".join(policy.name for policy in policies)
        raise document.fault(f"{at}/policy", "the case does not say which policy it is about", hint=f"one of {names}")
    return found[0]


def _subject(document: Document, at: str) -> Subject:
    name = document.text(f"{at}/file")
    if not name:
        body = document.mapping(f"{at}/object")
        if not body.get("kind"):
            raise document.fault(at, "the case has neither an object nor a file")
        return subject_of(body)
    found = files.objects(Path(document.path).parent, [name], document.at(f"{at}/file"))
    if len(found) != 1:
        raise document.fault(f"{at}/file", f"{name} does not hold exactly one object")
    return subject_of(found[0].body)


def _world(document: Document, at: str, subject: Subject) -> list[JsonObject]:
    return [subject.body, *document.sequence(f"{at}/world")]


def _verdict(results: Sequence[RuleResult]) -> tuple[str, str]:
    if not results:
        return "skip", "no rule of the policy applies to the object"
    decisive = min(results, key=lambda result: _SEVEREST.index(result.result))
    return decisive.result, decisive.message
