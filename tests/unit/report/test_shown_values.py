from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.model.finding import ABSENT
from gitops_audit.report.shown_values import shown_values


@pytest.mark.parametrize(
    ("declared", "live", "expected"),
    [
        (3, 5, ("3", "5")),
        (3, "3", ("3", '"3"')),
        (ABSENT, "x", (None, "x")),
        (None, ABSENT, ("null", None)),
        ("", " a", ('""', '" a"')),
        ({"a": 1}, {"a": [1, 2]}, ("a: 1", "a:\n- 1\n- 2")),
        ("a\nb\n", "a\nc\n", ("a\nb\n", "a\nc\n")),
        ("\x1b[2J", "\u202e", ("\\x1b[2J", "\\u202e")),
        ({"\ud800": 1}, {"\ud800": 2}, ("\\ud800: 1", "\\ud800: 2")),
    ],
)
def test_two_values_as_text(declared: Any, live: Any, expected: tuple[str | None, str | None]) -> None:
    assert shown_values(declared, live) == expected


@pytest.mark.parametrize(
    ("declared", "live"),
    [
        ("a" * 5_000 + "b", "a" * 5_000 + "c"),
        ("a" * 5_000 + "b" + "a" * 5_000, "a" * 5_000 + "c" + "a" * 5_000),
        (["x" * 300 + "1" + "y" * 300], ["x" * 300 + "2" + "y" * 300]),
        ("x" * 1_000_000, "x" * 1_000_001),
        ("head\n" + "a" * 900 + "1" + "b" * 900, "head\n" + "a" * 900 + "2" + "b" * 900),
        ("\n".join(map(str, range(9_000))), "\n".join(map(str, range(8_999)))),
    ],
    ids=["end", "middle", "in a list", "length", "in a line", "many lines"],
)
def test_long_values_that_differ_never_look_the_same(declared: Any, live: Any) -> None:
    before, after = shown_values(declared, live)
    assert before != after
    assert len(before or "") + len(after or "") < 5_000


def test_of_a_long_text_the_lines_around_the_difference_stay() -> None:
    lines = [f"line {n}" for n in range(1_000)]
    before, after = shown_values("\n".join(lines), "\n".join([*lines[:500], "other", *lines[501:]]))
    assert before == (
        "… 497 equal lines …\nline 497\nline 498\nline 499\nline 500\nline 501\nline 502\nline 503\n… 496 equal lines …"
    )
    assert after is not None
    assert "other" in after


def test_a_value_that_nests_too_deeply_is_told_as_such() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "nests too deeply" in str(shown_values(ABSENT, deep)[1])
