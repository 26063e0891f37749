"""Finds the test files under some paths and runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gitops_audit.errors import AuditError, Location, PolicyError
from gitops_audit.policy.document import Document
from gitops_audit.policy.load import policies as registry
from gitops_audit.policy.load.file import files_of
from gitops_audit.policy.load.holds_tests import KYVERNO_NAME, holds_tests
from gitops_audit.policy.testing import inline
from gitops_audit.policy.testing.files import documents
from gitops_audit.policy.testing.kyverno_run import KyvernoRun, unreadable
from gitops_audit.policy.testing.kyverno_test import KyvernoTest, is_kyverno_test
from gitops_audit.policy.testing.report import TestReport, TestRow, broken, joined


def run(paths: Sequence[Path]) -> TestReport:
    """Runs every test that is given or lies under a given directory, in the order of their paths.

    Tests are those of Kyverno's command line (files of any name), and the project's own policies that carry `tests`.
    A file that is broken gives a failed row that names it with the line. Raises PolicyError (GA404) for a path that
    does not exist, and where there is no test at all.
    """
    found = list(dict.fromkeys(file for path in paths for file in _files(path)))
    report = joined(run_file(file) for file in found)
    if not report.rows:
        shown = ", ".join(map(str, paths))
        hint = f"tests are {KYVERNO_NAME} (or its kind under another name) and policies of gitops-audit/v1 with `tests`"
        raise PolicyError(f"there are no policy tests in {shown}", code="GA404", hint=hint)
    return report


def run_file(file: Path) -> TestReport:
    """Runs the tests of one file. Never raises for its content."""
    try:
        return TestReport(tuple(_kyverno_rows(file) if file.name == KYVERNO_NAME else _rows(file)))
    except AuditError as error:
        return TestReport((broken(str(file), error),))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from filter(holds_tests, files_of(path, with_hidden=True))
    elif path.exists():
        yield path
    else:
        raise PolicyError(f"there is no file or directory {path}", code="GA404", where=Location(str(path)))


def _rows(file: Path) -> Iterator[TestRow]:
    """A file of any name may hold a test of Kyverno's, or policies with tests."""
    found = documents(file)
    if any(is_kyverno_test(document.body) for document in found):
        yield from _kyverno_rows(file)
    else:
        yield from inline.rows(file)
        yield from (broken(str(file), _no_test(document)) for document in found if _is_meant_as_test(document))


def _is_meant_as_test(document: Document) -> bool:
    """Whether a document has the parts of a test and is none, as its apiVersion or kind is mistyped."""
    if "tests" in document.body and (document.group == "gitops-audit" or document.kind == "Policy"):
        return not registry.is_policy(document)
    return "results" in document.body and document.group == "cli.kyverno.io"


def _kyverno_rows(file: Path) -> Iterator[TestRow]:
    found = documents(file)
    if not found:
        raise PolicyError("the file holds no test", code="GA403", where=Location(str(file)))
    for document in found:
        yield from _of_test(document)


def _of_test(document: Document) -> Iterator[TestRow]:
    if not is_kyverno_test(document.body):
        raise _no_test(document)
    test = KyvernoTest.from_document(document)
    try:
        run = KyvernoRun.load(test)
    except AuditError as error:
        yield from unreadable(test, error)
    else:
        yield from run.rows()


def _no_test(document: Document) -> PolicyError:
    hint = "a test is a `kind: Test` of cli.kyverno.io/v1alpha1, or a `kind: Policy` of gitops-audit/v1 with `tests`"
    return PolicyError("this is no policy test", code="GA405", where=document.at(""), hint=hint)
