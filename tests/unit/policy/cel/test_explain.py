from __future__ import annotations

import pytest

from gitops_audit.policy import cel
from gitops_audit.policy.cel.explain import explain

BODY = {"a": 3, "l": [{"n": 1}, {"n": 5, "x": "it's"}], "s": "abc"}


def parts(expression: str) -> list[tuple[str, str]]:
    program = cel.compile(expression, {"object": "dyn"})
    return [(p.text, p.value) for p in explain(program, cel.Activation.of({"object": BODY}))]


def test_both_sides_of_a_connective_and_what_they_compare_are_shown() -> None:
    assert parts("object.a < 2 && object.s == 'abc'") == [
        ("object.a < 2 && object.s == 'abc'", "false"),
        ("object.a < 2", "false"),
        ("object.a", "3"),
        ("object.s == 'abc'", "true"),
        ("object.s", '"abc"'),
    ]


def test_the_first_element_that_decides_is_shown() -> None:
    found = parts("object.l.all(c, c.n < 4)")

    assert ("c (element 1)", '{"x": "it\'s", "n": 5}') in found or ("c (element 1)", '{"n": 5, "x": "it\'s"}') in found
    assert found[-1] == ("c.n", "5")


def test_an_error_is_a_value() -> None:
    assert ("object.zz", "error: no such key: zz") in parts("object.zz == 1")


def test_a_variable_is_shown_by_its_name() -> None:
    composition = cel.Composition({"object": "dyn"}).defined("big", "object.l.filter(c, c.n > 4)")
    program = composition.compile("variables.big.size() == 0")
    found = explain(program, cel.Activation.of({"object": BODY}))

    assert [(p.text, p.value) for p in found] == [
        ("variables.big.size() == 0", "false"),
        ("variables.big.size()", "1"),
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "object.l.all(c, has(c.n) && c.n < 4)",
        "object.l.exists(c, c.n == 1) ? object.a : -object.a",
        "object.l.filter(c, c.n > 1).map(c, c.n)",
        "object.l.map(c, c.n > 1, c.n)",
        "object.l.exists_one(c, c.n == 1)",
        "[1, 2u, 1.5, 'x', true, null][0]",
        "{'a': 1, 'b': [2]}",
        "object.?a.orValue('d')",
        "object[?'a']",
        "(object.a + 1) * 2 - (3 - 1)",
        "!(object.a in [1, 2])",
        "cel.bind(x, 1, x + 1)",
        "object.l.transformList(i, c, c.n)",
        "a || (b ? c : d)",
    ],
)
def test_a_tree_reads_as_it_was_written(expression: str) -> None:
    variables = {"object": "dyn", "a": "dyn", "b": "dyn", "c": "dyn", "d": "dyn"}
    found = explain(cel.compile(expression, variables), cel.Activation.of({"object": BODY}))

    assert found[0].text == expression
