"""Ranges of versions, by the rules that Masterminds/semver documents."""

from __future__ import annotations

import pytest

from gitops_audit.kube.version_range import loose_version, parse_range


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("1.2.3", "1.2.3", "1.2.4"),
        ("=1.2.3", "1.2.3 v1.2.3 1.2.3+build", "1.2.2"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("5.8", "5.8.0 5.8.1", "5.7.1 5.9.0"),
        (">=1 <2", "1.0.0 1.9.9", "0.9.0 2.0.0"),
        (">=1, <2", "1.0.0", "2.0.0"),
        (">= 1.2, != 1.3.1", "1.2.0 1.3.0", "1.3.1"),
        ("!=1.2", "1.3.0", "1.2.0 1.2.7"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
        ("~1.2", "1.2.0", "1.3.0"),
        ("~1", "1.9.0", "2.0.0"),
        ("^1.2.3", "1.2.3 1.9.0", "2.0.0 1.2.2"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("^0", "0.9.0", "1.0.0"),
        ("1.x", "1.0.0 1.9.1", "2.0.0"),
        ("1.2.*", "1.2.9", "1.3.0"),
        ("*", "0.0.1 9.9.9", "1.0.0-rc.1"),
        (">0.0.0-0", "1.0.0-rc.1 1.0.0", "0.0.0-0"),
        ("1.2 - 1.4", "1.2.0 1.4.9", "1.5.0 1.1.0"),
        ("1.2.0 - 1.4.5", "1.4.5", "1.4.6"),
        (">11", "12.0.0", "11.1.0"),
        (">11.1", "11.2.0", "11.1.9"),
        ("<=11", "11.9.9", "12.0.0"),
        ("=<11.2 =>11.1", "11.1.0 11.2.9", "11.3.0"),
        ("1.2.3 || >=3", "1.2.3 3.1.0", "2.0.0"),
        ("1.2.3-beta.1", "1.2.3-beta.1", "1.2.3"),
        (">=1.2.3-beta.1", "1.2.3-beta.2 1.2.3 1.3.0", "1.2.3-alpha.1"),
    ],
)
def test_a_range_holds_what_it_says(text: str, inside: str, outside: str) -> None:
    wanted = parse_range(text)
    assert {v for v in inside.split() if loose_version(v) not in wanted} == set()  # type: ignore[operator]
    assert {v for v in outside.split() if loose_version(v) in wanted} == set()  # type: ignore[operator]


@pytest.mark.parametrize("text", ["", " ", "a", ">=", "1.2.3.4", "||", "1 ||", "1.2.3 foo", ">" * 300, "1" * 300])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="range of versions"):
        parse_range(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("v1.2", "1.2.0"), ("3", "3.0.0"), ("1.2.3-rc.1+b", "1.2.3-rc.1"), ("latest", "None")]
)
def test_a_version_may_lack_parts(text: str, expected: str) -> None:
    assert str(loose_version(text)) == expected
