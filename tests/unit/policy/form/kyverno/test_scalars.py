"""Wildcards, durations, quantities and versions: the scalars that patterns and conditions compare."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.policy.form.kyverno import duration, quantity, semver, wildcard


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
    ("text", "expected"),
    [
        ("1h", 3600 * 10**9),
        ("1h30m", 5400 * 10**9),
        ("-1.5s", -1_500_000_000),
        (".5ms", 500_000),
        ("2us", 2_000),
        ("0", 0),
        ("1", None),
        ("1d", None),
        ("", None),
        ("1h 1m", None),
        ("9999999h", None),
        ("1" * 200 + "s", None),
    ],
)
def test_durations_are_read_as_go_reads_them(text: str, expected: int | None) -> None:
    assert duration.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [("90m", "1h30m0s"), ("1.5s", "1.5s"), ("100us", "100µs"), ("0", "0s"), ("-61s", "-1m1s"), ("15ns", "15ns")],
)
def test_durations_are_printed_as_go_prints_them(text: str, shown: str) -> None:
    parsed = duration.parse(text)
    assert parsed is not None
    assert duration.show(parsed) == shown


@settings(max_examples=60)
@given(st.integers(-(2**62), 2**62))
def test_a_printed_duration_reads_back_the_same(nanoseconds: int) -> None:
    assert duration.parse(duration.show(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1500", "1500"),
        ("2000", "2k"),
        ("0.1", "100m"),
        ("1.5Gi", "1536Mi"),
        ("1024Ki", "1Mi"),
        ("500", "500"),
        ("0.5Ki", "512"),
        ("1e3", "1e3"),
        ("1E", "1E"),
        ("0", "0"),
        ("-1k", "-1k"),
        ("0.1n", "1n"),
        ("1e999999999", "9223372036854775807e0"[:-2]),
    ],
)
def test_quantities_are_printed_in_kubernetes_canonical_form(text: str, shown: str) -> None:
    assert str(quantity.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "1x", "Gi", "1 Gi", "1ki", "--1", "1" * 300, "1_0", "٣"])
def test_what_is_no_quantity_is_none(text: str) -> None:
    assert quantity.parse(text) is None


def test_quantities_compare_exactly() -> None:
    half, whole = quantity.parse("500m"), quantity.parse("0.5")
    assert half is not None
    assert whole is not None
    assert half.value == whole.value == Fraction(1, 2)


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
    parsed = semver.parse(version)
    assert parsed is not None
    assert semver.is_in_range(parsed, wanted) is expected


@pytest.mark.parametrize("wanted", ["", ">=", "abc", ">=1.0", "1.0.0 ||"])
def test_what_is_no_range_is_an_error(wanted: str) -> None:
    version = semver.parse("1.0.0")
    assert version is not None
    with pytest.raises(ValueError, match="not a"):
        semver.is_in_range(version, wanted)


@pytest.mark.parametrize("text", ["1.2", "v1.2.3", "01.2.3", "1.2.3-", ""])
def test_what_is_no_version_is_none(text: str) -> None:
    assert semver.parse(text) is None
