"""Lines on a screen: wrapped between words, nothing cut, long words whole."""

from __future__ import annotations

import pytest

from gitops_audit.report.screen import Screen
from gitops_audit.report.text import Line

SENTENCE = "declared at apps/shop/web.yaml:7, last commit bc88d207b2 by Tom Weber: Deploy the web front end"


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_line_wraps_below_itself_and_loses_nothing(width: int) -> None:
    lines = list(Screen(width).lines(Line(f"  {SENTENCE}", "dim")))
    assert len(lines) > 1
    assert all(len(line) <= width for line in lines if " " in line.strip())
    assert " ".join(line.strip() for line in lines) == SENTENCE


def test_without_a_width_a_line_stays_one() -> None:
    assert list(Screen().lines(Line(SENTENCE))) == [SENTENCE]


def test_what_is_exact_is_not_broken() -> None:
    command = "  next: kubectl get deployment.apps -n shop worker -o yaml --show-managed-fields"
    assert list(Screen(40).lines(Line(command, is_exact=True))) == [command]


def test_a_long_word_stays_whole() -> None:
    path = "a/very/long/path/that/is/wider/than/the/terminal.yaml:7"
    assert list(Screen(30).lines(Line(f"see {path} there"))) == ["see", f"  {path}", "  there"]


def test_wide_letters_count_twice() -> None:
    assert list(Screen(30).lines(Line("\u4f60\u597d " * 8))) == [
        "\u4f60\u597d " * 4 + "\u4f60\u597d",
        "  " + "\u4f60\u597d " * 3,
    ]


def test_a_label_stands_before_what_wraps() -> None:
    assert Screen(40).labelled(Line("  high"), 11, "one two three four five six seven") == [
        "  high     one two three four five six",
        "           seven",
    ]
    assert Screen(20).labelled(Line("  high"), 11, "one two three four five") == [
        "  high one two three",
        "  four five",
    ]


def test_rows_count_what_the_terminal_breaks() -> None:
    screen = Screen(10, has_colour=True)
    assert screen.rows(["", "x" * 10, screen.paint("x" * 11, "error")]) == 4
