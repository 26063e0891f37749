"""Modules and functions are short enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [path for name in ("gitops_audit", "bench", "docs") for path in sorted((ROOT / name).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULE_LINES, FUNCTION_LINES = 400, 40


def _too_long(source: str) -> Iterator[str]:
    """What has too many lines; those of a function count from its first decorator."""
    if (lines := len(source.splitlines())) > MODULE_LINES:
        yield f"the module: {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines = (node.end_lineno or first) - first + 1
            if lines > FUNCTION_LINES:
                yield f"{node.name}: {lines} lines"


def test_no_module_and_no_function_is_too_long() -> None:
    found = {path.relative_to(ROOT).as_posix(): list(_too_long(path.read_text(encoding="utf-8"))) for path in FILES}

    assert FILES
    assert {name: long for name, long in found.items() if long} == {}


def test_no_module_of_tests_is_too_long() -> None:
    lines = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in TESTS}

    assert TESTS
    assert {name: count for name, count in lines.items() if count > MODULE_LINES} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1\n" * 400, []),
        ("a = 1\n" * 401, ["the module: 401 lines"]),
        ("def f():\n" + "    a = 1\n" * 39, []),
        ("@g\ndef f():\n" + "    a = 1\n" * 39, ["f: 41 lines"]),
        ("class C:\n    async def f():\n" + "        a = 1\n" * 40, ["f: 41 lines"]),
    ],
)
def test_lines_are_counted_from_the_first_to_the_last(source: str, expected: list[str]) -> None:
    assert list(_too_long(source)) == expected
