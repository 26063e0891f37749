"""The tests a policy carries: run by `policy test` and collected by pytest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gitops_audit.errors import PolicyError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.finding import PolicyOutcome
from gitops_audit.model.resource import JsonObject, group_of, split_api_version
from gitops_audit.policy.contract import Policy, RuleResult, Subject
from gitops_audit.policy.document import Document

_WORST: tuple[PolicyOutcome, ...] = ("error", "fail", "warn", "pass", "skip")


@dataclass(frozen=True, slots=True)
class GivenWorld:
    """The objects a test gives."""

    bodies: tuple[JsonObject, ...] = ()

    def get(self, group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        return next((b for b in self.list(group, kind, namespace) if _meta(b, "name") == name), None)

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        found = (b for b in self.bodies if group_of(b) == group and b.get("kind") == kind)
        return [b for b in found if not namespace or _meta(b, "namespace") == namespace]


@dataclass(frozen=True, slots=True)
class InlineTest:
    """One test. `rule` is empty where the worst result of all rules counts."""

    name: str
    rule: str
    subject: Subject
    world: GivenWorld
    expected: str
    message: str
    line: int

    def run(self, policy: Policy) -> Outcome:
        results = [r for r in policy.evaluate(self.subject, self.world) if not self.rule or r.rule == self.rule]
        worst = min(results, key=lambda r: _WORST.index(r.result), default=RuleResult(self.rule, "skip"))
        agrees = worst.result == self.expected and self.message in worst.message
        return Outcome(self, worst.result, worst.message, agrees)


@dataclass(frozen=True, slots=True)
class Outcome:
    test: InlineTest
    actual: PolicyOutcome
    message: str
    has_passed: bool


def inline_tests(document: Document, policy: Policy) -> Sequence[InlineTest]:
    """The tests in a policy's document. Raises PolicyError for an unknown rule or a file that cannot be read."""
    count = len(document.sequence("/tests"))
    return [_test(document, f"/tests/{index}", policy) for index in range(count)]


def _test(document: Document, pointer: str, policy: Policy) -> InlineTest:
    rule = document.text(f"{pointer}/rule")
    if rule and rule not in policy.rules:
        hint = f"the rules are {', '.join(policy.rules)}"
        raise document.fault(f"{pointer}/rule", f"there is no rule {rule!r}", hint=hint)
    others = tuple(b for b in document.sequence(f"{pointer}/others") if isinstance(b, dict))
    return InlineTest(
        name=document.text(f"{pointer}/name"),
        rule=rule,
        subject=_subject(document, pointer),
        world=GivenWorld(others),
        expected=document.text(f"{pointer}/expect"),
        message=document.text(f"{pointer}/message"),
        line=document.at(pointer).line,
    )


def _subject(document: Document, pointer: str) -> Subject:
    """An object as it is; beside the one before the change, as it is updated, and without one after it, deleted."""
    old = document.value(f"{pointer}/oldObject")
    if old is None:
        return subject_of(_object(document, pointer))
    if document.value(f"{pointer}/object") is None and not document.text(f"{pointer}/file"):
        return replace(subject_of(document.mapping(f"{pointer}/oldObject")), operation="DELETE")
    return replace(subject_of(_object(document, pointer)), operation="UPDATE", old=old)


def _object(document: Document, pointer: str) -> JsonObject:
    name = document.text(f"{pointer}/file")
    if not name:
        return document.mapping(f"{pointer}/object")
    where = document.at(f"{pointer}/file")
    if document.read is None:
        raise PolicyError("a test file can only be read beside a policy file", code="GA404", where=where)
    try:
        rendered = manifest.load(document.read(name), name)
    except PolicyError as error:
        raise PolicyError(error.message, code=error.code, where=where, hint=error.hint) from None
    if not rendered.manifests:
        raise PolicyError(f"there is no object in {name}", code="GA404", where=where)
    return rendered.manifests[0].body


def subject_of(body: JsonObject) -> Subject:
    """An object as policies take it, with nothing but itself to go by."""
    group, version = split_api_version(str(body.get("apiVersion", "")))
    kind, namespace, name = str(body.get("kind", "")), _meta(body, "namespace"), _meta(body, "name")
    return Subject(body, group, version, kind, namespace, name)


def _meta(body: JsonObject, key: str) -> str:
    metadata = body.get("metadata")
    return str(metadata.get(key, "")) if isinstance(metadata, dict) else ""
