from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.form.kyverno import pattern
from gitops_audit.policy.form.kyverno.value import parse_number


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        (True, True, True),
        ("true", True, False),
        (True, "true", True),
        (8, 8, True),
        ("8", 8, True),
        (8.0, 8, True),
        (8.5, 8, False),
        (True, 1, False),
        (None, None, True),
        ("", None, True),
        (0, None, True),
        (False, None, True),
        ("a", None, False),
        ({}, None, False),
        ("nginx:1.2", "*:*", True),
        ("nginx", "*:*", False),
        ("nginx:latest", "!*:latest", False),
        ("nginx:1", "!*:latest", True),
        (None, "!*:latest", False),
        (None, "?*", False),
        ("", "?*", False),
        ("a", "?*", True),
        ("512Mi", "<=1Gi", True),
        ("2Gi", "<=1Gi", False),
        ("100m", "0.1", True),
        (2, ">1", True),
        (2, "1-3", True),
        (4, "1-3", False),
        (4, "1!-3", True),
        ("2Gi", "1Gi-3Gi", True),
        ("30s", "<1m", True),
        ("90s", "1m30s", True),
        ("b", "a | b", True),
        ("c", "a|b", False),
        (5, ">1 & <10", True),
        (15, ">1 & <10", False),
        (15, "<5 | >10", True),
        (None, "<5", True),
        ("word", ">5", False),
        ([1], "1", False),
        ({"a": 1}, {"b": 2}, True),
        (1, {"b": 2}, False),
        (1, [1], False),
    ],
)
def test_a_value_fits_a_pattern(value: Any, wanted: Any, *, expected: bool) -> None:
    assert pattern.is_match(value, wanted) is expected


@pytest.mark.parametrize("text", ["1_0", " 1", "nan1", "", "0x10", "\uff11"])
def test_what_go_reads_as_no_number_is_none(text: str) -> None:
    assert parse_number(text) is None
