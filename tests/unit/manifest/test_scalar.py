from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.manifest import file as manifest
from tests.unit.render.scalars import KEYS, PLAIN, QUOTED_AND_FLOW, REFUSED, REFUSED_KEYS, TAGGED

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def value_of(text: str) -> Any:
    rendered = manifest.load(f"{HEAD}v: {text}\n".encode(), "a.yaml")
    assert rendered.problems == ()
    return rendered.manifests[0].body["v"]


def is_same(found: Any, expected: Any) -> bool:
    """Equal with the same types all the way down: 1, 1.0 and True differ."""
    return repr(found) == repr(expected)


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*row, id=f"{topic}: {row[0]}") for topic, rows in PLAIN.items() for row in rows]
)
def test_a_plain_scalar_is_what_kubectl_makes_of_it(text: str, expected: Any) -> None:
    assert is_same(value_of(text), expected)


@pytest.mark.parametrize(("text", "expected"), TAGGED)
def test_a_tagged_value_is_what_kubectl_makes_of_it(text: str, expected: Any) -> None:
    assert is_same(value_of(text), expected)


@pytest.mark.parametrize(("text", "expected"), QUOTED_AND_FLOW)
def test_quotes_and_flow_collections_read_as_in_kubectl(text: str, expected: Any) -> None:
    assert is_same(value_of(text), expected)


@pytest.mark.parametrize(("text", "expected"), KEYS)
def test_a_key_becomes_the_string_kubectl_makes_of_it(text: str, expected: str) -> None:
    rendered = manifest.load(f"{HEAD}m:\n  {text}: v\n".encode(), "a.yaml")
    assert rendered.manifests[0].body["m"] == {expected: "v"}


@pytest.mark.parametrize("text", REFUSED)
def test_a_value_that_kubectl_refuses_is_a_problem_with_its_line(text: str) -> None:
    rendered = manifest.load(f"{HEAD}v: {text}\n".encode(), "a.yaml")
    assert rendered.manifests == ()
    assert [p.line in (4, 5, 6) for p in rendered.problems] == [True]


@pytest.mark.parametrize("text", REFUSED_KEYS)
def test_a_key_that_kubectl_refuses_is_a_problem(text: str) -> None:
    rendered = manifest.load(f"{HEAD}m:\n  {text}: v\n".encode(), "a.yaml")
    assert (rendered.manifests, len(rendered.problems)) == ((), 1)


def test_digits_without_end_cost_no_time() -> None:
    digits = "9" * 1_000_000
    assert [value_of(sign + digits) for sign in ("", "0x", "1e")] == [digits, f"0x{digits}", f"1e{digits}"]
