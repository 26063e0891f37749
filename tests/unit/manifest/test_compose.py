from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.manifest.compose import Document, Duplicate, compose
from gitops_audit.manifest.events import Unreadable
from gitops_audit.manifest.limits import MAX_DEPTH, is_excessive_aliasing


def read(text: str) -> Document:
    document = compose(text.encode())
    assert document is not None
    return document


def refusal(text: str) -> tuple[str, int]:
    with pytest.raises(Unreadable) as caught:
        compose(text.encode())
    return caught.value.reason, caught.value.line


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        ("<<: *b\n  x: 3", {"x": 3, "p": 2}),
        ("x: 3\n  <<: *b", {"x": 1, "p": 2}),
        ("<<: [*b, *d]", {"x": 1, "p": 2, "r": 6}),
        ("<<: {x: 7}\n  p: 8", {"x": 7, "p": 8}),
        ("<<: {x: 1}\n  <<: {x: 2}", {"x": 2}),
        ("<<: {<<: *b, p: 9}", {"x": 1, "p": 9}),
        ('"<<": q', {"<<": "q"}),
        ('! "<<": *b', {"x": 1, "p": 2}),
        ("!!str <<: q", {"<<": "q"}),
        ("!!merge '<<': *b", {"x": 1, "p": 2}),
    ],
)
def test_merges_expand_in_the_order_they_stand(merge: str, expected: dict[str, Any]) -> None:
    found = read(f"b: &b {{x: 1, p: 2}}\nd: &d {{x: 5, r: 6}}\nc:\n  {merge}\n")
    assert (found.value["c"], found.duplicates) == (expected, ())


@pytest.mark.parametrize("merged", ["x", "", "[x]", "[[{a: 1}]]", "*l"])
def test_only_mappings_are_merged(merged: str) -> None:
    assert refusal(f"l: &l [1]\nc:\n  <<: {merged}\n") == (
        "`<<` merges a mapping or a list of mappings, nothing else",
        3,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a: &x [1], b: *x}", {"a": [1], "b": [1]}),
        ("{a: &x 1, b: *x, c: &x 2, d: *x}", {"a": 1, "b": 1, "c": 2, "d": 2}),
        ("{a: &x {b: &x 1, c: *x}, d: *x}", {"a": {"b": 1, "c": 1}, "d": 1}),
        ("{a: &x 1e3, *x : 5}", {"a": 1000, "1000": 5}),
        ("{&k a: 1, b: *k}", {"a": 1, "b": "a"}),
        ("{a: &n , b: *n}", {"a": None, "b": None}),
        ("{a: &q '1', b: *q}", {"a": "1", "b": "1"}),
    ],
)
def test_aliases_stand_for_the_last_anchor_of_their_name(text: str, expected: dict[str, Any]) -> None:
    assert read(text).value == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("&x {a: *x}", "an anchor's value contains itself"),
        ("&x [*x]", "an anchor's value contains itself"),
        ("{a: *x}", "an alias has no anchor before it"),
        ("[*x, &x 1]", "an alias has no anchor before it"),
        ("{a: &x {}, *x : 1}", "a mapping or a list stands where a key is expected"),
        ("{~: 1}", "a key is null"),
    ],
)
def test_what_cannot_be_json_is_refused(text: str, reason: str) -> None:
    assert refusal(text) == (reason, 1)


def test_the_last_of_equal_keys_wins_and_the_others_are_told() -> None:
    found = read("a: {x: 1}\nb:\n  - c: 1\n    c: 2\na: {w: 2}\n")
    assert found.value == {"a": {"w": 2}, "b": [{"c": 2}]}
    assert found.duplicates == (Duplicate(("b", 0, "c"), 4), Duplicate(("a",), 5))


def test_a_number_and_its_text_are_the_same_key() -> None:
    assert read("1: a\n'1': b\n").duplicates == (Duplicate(("1",), 2),)


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    reason, _ = refusal("\n".join(lines))
    assert reason == "the aliases of this document make it too large (limit: aliases)"


