"""Policy tests as pytest items: the files that `gitops-audit policy test` runs, one item per expectation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gitops_audit.engine.shield import Shield
from gitops_audit.errors import AuditError
from gitops_audit.policy.testing import TestRow
from gitops_audit.policy.testing.suite import run_file


class PolicyTestFile(pytest.File):
    """A `kyverno-test.yaml`, or a policy that carries `tests`."""

    def collect(self) -> Iterator[pytest.Item]:
        names: dict[str, int] = {}
        for row in self._rows():
            name = "/".join(part for part in (row.policy, row.rule, row.kind, row.resource) if part) or "unreadable"
            names[name] = names.get(name, 0) + 1
            numbered = name if names[name] == 1 else f"{name}#{names[name]}"
            yield PolicyTestItem.of(self, numbered.replace("::", "%3A%3A"), row)

    def _rows(self) -> Sequence[TestRow]:
        """The objects of tests may be Secrets with their values: a bug of ours must not show them."""
        try:
            with Shield():
                return run_file(self.path).rows
        except AuditError as error:
            raise self.CollectError(str(error)) from None


class PolicyTestItem(pytest.Item):
    """One expectation; evaluated with its file, because the file's objects belong together."""

    row: TestRow

    @classmethod
    def of(cls, parent: pytest.Collector, name: str, row: TestRow) -> PolicyTestItem:
        item: PolicyTestItem = cls.from_parent(parent, name=name)
        item.row = row
        item.add_marker(pytest.mark.policy)
        return item

    def runtest(self) -> None:
        row = self.row
        if not row.is_passed:
            expected = f"expected {row.expected}, got {row.actual}" if row.expected else "the file cannot be run"
            pytest.fail(f"{row.file}:{row.line or 1}: {expected}\n{row.message}", pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, max(self.row.line - 1, 0), self.name
