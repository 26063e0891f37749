"""Texts with variables whose value is a key of a Secret."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.drift.filled import Filling, Secrets
from gitops_audit.model.finding import Change
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import StandIn

REDACTOR = Redactor(b"k" * 32)
VALUES = {"a/b/host": "web.example", "a/b/n": "3", "a/b/on": "true"}
SHOWN = {key: REDACTOR.token(f"{value}\n".encode()) for key, value in VALUES.items()}


def settled(declared: Any, live: Any, *names: str, is_recorded: bool = False, **options: Any) -> Change | None:
    stand_in = StandIn("/x", "variable", "", tuple((n, f"a/b/{n}") for n in names), **options)
    secrets = Secrets((lambda key: None) if is_recorded else VALUES.get, SHOWN.get, REDACTOR.token)
    return Filling({"/x": stand_in}, secrets).settled(Change("changed", "/x", "x", declared, live))


@pytest.mark.parametrize(
    ("declared", "live", "names"),
    [
        ("https://${host}/", "https://web.example/", ["host"]),
        ("${host}:${n}", "web.example:3", ["host", "n"]),
        ("${n}", 3, ["n"]),
        ("${on}", True, ["on"]),
        ("${host} ${HOME}", "web.example ${HOME}", ["host"]),
    ],
)
def test_a_text_that_holds_the_value_is_no_difference(declared: str, live: Any, names: list[str]) -> None:
    assert settled(declared, live, *names) is None


@pytest.mark.parametrize("live", ["https://old.example/", 5, ["https://old.example/"], None])
def test_another_value_is_a_difference_that_shows_none(live: Any) -> None:
    found = settled("https://${host}/", live, "host")
    assert found is not None
    assert found.declared == "https://${host}/"
    assert str(found.live).startswith("<redacted:")


def test_of_a_recording_a_whole_value_is_known_by_its_token_alone() -> None:
    assert settled("${host}", "web.example", "host", is_recorded=True, is_whole=True) is None
    for declared, live in (("${host}", "other"), ("https://${host}/", "https://web.example/")):
        with pytest.raises(LookupError):
            settled(declared, live, "host", is_recorded=True, is_whole=declared == "${host}")


def test_a_value_of_a_secret_is_compared_by_its_token() -> None:
    assert settled(REDACTOR.token(b"x"), REDACTOR.token(b"web.example"), "host", is_whole=True) is None
    found = settled(REDACTOR.token(b"x"), REDACTOR.token(b"other"), "host", is_whole=True)
    assert found is not None
    assert found.live == REDACTOR.token(b"other")
    with pytest.raises(LookupError):
        settled(REDACTOR.token(b"x"), REDACTOR.token(b"other"), "host")


def test_what_no_secret_tells_is_not_known() -> None:
    for declared, names in (("${gone}", ["gone"]), ("${other}", [])):
        with pytest.raises(LookupError):
            settled(declared, "x", *names)
