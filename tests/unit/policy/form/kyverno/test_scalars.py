"""Wildcards and ranges of versions, which patterns and conditions compare."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.kube import semver
from gitops_audit.policy.form.kyverno import version_range, wildcard


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("*", "anything", True),
        ("", "", True),
        ("", "a", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*:latest", "nginx:latest", True),
        ("*:latest", "nginx:latest-alpine", False),
        ("a*b*c", "a1b2b3c", True),
        ("a*b*c", "a1b2b3", False),
        ("ab[c]", "abc", False),
        ("**", "x", True),
    ],
)
def test_wildcards_fit_the_whole_text(pattern: str, text: str, *, expected: bool) -> None:
    assert wildcard.is_match(pattern, text) is expected


@settings(max_examples=60)
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_agree_with_the_same_regular_expression(pattern: str, text: str) -> None:
    same = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    assert wildcard.is_match(pattern, text) == (re.fullmatch(same, text) is not None)


def test_a_hostile_wildcard_ends_in_bounded_time() -> None:
    assert not wildcard.is_match("a*" * 40 + "b", "a" * 5_000)


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("1.2.3", ">=1.0.0 <2.0.0", True),
        ("2.0.0", ">=1.0.0 <2.0.0", False),
        ("0.9.0", ">=4.1.3 || <1.0.0", True),
        ("1.9.9", "1.x", True),
        ("2.0.0", "1.x", False),
        ("1.3.0", ">1.2.x", True),
        ("1.2.9", ">1.2.x", False),
        ("1.2.9", "<=1.2.x", True),
        ("1.0.0-rc.1", "<1.0.0", True),
        ("1.0.0-rc.2", ">1.0.0-rc.1", True),
        ("1.0.0-rc.10", ">1.0.0-rc.9", True),
        ("1.0.0", "!1.0.0", False),
        ("1.0.0+build", "=1.0.0", True),
        ("5.0.0", "*", True),
    ],
)
def test_versions_lie_in_ranges(version: str, wanted: str, *, expected: bool) -> None:
    parsed = semver.read(version)
    assert parsed is not None
    assert version_range.is_in_range(parsed, wanted) is expected


@pytest.mark.parametrize("wanted", ["", ">=", "abc", ">=1.0", "1.0.0 ||"])
def test_what_is_no_range_is_an_error(wanted: str) -> None:
    version = semver.read("1.0.0")
    assert version is not None
    with pytest.raises(ValueError, match="not a"):
        version_range.is_in_range(version, wanted)


@pytest.mark.parametrize("text", ["1.2", "v1.2.3", "01.2.3", "1.2.3-", ""])
def test_what_is_no_version_is_none(text: str) -> None:
    assert semver.read(text) is None
