"""What running tests gave, in the shape that `policy test --json` prints (DESIGN section 4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gitops_audit.errors import AuditError
from gitops_audit.model.resource import JsonObject


@dataclass(frozen=True, slots=True)
class TestRow:
    """One expectation: `expected` and `actual` are `pass`, `fail`, `warn`, `skip` or `error`.

    `actual` is `error` too where there was nothing to evaluate (a resource or policy that is not there); `message` says
    why. `line` is that of the expectation in `file`.
    """

    __test__ = False

    file: str
    policy: str
    rule: str
    kind: str
    resource: str
    expected: str
    actual: str
    message: str = ""
    line: int = 0

    @property
    def is_passed(self) -> bool:
        return self.expected == self.actual and bool(self.expected)

    def as_json(self) -> JsonObject:
        return {
            "file": self.file,
            "policy": self.policy,
            "rule": self.rule,
            "kind": self.kind,
            "resource": self.resource,
            "expected": self.expected,
            "actual": self.actual,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class TestReport:
    """All rows in the order of files and expectations. A file that could not be read is a failed row of its own."""

    __test__ = False

    rows: tuple[TestRow, ...] = ()

    @property
    def passed(self) -> int:
        return sum(row.is_passed for row in self.rows)

    @property
    def failed(self) -> int:
        return len(self.rows) - self.passed

    def as_json(self) -> JsonObject:
        return {
            "tests": [row.as_json() for row in self.rows],
            "summary": {"passed": self.passed, "failed": self.failed},
        }


def joined(reports: Iterable[TestReport]) -> TestReport:
    return TestReport(tuple(row for report in reports for row in report.rows))


def broken(file: str, error: AuditError) -> TestRow:
    """The row of a test file that cannot be run: it expects nothing, so it never passes."""
    line = error.where.line if error.where else 0
    return TestRow(file, "", "", "", "", "", "error", str(error), line)
