"""Finds the test files under some paths and runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gitops_audit.errors import AuditError, Location, PolicyError
from gitops_audit.policy.document import Document
from gitops_audit.policy.testing import own_test
from gitops_audit.policy.testing.files import documents
from gitops_audit.policy.testing.kyverno_run import KyvernoRun
from gitops_audit.policy.testing.kyverno_test import KyvernoTest, is_kyverno_test
from gitops_audit.policy.testing.report import TestReport, TestRow, broken, joined

KYVERNO_NAME = "kyverno-test.yaml"
OWN_SUFFIXES = ("-test.yaml", "-test.yml", ".test.yaml", ".test.yml")


def run(paths: Sequence[Path]) -> TestReport:
    """Runs every test file that is given or lies under a given directory, in the order of their paths.

    A file that is broken gives a failed row that names it with the line. Raises PolicyError (GA404) for a path that
    does not exist, and where there is no test at all.
    """
    found = list(dict.fromkeys(file for path in paths for file in _files(path)))
    if not found:
        shown = ", ".join(map(str, paths))
        hint = f"tests are files named {KYVERNO_NAME} or *{OWN_SUFFIXES[0]}"
        raise PolicyError(f"there are no policy tests in {shown}", code="GA404", hint=hint)
    return joined(run_file(file) for file in found)


def run_file(file: Path) -> TestReport:
    """Runs the tests of one file. Never raises for its content."""
    try:
        return TestReport(tuple(row for document in _tests(file) for row in _rows(document)))
    except AuditError as error:
        return TestReport((broken(str(file), error),))


def is_test_file(path: Path) -> bool:
    """Whether a file is a policy test, by its name."""
    return path.name == KYVERNO_NAME or path.name.endswith(OWN_SUFFIXES)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file() and is_test_file(file))
    elif path.is_file():
        yield path
    else:
        raise PolicyError(f"there is no file or directory {path}", code="GA404", where=Location(str(path)))


def _tests(file: Path) -> list[Document]:
    found = documents(file)
    if not found:
        raise PolicyError("the file holds no test", code="GA403", where=Location(str(file)))
    return found


def _rows(document: Document) -> Iterator[TestRow]:
    if is_kyverno_test(document.body):
        yield from KyvernoRun.load(KyvernoTest.from_document(document)).rows()
    elif own_test.is_own_test(document.body):
        yield from own_test.rows(document)
    else:
        hint = "a test is a `kind: Test` of cli.kyverno.io/v1alpha1 or a `kind: PolicyTest` of gitops-audit/v1"
        raise PolicyError("this is no policy test", code="GA405", where=document.at(""), hint=hint)
