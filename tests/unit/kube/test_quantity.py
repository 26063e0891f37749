"""Quantities: what number they stand for, and how the API server prints them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_audit.kube.quantity import Quantity, amount, parse, read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1000m"),
        (1, "1"),
        (0.5, "500m"),
        ("1Gi", "1073741824"),
        ("1e3", "1k"),
        ("1E3", "1000"),
        ("1.5Gi", "1536Mi"),
        ("-1", "-1000m"),
        ("+1", "1"),
        (".5", "500m"),
        ("5.", "5"),
        ("0.1n", "1n"),
        ("1000000000Ei", "999999999Ei"),
        (1e-07, "100n"),
    ],
)
def test_quantities_are_numbers_however_they_are_written(one: Any, other: Any) -> None:
    assert amount(one) == amount(other)


@pytest.mark.parametrize("text", ["", "1 Gi", "1gi", "1KiB", "1e99999", None, True, [], "1Ki2", "0x1"])
def test_what_is_no_quantity_has_no_number(text: Any) -> None:
    assert amount(text) is None


def test_a_mega_is_no_mebi_and_a_milli_is_no_mega() -> None:
    assert amount("1M") == 10**6
    assert amount("1Mi") == 2**20
    assert amount("1m") == Fraction(1, 1000)


@given(st.integers(-(10**12), 10**12))
def test_a_quantity_in_milli_is_a_thousandth(number: int) -> None:
    assert amount(f"{number * 1000}m") == amount(number)


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
        ("1e21", "1e21"),
        ("1000E", "1e21"),
        ("1024Mi", "1Gi"),
        ("007", "007"),
        ("5.", "5."),
    ],
)
def test_quantities_are_printed_in_kubernetes_canonical_form(text: str, shown: str) -> None:
    assert str(parse(text)) == shown


@pytest.mark.parametrize("text", ["", "1x", "1 Gi", "1ki", "--1", "1" * 600, "1_0", "٣", "1e9999", "1Xi"])
def test_what_is_no_quantity_is_refused_in_the_servers_words(text: str) -> None:
    assert read(text) is None
    with pytest.raises(ValueError, match="quantit"):
        parse(text)


def test_quantities_compare_exactly() -> None:
    half, whole = parse("500m"), parse("0.5")
    assert half is not None
    assert whole is not None
    assert half.value == whole.value == Fraction(1, 2)


def test_what_arithmetic_made_is_printed_in_canonical_form() -> None:
    assert str(Quantity(Fraction(1536 * 2**20), "binary")) == "1536Mi"
    assert str(Quantity(Fraction(1, 3))) == "333333334n"


def test_space_around_the_text_of_a_field_does_not_count() -> None:
    assert amount(" 1000m ") == 1
    assert read(" 1000m ") is None


@given(st.decimals(min_value=0, max_value=10**12, places=3), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "e3"]))
def test_a_canonical_quantity_stays_as_it_is(number: Any, suffix: str) -> None:
    once = str(parse(f"{number:f}{suffix}"))
    assert str(parse(once)) == once


@pytest.mark.parametrize("text", [".", "Gi", "m", "-"])
def test_a_quantity_without_digits_is_zero_as_it_is_to_the_server(text: str) -> None:
    assert amount(text) == 0
