"""The page on security names tests that exist, and every module of hostile input has a class."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.classes import class_of

ROOT = Path(__file__).resolve().parents[3]
PROMISED = sorted(set(re.findall(r"`(test_\w+)`", (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8"))))
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("name", PROMISED)
def test_the_test_that_holds_a_promise_exists(name: str) -> None:
    assert f"def {name}(" in TESTS


def test_every_promise_has_a_test() -> None:
    page = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (.+) \| (.+) \|$", page.partition("## What is promised")[2].partition("\n## ")[0], re.MULTILINE
    )[1:]
    assert [promise for promise, tests in rows if promise != "---|---" and "`test_" not in tests] == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests/hostile").glob("test_*.py")), ids=lambda path: path.stem)
def test_every_module_of_hostile_input_has_a_class(path: Path) -> None:
    assert class_of(path.name)


def test_the_modules_that_the_table_of_sources_names_exist() -> None:
    page = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
    table = page.partition("## Sources of every type")[2].partition("\n## ")[0]
    names = set(re.findall(r"\b(test_\w+)\b(?!`)", table))
    assert {name for name in names if not any((ROOT / "tests").rglob(f"{name}.py"))} == set()
