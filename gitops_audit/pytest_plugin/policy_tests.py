"""Policy tests as pytest items: the files that `gitops-audit policy test` runs, one item per expectation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.policy.testing import TestRow
from gitops_audit.policy.testing.suite import run_file


class PolicyTestFile(pytest.File):
    """A `kyverno-test.yaml`, or a policy that carries `tests`."""

    def collect(self) -> Iterator[pytest.Item]:
        names: dict[str, int] = {}
        for row in run_file(self.path).rows:
            name = "/".join(part for part in (row.policy, row.rule, row.kind, row.resource) if part) or "unreadable"
            names[name] = names.get(name, 0) + 1
            numbered = name if names[name] == 1 else f"{name}#{names[name]}"
            yield PolicyTestItem.of(self, numbered.replace("::", "%3A%3A"), row)


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
