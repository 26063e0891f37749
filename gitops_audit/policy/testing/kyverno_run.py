"""Runs one Kyverno test: loads what it names, asks its policies, compares with what it expects.

Kyverno's CLI is followed: objects without a namespace are in `default`, values stand in for what a cluster would say,
`autogen-` rules answer for the rule they are made from. It calls an object that no rule applies to "excluded" and
takes any expectation as met; here that only meets `pass` and `skip`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.errors import AuditError, PolicyError
from gitops_audit.model.redact_secret import without_values
from gitops_audit.policy.contract import Policy, RuleResult, Subject
from gitops_audit.policy.form.kyverno.policy import KyvernoPolicy
from gitops_audit.policy.form.kyverno.request import NOBODY, Request, UserInfo, subject_of
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.testing import files
from gitops_audit.policy.testing.answers import Answers
from gitops_audit.policy.testing.kyverno_test import Expectation, KyvernoTest
from gitops_audit.policy.testing.policies import Policies, answer
from gitops_audit.policy.testing.report import TestRow, broken
from gitops_audit.policy.testing.sources import Sources, context_of, user_of, values_of
from gitops_audit.policy.testing.values import Values
from gitops_audit.policy.testing.world import TestWorld


@dataclass(slots=True)
class KyvernoRun:
    """One test with everything it names loaded; answers are remembered, for several expectations ask the same."""

    test: KyvernoTest
    policies: Policies
    subjects: Sequence[Subject]
    world: TestWorld
    values: Values
    user: UserInfo = NOBODY
    missing: Mapping[str, Sequence[PolicyError]] = field(default_factory=dict)
    _answers: dict[tuple[int, int, str], Sequence[RuleResult]] = field(default_factory=dict)

    @classmethod
    def load(cls, test: KyvernoTest) -> KyvernoRun:
        """A policy at fault, and a file that is not there, fail only what needs it. Raises PolicyError for values,
        users and contexts that cannot be read: without them, no verdict is what it should be."""
        values, specs, sources = values_of(test), context_of(test), Sources(test)
        found = sources.objects("resources")
        subjects = _unique(subject_of(files.as_applied(d.body)) for d in found)
        others = [d.body for key in ("paramResources", "targetResources") for d in sources.objects(key)]
        bodies = [*(s.body for s in subjects), *others, *values.namespaces]
        context = [item for spec in specs for item in spec.get("resources") or ()]
        images = {str(item.get("image")): item for spec in specs for item in spec.get("images") or ()}
        is_cluster = bool(test.names("clusterResources"))
        world = TestWorld([*bodies, *context], images, Answers.from_test(test), is_cluster, context)
        policies = Policies.load([*sources.objects("policies"), *sources.objects("exceptions")])
        return cls(test, policies, [*subjects, *sources.payloads()], world, values, user_of(test), sources.missing)

    def rows(self) -> Iterator[TestRow]:
        """One row per expectation and resource. A file that could not be read is told by the rows that miss a
        resource, or else by a row of its own."""
        rows = [row for expectation in self.test.expectations for row in self._expected(expectation)]
        told = "\n".join(row.message for row in rows)
        yield from rows
        for error in (error for errors in self.missing.values() for error in errors):
            if error.message not in told:
                yield broken(self.test.document.path, error)

    def _expected(self, wanted: Expectation) -> Iterator[TestRow]:
        if wanted.unsupported:
            yield self._row(wanted, "", "error", f"`{wanted.unsupported}` is not supported: only validation is tested")
        elif error := self.policies.errors.get(wanted.policy.rpartition("/")[2]):
            for name in wanted.resources or ("",):
                yield self._row(wanted, name, "error", str(error))
        else:
            yield from self._asked(wanted)

    def _asked(self, wanted: Expectation) -> Iterator[TestRow]:
        policies = self.policies.named(wanted.policy)
        if not policies:
            message = f"there is no policy {wanted.policy!r} in this test{self._reasons('policies')}"
            for name in wanted.resources or ("",):
                yield self._row(wanted, name, "error", message)
            return
        for name in wanted.resources or ("",):
            subjects = self._named(name, wanted.kind)
            if not subjects:
                yield self._row(wanted, name, "error", self._absent(wanted.kind or "resource", name))
            for subject in subjects:
                yield self._judged(wanted, policies, name, subject)

    def _absent(self, kind: str, name: str) -> str:
        return f"there is no {kind} {name!r} in this test{self._reasons('resources')}"

    def _reasons(self, key: str) -> str:
        return "".join(f"; {error}" for error in self.missing.get(key, ()))

    def _judged(self, wanted: Expectation, policies: Sequence[Policy], name: str, subject: Subject) -> TestRow:
        results = [r for policy in policies for r in self._answer(policy, subject, wanted) if _is_about(r, wanted)]
        actual, message, rule = _verdict(results, wanted)
        shown = name or "/".join(part for part in (subject.namespace, subject.name) if part)
        return self._row(wanted, shown, actual, without_values(message, subject.body), subject.kind, rule)

    def _row(
        self, wanted: Expectation, name: str, actual: str, message: str, kind: str = "", rule: str = ""
    ) -> TestRow:
        return TestRow(
            file=self.test.document.path,
            policy=wanted.policy,
            rule=rule or wanted.rule,
            kind=kind or wanted.kind,
            resource=name,
            expected=wanted.expected,
            actual=actual,
            message=message,
            line=wanted.line,
        )

    def _named(self, name: str, kind: str) -> list[Subject]:
        namespace, _, short = name.rpartition("/")
        found = [s for s in self.subjects if not name or (s.name == short and namespace in ("", s.namespace))]
        return [s for s in found if s.kind == kind] or found

    def _answer(self, policy: Policy, subject: Subject, wanted: Expectation) -> Sequence[RuleResult]:
        key = (id(policy), id(subject), wanted.operation)
        if key not in self._answers:
            self._answers[key] = answer(policy, self._request(policy, subject, wanted.operation), self.world)
        return self._answers[key]

    def _request(self, policy: Policy, subject: Subject, operation: str) -> Request:
        if not isinstance(policy, KyvernoPolicy):
            # to policies in CEL, values of policies and resources mean nothing
            asked = operation or self.values.common.get("request.operation")
            return self._asking(subject, asked, {}, {})
        values = self.values.of_resource(policy.metadata.name, subject.name)
        if operation:
            values["request.operation"] = operation
        asked = values.get("request.operation")
        return self._asking(_patched(subject, values), asked, values, self.values.of_rules(policy.metadata.name))

    def _asking(
        self, subject: Subject, asked: Any, values: dict[str, Any], rule_values: Mapping[str, Mapping[str, Any]]
    ) -> Request:
        asked_subject, subresource = self.values.parent_of(subject)
        return Request(
            subject=asked_subject,
            operation="UPDATE" if asked == "UPDATE" else "DELETE" if asked == "DELETE" else "CREATE",
            subresource=subresource,
            namespace_labels=self.values.labels_of(subject.namespace),
            user=self.user,
            values=values,
            rule_values=rule_values,
            lookups=self.world.lookups,
        )


def unreadable(test: KyvernoTest, error: AuditError) -> Iterator[TestRow]:
    """The rows of a test that cannot be loaded: each expectation fails for the same reason."""
    run = KyvernoRun(test, Policies(()), (), TestWorld(()), Values())
    for wanted in test.expectations:
        for name in wanted.resources or ("",):
            yield run._row(wanted, name, "error", str(error))


def _is_about(result: RuleResult, wanted: Expectation) -> bool:
    names = (wanted.rule, f"autogen-{wanted.rule}", f"autogen-cronjob-{wanted.rule}")
    return not wanted.rule or not result.rule or result.rule in names


def _verdict(results: Sequence[RuleResult], wanted: Expectation) -> tuple[str, str, str]:
    """(result, message, rule) of one expectation: the first rule that differs from it, else the first rule."""
    if not results:
        message = "excluded: no rule of the policy applies to it"
        return ("pass" if wanted.expected == "pass" else "skip"), message, ""
    decisive = next((r for r in results if r.result != wanted.expected), results[0])
    return decisive.result, decisive.message, decisive.rule


def _unique(subjects: Iterator[Subject]) -> list[Subject]:
    found: dict[tuple[str, str, str, str], Subject] = {}
    for subject in subjects:
        found.setdefault((subject.group, subject.kind, subject.namespace, subject.name), subject)
    return list(found.values())


def _patched(subject: Subject, values: dict[str, object]) -> Subject:
    """The object with what values say about it (`request.object...`)."""
    paths = [path for path in values if path.startswith("request.object.")]
    if not paths:
        return subject
    scope = Scope({"request": {"object": subject.body}})
    for path in paths:
        scope.add(path, values[path])
    return subject_of(scope.data["request"]["object"])
