from __future__ import annotations

import codecs

import pytest

from gitops_audit.manifest import file as manifest
from gitops_audit.manifest import stream


def read(data: str | bytes) -> tuple[list[tuple[int, object]], list[int]]:
    """(line, value) of each document, and the lines of the problems."""
    found, problems = manifest.documents(data if isinstance(data, bytes) else data.encode(), "a.yaml")
    return found, [problem.line for problem in problems]


A, B = {"a": 1}, {"b": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n---\nb: 2\n", [(1, A), (3, B)]),
        ("---\na: 1\n", [(2, A)]),
        ("---\n---\na: 1\n", [(3, A)]),
        ("a: 1\n---\n", [(1, A)]),
        ("a: 1\n---", [(1, A)]),
        ("a: 1\n--- # why\nb: 2\n", [(1, A), (3, B)]),
        ("a: 1\n---#why\nb: 2\n", [(1, A), (3, B)]),
        ("a: 1\n---  \t\nb: 2\n", [(1, A), (3, B)]),
        ("# one\n---\n# two\n---\n\na: 1\n", [(6, A)]),
        ("a: 1\r\n---\r\nb: 2\r\n", [(1, A), (3, B)]),
        ("\ufeffa: 1\n---\n\ufeffb: 2\n", [(1, A), (3, B)]),
        ("a: 1\n...\n---\nb: 2\n", [(1, A), (4, B)]),
        ("a: |\n  ---\nb: 2\n", [(1, {"a": "---\n", "b": 2})]),
        ("", []),
        ("  \n\n", []),
        ("# only a comment", []),
        ("null\n---\n~\n", []),
    ],
)
def test_documents_are_cut_at_separators(text: str, expected: list[tuple[int, object]]) -> None:
    assert read(text) == (expected, [])


def test_a_block_scalar_at_the_end_of_a_file_ends_with_a_line_break_even_if_the_file_does_not() -> None:
    assert read("a: |\n  x") == ([(1, {"a": "x\n"})], [])


@pytest.mark.parametrize(
    ("text", "values", "lines"),
    [
        ("a: 1\n--- {x: 1}\n", [(1, A)], [2]),
        ("--- {x: 1}\n---\nb: 2\n", [(3, B)], [1]),
        ("a: 1\n---\nx: y: z\n---\nb: 2\n", [(1, A), (5, B)], [3]),
        ("x: [\n---\nb: 2\n", [(3, B)], [2]),
        ("a: 1\n-----BEGIN X-----\n---\nb: 2\n", [(4, B)], [2]),
        ("%YAML 1.1\n---\na: 1\n", [(3, A)], [1]),
        ("%YAML 1.2\n---\na: 1\n", [(3, A)], [1]),
        ("a: 1\n---\nb: 2\n%TAG ! t:\n", [(1, A), (3, B)], [4]),
        ("a: 1\n...\nx: 1\n---\nb: 2\n", [(1, A), (5, B)], [3]),
        ("a: 1\n---\nx: \0\n---\nb: 2\n", [(1, A), (5, B)], [3]),
    ],
)
def test_a_broken_document_costs_none_of_the_others(
    text: str, values: list[tuple[int, object]], lines: list[int]
) -> None:
    assert read(text) == (values, lines)


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
def test_utf16_is_read_where_a_byte_order_mark_announces_it(mark: bytes, encoding: str) -> None:
    assert read(mark + "a: é\n---\nb: 2\n".encode(encoding)) == ([(1, {"a": "é"}), (3, B)], [])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: 1\nb: \xe9\n", "the file is not UTF-8: save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"a", "the file is not UTF-16-LE: save it as UTF-8"),
    ],
)
def test_other_encodings_are_refused_not_guessed(data: bytes, message: str) -> None:
    found, problems = manifest.documents(data, "a.yaml")
    assert (found, [p.message for p in problems]) == ([], [message])


JSON_A, JSON_B = '{"a": 1}', '{"b": 2}'


@pytest.mark.parametrize(
    ("text", "values", "lines"),
    [
        (f"{JSON_A}{JSON_B}", [(1, A), (1, B)], []),
        (f"\n {JSON_A}\n{JSON_B}\n", [(2, A), (3, B)], []),
        (f"{JSON_A}\n---\n{JSON_B}", [(1, A), (3, B)], []),
        (f"{JSON_A}\nb: 2\n", [(1, A), (2, B)], []),
        (f"{JSON_A}{JSON_B}\nb: 2\n", [(1, A), (1, B)], [2]),
        ("{a: 1}\n---\nb: 2\n", [(1, A), (3, B)], []),
        ('{"a": 1,}', [(1, A)], []),
        ("{'a': 1}", [(1, A)], []),
        ('{\n\t"a": 1\n}', [(1, A)], []),
        ('{"a": 1', [], [2]),
        (f"\ufeff{JSON_A}", [(1, A)], []),
    ],
)
def test_what_starts_like_json_is_read_as_json_and_else_as_yaml(
    text: str, values: list[tuple[int, object]], lines: list[int]
) -> None:
    assert read(text) == (values, lines)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", 9223372036854775808.0),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("1.0", 1),
        ("1e3", 1000),
        ("-0.0", 0),
        ("1.5E+3", 1500),
        ("1e21", 1e21),
        ("0.1", 0.1),
    ],
)
def test_json_numbers_are_int64_or_float64(number: str, expected: float) -> None:
    (((_, value),), _) = read(f'{{"a": {number}}}')
    assert repr(value) == repr({"a": expected})


@pytest.mark.parametrize("number", ["1e400", "9" * 5000])
def test_json_numbers_beyond_float64_are_refused(number: str) -> None:
    assert read(f'{{"a": {number}}}') == ([], [1])


@pytest.mark.parametrize(
    ("text", "expected"), [('"\\ud800"', "\ufffd"), ('"\\ud83d\\ude00"', "😀"), ('"a\\/b"', "a/b"), ('"\\u0000"', "\0")]
)
def test_json_strings_hold_no_half_surrogates(text: str, expected: str) -> None:
    assert read(f'{{"a": {text}}}') == ([(1, {"a": expected})], [])


@pytest.mark.parametrize("text", ['{"a":' * 100_000, '{"a":' + "[" * 100_000, '{"a":' * 300 + "1" + "}" * 300])
def test_json_nested_without_end_is_refused(text: str) -> None:
    assert read(text) == ([], [1])


def test_more_documents_than_any_file_needs_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_DOCUMENTS", 3)
    found, problems = manifest.documents(b"{}\n" * 4, "a.json")
    assert (len(found), [p.message for p in problems]) == (3, ["more than 3 documents in one file (limit: documents)"])
