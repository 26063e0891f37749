from __future__ import annotations

import re
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.policy import cel

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=12,
)


def run(expression: str, body: object = None) -> Any:
    return cel.compile(expression, {"object": "dyn"}).evaluate(cel.Activation.of({"object": body}))


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_a_json_value_comes_back_as_it_went_in(body: object) -> None:
    assert run("object", body) == body


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=8))
def test_list_functions_agree_with_python(numbers: list[int]) -> None:
    found = run("[object.sum(), object.min(), object.max(), object.indexOf(object[0])]", numbers)

    assert found == [sum(numbers), min(numbers), max(numbers), numbers.index(numbers[0])]
    assert run("object.isSorted()", numbers) == (sorted(numbers) == numbers)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1 +", "1:4: Syntax error"),
        ("1 == 'a'", "1:3: found no matching overload for '_==_'"),
        ("quantity(1).isInteger()", "1:9: found no matching overload for 'quantity'"),
        ("missing > 1", "1:1: undeclared reference to 'missing'"),
        ("'a'.nothing()", "1:12: undeclared reference to 'nothing'"),
        ("'\ud800' == 'a'", "the expression is not valid Unicode"),
        ("true" + " " * 100_000, "longer than 100000 characters"),
        ("(" * 500 + "1" + ")" * 500, "recursion limit"),
    ],
)
def test_what_is_no_valid_expression_is_refused_with_the_place(expression: str, reason: str) -> None:
    with pytest.raises(cel.CelError, match=_literally(reason)):
        cel.compile(expression, {})


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("object.a.b == 1", "no such key"),
        ("object + 1 == 2", "No matching overloads"),
        ("1 / 0 == 1", "divide by zero"),
        ("quantity('x').isInteger()", "quantities must match"),
        ("optional.of(1)", "the result is an optional"),
        ("[optional.of(1)]", "the result holds an optional"),
        ("semver('1').major() == 1", "is not a semantic version"),
    ],
)
def test_an_error_of_the_evaluation_is_told(expression: str, reason: str) -> None:
    with pytest.raises(cel.CelError, match=_literally(reason)):
        run(expression, {})


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("object.l.all(a, object.l.all(b, object.l.all(c, a + b + c >= 0)))", "256 MiB"),
        ("object.l.all(a, object.l.all(b, object.l.all(c, c >= 0)))", "budget exceeded"),
        ("object.l.map(a, object.l.map(b, object.s)).size() > 0", "256 MiB"),
        ("(object.l + object.l + object.l + object.l + object.l).map(x, x).size() > 0", "256 MiB"),
        ("(object.l + object.l).transformMap(i, x, x).size() > 0", "256 MiB"),
        ("lists.range(1000000000).size() > 1", "too long"),
        ("object.s.matches('(a{1000}){1000}')", "repetition size"),
        ("cel.bind(a, object.s + object.s + object.s, " * 9 + "a.size() > 1" + ")" * 9, ""),
        ("object.s.replace('a', object.s).size() > 1", "256 MiB"),
        ("object.l.map(x, object.s).join(object.s).size() > 1", "256 MiB"),
        ("{'a': 1}.transformMap(k, v, optional.of(v)).size() == 1", "an optional inside"),
        ("{'a': 1}.transformMap(k, v, dyn([optional.of(v)])).size() == 1", "an optional inside"),
        ("'%.1000000000f'.format([1.0]).size() > 1", "precision"),
        ("object.l.map(x, regex.replace(object.s, 'a', 'b')).size() > 1", "in a loop could take for ever"),
    ],
)
def test_a_hostile_expression_ends_in_an_error(expression: str, reason: str) -> None:
    body = {"s": "a" * 50_000, "l": list(range(1000))}

    if reason:
        with pytest.raises(cel.CelError, match=_literally(reason)):
            run(expression, body)
    else:
        assert run(expression, body) is True


def test_a_value_that_doubles_in_every_variable_is_refused() -> None:
    composition = cel.Composition({"object": "dyn"}).defined("v0", "object.s + object.s")

    for index in range(1, 25):
        composition = composition.defined(f"v{index}", f"variables.v{index - 1} + variables.v{index - 1}")

    with pytest.raises(cel.CelError, match="256 MiB of memory for any object"):
        composition.defined("v25", "variables.v24 + variables.v24 + variables.v24 + variables.v24")


@pytest.mark.parametrize("function", ["matches('^(a+)+$b')", "find('(a+)+b') != ''", "findAll('(a*)*b').size() > 0"])
def test_a_catastrophic_pattern_takes_linear_time(function: str) -> None:
    started = time.process_time()

    assert run(f"object.{function}", "a" * 50_000) is False
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"a": "\ud800"}, "surrogates"),
        ({"a": 2**70}, "64-bit"),
        ({"a": "x\0y"}, "NUL"),
        ({1: "a"}, "str"),
        ({"a": object()}, "not JSON serializable"),
    ],
)
def test_an_object_cel_cannot_hold_is_refused(body: object, reason: str) -> None:
    with pytest.raises(cel.CelError, match=_literally(reason)):
        run("true", body)


def test_an_object_nested_too_deep_is_refused() -> None:
    body: dict[str, Any] = {}
    for _ in range(2000):
        body = {"a": body}

    with pytest.raises(cel.CelError, match="Recursion limit"):
        run("true", body)


