"""Go's durations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.kube import duration


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
        ("60m0s", 3600 * 10**9),
        ("3µs", 3000),
        ("٣s", None),
        (f"{2**63}ns", None),
        (f"-{2**63}ns", -(2**63)),
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


@pytest.mark.parametrize("value", ["h", "1 h", "." * 9, 5, None, []])
def test_what_is_no_duration_has_no_length(value: Any) -> None:
    assert duration.parse(value) is None