def test_merges_count_as_aliases() -> None:
    keys = ", ".join(f"k{n}: 1" for n in range(1000))
    merges = "\n".join(f"m{n}: {{<<: [{', '.join(['*a'] * 100)}]}}" for n in range(100))
    assert (
        refusal(f"a: &a {{{keys}}}\n{merges}")[0] == "the aliases of this document make it too large (limit: aliases)"
    )


def test_ordinary_use_of_anchors_is_far_from_the_bound() -> None:
    text = "base: &base {a: 1, b: 2, c: 3}\n" + "".join(f"n{n}: *base\n" for n in range(1000))
    assert len(read(text).value) == 1001


@pytest.mark.parametrize(
    ("decoded", "aliased", "expected"),
    [
        (1000, 1000, False),
        (100_000, 100, False),
        (2000, 1981, True),
        (2000, 1979, False),
        (2_200_000, 1_200_000, True),
        (2_200_000, 1_198_000, False),
        (5_000_000, 500_001, True),
        (5_000_000, 499_999, False),
    ],
)
def test_the_bound_on_aliases_is_that_of_the_go_library(decoded: int, aliased: int, expected: bool) -> None:
    assert is_excessive_aliasing(decoded, aliased) is expected


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: "])
def test_a_document_nested_without_end_is_refused(opening: str) -> None:
    reason, _ = refusal("a:\n  " + opening * 100_000 if opening != "- " else _staircase(1000))
    assert reason == f"more than {MAX_DEPTH} mappings and lists within each other (limit: manifest depth)"


def _staircase(depth: int) -> str:
    return "\n".join(f"{'  ' * n}-" for n in range(depth))


def test_a_document_may_be_nested_up_to_the_limit() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).line == 1


def test_what_follows_the_end_of_the_document_is_told() -> None:
    assert read("a: 1\n...\nb: 2\n").unread_line == 3
    assert read("a: 1\n...\n{{{\n").unread_line == 3
    assert read("a: 1\n...\n").unread_line == 0


@pytest.mark.parametrize("quotes", [1, 20])
def test_an_escaped_apostrophe_in_double_quotes_is_read_as_kubectl_does(quotes: int) -> None:
    text = ", ".join([r'"it\'s \\ \"x\" \'"'] * quotes)
    assert read(f"[{text}]").value == ["it's \\ \"x\" '"] * quotes


def test_an_unknown_escape_is_refused_however_many_apostrophes_stand_before_it() -> None:
    assert refusal(r'a: "\' \z"')[0] == "while parsing a quoted scalar: found unknown escape character"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('a:\n  "x\\/y"\n', "`\\/` is no escape in YAML for kubectl: write `/`"),
        ("a: 1\nb: [x?y]\n", "kubectl reads no `?` in an unquoted value within [...] or {...}: put it in quotes"),
        (
            "a:\n  {b: [1], c: x?}\n",
            "kubectl reads no `?` in an unquoted value within [...] or {...}: put it in quotes",
        ),
    ],
)
def test_what_only_newer_yaml_knows_is_refused(text: str, reason: str) -> None:
    assert refusal(text) == (reason, 2)


@pytest.mark.parametrize("text", ["a?b", "[a, 'b?', \"c?\"]", "{a: [1], b: 2}\n", "|\n  a?b \\/ [x?]\n", "'\\/'"])
def test_question_marks_and_slashes_elsewhere_are_fine(text: str) -> None:
    assert "a" in read(f"a: {text}\nz: '?'\n").value


def test_lines_count_from_the_first_line_of_the_piece() -> None:
    document = compose(b"# c\n\na: 1\n", first_line=10)
    assert document is not None
    assert document.line == 12


def test_control_characters_are_refused_with_their_line() -> None:
    assert refusal("a: 1\nb: \x07\n") == ("control characters are not allowed", 2)


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "a:\n\t\n  b: 1", "a:\n  \t- b"])
def test_a_tab_as_indentation_is_called_by_its_name(text: str) -> None:
    reason, line = refusal(text)
    assert (reason.endswith("a tab is used as indentation, YAML takes only spaces"), line) == (True, 2)


@pytest.mark.parametrize("text", ["a:\tb", "a: b\t", "a: {\n\tb: 1}"])
def test_tabs_elsewhere_are_fine(text: str) -> None:
    assert read(text).value