def test_converting_nulls_does_not_use_up_the_references_to_none() -> None:
    before = sys.getrefcount(None)
    program = cel.compile("[object.a, null]", {"object": "dyn"})
    activation = cel.Activation.of({"object": {"a": None}})

    for _ in range(200_000 // 100):
        assert program.evaluate(activation) == [None, None]

    assert sys.getrefcount(None) > min(before, 40_000)


def test_variables_are_evaluated_only_where_they_are_used() -> None:
    composition = cel.Composition({"object": "dyn"}).defined("broken", "object.missing.field")
    activation = cel.Activation.of({"object": {}})

    assert composition.compile("has(object.missing) && variables.broken == 1").evaluate(activation) is False
    with pytest.raises(cel.CelError, match="no such key"):
        composition.compile("variables.broken == 1").evaluate(activation)


def test_a_variable_may_use_the_ones_before_it() -> None:
    first = cel.Composition({"object": "dyn"}).defined("a", "object.x + 1 // one more")
    composition = first.defined("b", "variables . a * 2")

    assert composition.compile("variables.b == 8 && variables.a == 4").evaluate(cel.Activation.of({"object": {"x": 3}}))


def test_the_word_variables_in_a_text_or_a_field_is_left_alone() -> None:
    composition = cel.Composition({"object": "dyn"}).defined("a", "1")
    activation = cel.Activation.of({"object": {"variables": {"a": 2}}})

    program = composition.compile("object.variables.a == 2 && 'variables.a' != '' && variables.a == 1")

    assert program.evaluate(activation) is True


def test_an_unknown_variable_is_refused_with_a_suggestion() -> None:
    composition = cel.Composition({}).defined("containers", "[1]")

    with pytest.raises(cel.CelError, match=r"undefined variable 'variables.contaners'; did you mean 'containers'"):
        composition.compile("variables.contaners.size() > 0")


def test_the_type_of_a_variable_is_checked_where_it_is_used() -> None:
    composition = cel.Composition({}).defined("limit", "quantity('1Gi')")

    with pytest.raises(cel.CelError, match="1:17: found no matching overload"):
        composition.compile("variables.limit == 'a'")


def _literally(text: str) -> str:
    return re.escape(text)


LARGE_PATTERNS = ("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "@sha256:[0-9a-f]{64}$", "(?i)x{2,90}", "^.{0,70}\\n?$")


@given(st.sampled_from(LARGE_PATTERNS), st.one_of(st.text(alphabet="ab-0xX@\né", max_size=70), st.text(max_size=3)))
def test_a_pattern_dear_to_compile_matches_as_any_other(pattern: str, text: str) -> None:
    # the runtime's own function, which the pattern of a variable still goes to
    own = cel.compile("text.matches(pattern)", {"text": "dyn", "pattern": "dyn"})
    kept = cel.compile(f"text.matches(r'{pattern}')", {"text": "dyn"})
    values = {"text": text.replace("\0", ""), "pattern": pattern}

    assert kept.evaluate(cel.Activation.of(values)) == own.evaluate(cel.Activation.of(values))


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.sampled_from(["a+", "(a)|b", "^b", "a{2}", "", "b*", *LARGE_PATTERNS]),
    st.lists(st.text(alphabet="ab\né", max_size=5), max_size=3),
)
def test_a_pattern_in_a_loop_gives_what_it_gives_outside(pattern: str, texts: list[str]) -> None:
    for function in ("matches(P)", "find(P)", "findAll(P)", "findAll(P, 1)"):
        call = function.replace("P", f"r'{pattern}'")
        looped = cel.compile(f"texts.map(t, t.{call})", {"texts": "list<string>"})
        single = cel.compile(f"text.{call}", {"text": "string"})

        expected = [single.evaluate(cel.Activation.of({"text": text})) for text in texts]
        assert looped.evaluate(cel.Activation.of({"texts": texts})) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("object.l.all(x, x.matches('a'))", "No matching overloads found : (int64).matches(string)"),
        ("object.l.all(x, matches(x, 'a'))", "No matching overloads found : matches(int64, string)"),
        ("object.l.all(x, object.s.matches(x))", "No matching overloads found : (string).matches(int64)"),
        ("object.l.all(x, object.s.matches('('))", "invalid regular expression: missing ): ("),
        ("object.l.all(x, object.s.matches(object.p))", "invalid regular expression: missing ]: ["),
        ("object.l.all(x, object.s.find(object.p) == '')", "invalid regular expression: missing ]: [)"),
        ("object.l.all(x, x.find('a') == '')", "No matching overloads found : regex.extract(int64, string)"),
        ("object.l.all(x, object.none.find('a') == '')", "no such key: none"),
    ],
)
def test_a_pattern_in_a_loop_fails_in_the_words_of_one_outside(expression: str, reason: str) -> None:
    with pytest.raises(cel.CelError) as raised:
        run(expression, {"l": [1, 2], "s": "a", "p": "["})

    assert str(raised.value) == reason


@pytest.mark.parametrize("pattern", ["x", LARGE_PATTERNS[0]])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("object.n", "No matching overloads found : (int64).matches(string)"),
        ("object.none", "no such key: none"),
        ("[1, 2].map(x, object.s)[7]", "Index error: index=7 size=2"),
    ],
)
def test_what_is_no_text_is_told_alike_for_every_pattern(pattern: str, text: str, reason: str) -> None:
    program = cel.compile(f"{text}.matches('{pattern}')", {"object": "dyn"})

    with pytest.raises(cel.CelError) as raised:
        program.evaluate(cel.Activation.of({"object": {"n": 1, "s": "a"}}))
    assert reason in str(raised.value)


def test_a_pattern_dear_to_compile_is_compiled_once() -> None:
    program = cel.compile("object.all(x, x.matches('^.{0,900}y$'))", {"object": "dyn"})
    values = cel.Activation.of({"object": ["y"] * 2_000})
    started = time.process_time()

    assert program.evaluate(values) is True
    # to compile it takes milliseconds: 2,000 times, several seconds
    assert time.process_time() - started < 2
