from __future__ import annotations

import pytest

from gitops_audit.render.globs import matcher


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("**/tests/**", "tests/a.yaml", True),
        ("**/tests/**", "x/y/tests/z/a.yaml", True),
        ("**/tests/**", "x/mytests/a.yaml", False),
        ("tests", "x/tests/a.yaml", True),
        ("tests", "tests.yaml", False),
        ("tests/", "x/tests/a.yaml", True),
        ("/tests", "x/tests/a.yaml", False),
        ("/tests", "tests/a.yaml", True),
        ("*.json", "x/y/a.json", True),
        ("*.json", "a.json.yaml", False),
        ("a/*.yaml", "a/b.yaml", True),
        ("a/*.yaml", "a/b/c.yaml", False),
        ("a/*.yaml", "x/a/b.yaml", False),
        ("a/**/c.yaml", "a/c.yaml", True),
        ("a/**/c.yaml", "a/b/b/c.yaml", True),
        ("a/**", "a/b/c.yaml", True),
        ("a/**", "ab/c.yaml", False),
        ("a?.yaml", "x/ab.yaml", True),
        ("a?.yaml", "a/.yaml", False),
        ("[ab].yaml", "b.yaml", True),
        ("[!ab].yaml", "b.yaml", False),
        ("[!ab].yaml", "c.yaml", True),
        ("[a-c]x.yaml", "bx.yaml", True),
        ("[a.yaml", "[a.yaml", True),
        ("[]].yaml", "].yaml", True),
        ("[^/]b", "/b", False),
        ("a+b(c).yaml", "a+b(c).yaml", True),
        ("**", "any/thing.yaml", True),
        ("**/", "thing.yaml", False),
        ("**/", "any/thing.yaml", True),
        ("[.*?]x", "?x", True),
        ("a*b*c", "a.b.b.c", True),
        ("a*b*c", "a.c.b", False),
    ],
)
def test_a_pattern_matches_as_in_gitignore(pattern: str, path: str, expected: bool) -> None:
    assert matcher([pattern])(path) is expected


def test_one_pattern_of_several_is_enough() -> None:
    is_excluded = matcher(["a", "b"])
    assert [is_excluded(path) for path in ("a/x", "b/x", "c/x")] == [True, True, False]


def test_without_patterns_nothing_matches() -> None:
    assert not matcher([])("a")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("**/" * 20 + "x", "a/" * 100 + "y"),
        ("*a" * 40 + "b", "a" * 250),
        ("**/*a" * 12 + "/b", "/".join(["a" * 20] * 40)),
        ("**/a/" * 12 + "b", "a/" * 100 + "c"),
    ],
)
def test_no_pattern_takes_forever(pattern: str, path: str) -> None:
    assert not matcher([pattern])(path)
