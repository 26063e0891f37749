"""Tests that stand in the documents of the project's own policies (`tests:` of `kind: Policy`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gitops_audit.errors import AuditError
from gitops_audit.model.redact_secret import without_values
from gitops_audit.policy.contract import Policy
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.own.policy_test import InlineTest, inline_tests
from gitops_audit.policy.load import policies as registry
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.load.file import data_of, sibling
from gitops_audit.policy.testing.report import TestRow, broken


def rows(file: Path) -> Iterator[TestRow]:
    """The rows of all policies of a file that carry tests. Raises PolicyError for a file that cannot be read."""
    for document in read(data_of(file), str(file), sibling(file)):
        if document.value("/tests") is not None and registry.is_policy(document):
            yield from _rows(document)


def _rows(document: Document) -> Iterator[TestRow]:
    try:
        (policy,) = registry.load([document])
        tests = inline_tests(document, policy)
    except AuditError as error:
        yield broken(document.path, error)
        return
    for test in tests:
        yield _row(document, policy, test)


def _row(document: Document, policy: Policy, test: InlineTest) -> TestRow:
    outcome = test.run(policy)
    actual, message = outcome.actual, outcome.message
    if actual == test.expected and not outcome.has_passed:
        actual, message = "error", f"the message does not hold {test.message!r}: {message}"
    return TestRow(
        file=document.path,
        policy=policy.metadata.name,
        rule=test.rule,
        kind=test.subject.kind,
        resource=test.name or test.subject.name,
        expected=test.expected,
        actual=actual,
        message=without_values(message, test.subject.body),
        line=test.line,
    )
