"""What an object holds, made safe for terminals, CI systems and XML: whatever it holds."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_audit.model.printable import printable, printable_lines

ANY_TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, übel, 漢字, 🚀", "plain text, übel, 漢字, 🚀"),
        ("\x1b[2Jx\x07", "\\x1b[2Jx\\x07"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x9b2J", "\\x9b2J"),
        ("nginx\u202egpj", "nginx\\u202egpj"),
        ("a\u2066b\u2069\u200e\u2028\u2029", "a\\u2066b\\u2069\\u200e\\u2028\\u2029"),
        ("web\u200b:1", "web\\u200b:1"),
        ("\ufffe\uffff\ud800", "\\ufffe\\uffff\\ud800"),
        ("全角\u3000空白", "全角\u3000空白"),
        ("  ::error::all is lost", "  \\x3a:error::all is lost"),
        ("a::b", "a::b"),
        ("x ##vso[task.setvariable]y", "x \\x23#vso[task.setvariable]y"),
        ("##[error]y", "\\x23#[error]y"),
        ("## heading", "## heading"),
    ],
)
def test_what_steers_a_terminal_or_a_ci_system_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_any_text_becomes_one_line_without_control_characters(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    assert not shown.lstrip().startswith("::")
    shown.encode("utf-8")


@given(ANY_TEXT)
def test_any_text_fits_into_xml(text: str) -> None:
    shown = printable(text)
    assert ET.fromstring(f"<a>{escape(shown)}</a>").text == (shown or None)  # noqa: S314 - our own text


@given(ANY_TEXT)
def test_what_is_safe_already_stays_as_it_is(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(ANY_TEXT)
def test_of_several_lines_each_is_safe(text: str) -> None:
    assert printable_lines(text).split("\n") == [printable(line) for line in text.split("\n")]
