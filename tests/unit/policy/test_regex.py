from __future__ import annotations

import pytest

from gitops_audit.policy import regex


def test_a_pattern_is_looked_for_anywhere_in_the_text() -> None:
    assert regex.is_match("b+", "abbc")
    assert not regex.is_match("^b", "abbc")


def test_a_catastrophic_pattern_ends_at_once() -> None:
    assert not regex.is_match("^(a+)+$", "a" * 50_000 + "b")


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a" * 10_001, "((a{1000}){1000}){1000}"])
def test_what_re2_cannot_do_is_refused(pattern: str) -> None:
    with pytest.raises(regex.RegexError):
        regex.compiled(pattern)


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        ("$1", "a-b"),
        ("${1}x", "ax-bx"),
        ("$v", "1-2"),
        ("$9", "-"),
        ("$none", "-"),
        ("$$", "$-$"),
        ("a\\1", "a\\1-a\\1"),
    ],
)
def test_groups_in_a_replacement_follow_go(replacement: str, expected: str) -> None:
    assert regex.replace_all("([a-z])=(?P<v>[0-9])", "a=1-b=2", replacement) == expected


def test_a_literal_replacement_is_taken_as_it_is() -> None:
    assert regex.replace_all_literal("a", "aba", "$1") == "$1b$1"
