"""`python -m tests.hostile`: runs all hostile inputs and prints, by class, how many were tried and how many held.

An input is a test with its parameters, or, in a test that makes its own, each example that hypothesis gives it. Options
go to pytest: `python -m tests.hostile -n 2`.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.hostile.classes import CLASSES, class_of


class Table:
    """Counts the inputs of a run by class; a plugin of pytest."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.unclassed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and not report.failed:
            return
        path = report.nodeid.partition("::")[0]
        name = class_of(Path(path).name)
        if not name:
            self.unclassed.add(path)
            return
        if report.skipped:
            return
        count = dict(report.user_properties).get("inputs", 1)
        assert isinstance(count, int)
        self.tried[name] += count
        if report.passed:
            self.held[name] += count
        else:
            self.wrong.append(report.nodeid)

    def __str__(self) -> str:
        rows = [f"| {name} | {self.tried[name]} | {self.held[name]} |" for name in CLASSES]
        total = f"| **all** | {self.tried.total()} | {self.held.total()} |"
        return "\n".join(("| class | tried | held |", "|---|---|---|", *rows, total))


def main(options: list[str]) -> int:
    table = Table()
    folder = str(Path(__file__).parent)
    code = pytest.main(["-q", "-p", "no:cacheprovider", *options, folder], plugins=[table])
    sys.stdout.write(f"\n{table}\n")
    for name in (*table.wrong, *(f"{path} has no class" for path in sorted(table.unclassed))):
        sys.stdout.write(f"wrong: {name}\n")
    return int(code) or int(bool(table.unclassed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
