from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.form.kyverno import jmes
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.substitute import SubstitutionError, substitute, text_of

DATA = {
    "name": "web",
    "port": 80,
    "list": ["a", "b"],
    "object": {"b": 1, "a": None},
    "pointing": "{{ name }}",
    "loop": "{{ loop }}",
    "request": {"object": {"spec": {"image": "nginx"}}, "oldObject": {"spec": {"image": "old"}}},
}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("plain", "plain"),
        ("{{ port }}", 80),
        ("{{port}}", 80),
        ("port {{ port }}!", "port 80!"),
        ("{{ list }}", ["a", "b"]),
        ("in {{ list }}", 'in ["a","b"]'),
        ("in {{ object }}", 'in {"a":null,"b":1}'),
        ("{{ name }}-{{ name }}", "web-web"),
        ("{{ object.{x: b}.x }}", 1),
        ("{{ pointing }}", "{{ name }}"),
        ("to {{ pointing }}", "to web"),
        ("to {{- pointing }}", "to {{ name }}"),
        ("{{ contains('{{ name }}', 'we') }}", True),
        ("\\{{ name }}", "{{ name }}"),
        ("a \\{{ name }} {{ name }}", "a {{ name }} web"),
        ({"{{ name }}": ["{{ port }}"]}, {"web": [80]}),
        ({"spec": {"image": "{{ @ }}"}}, {"spec": {"image": "nginx"}}),
        ({"spec": {"=(image)": "x/{{ @ }}"}}, {"spec": {"=(image)": "x/nginx"}}),
        (None, None),
        (5, 5),
    ],
)
def test_variables_become_their_values(document: Any, expected: Any) -> None:
    assert substitute(document, Scope(dict(DATA))) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"a": "x", "b": "$(./../a)"}, {"a": "x", "b": "x"}),
        ({"a": "x", "b": "<=$(./../a)"}, {"a": "x", "b": "<=x"}),
        ({"a": 5, "b": "$(<=./../a)"}, {"a": 5, "b": "<=5"}),
        ({"=(a)": "x", "b": [{"(c)": "$(./../../../a)"}]}, {"=(a)": "x", "b": [{"(c)": "x"}]}),
        ({"a": "x", "b": "$(/a) and $(/a)"}, {"a": "x", "b": "x and x"}),
        ({"a": "\\$(./x)"}, {"a": "$(./x)"}),
    ],
)
def test_references_lead_to_other_places_of_the_document(document: Any, expected: Any) -> None:
    assert substitute(document, Scope({})) == expected


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{{ nothing }}", "unknown key"),
        ("{{ name( }}", "not a JMESPath"),
        ("{{ }}", "empty"),
        ("x {{ loop }}", "without end"),
        ({"{{ port }}": 1}, "does not become a text"),
        ("$(./../nowhere)", "leads to no text"),
        ({"a": {"b": 1}, "c": "$(./../a)"}, "leads to no text"),
    ],
)
def test_what_cannot_be_resolved_is_an_error(document: Any, message: str) -> None:
    with pytest.raises(SubstitutionError, match=message):
        substitute(document, Scope(dict(DATA)))


def test_a_text_that_doubles_itself_ends() -> None:
    with pytest.raises(SubstitutionError, match="without end"):
        substitute("x {{ a }}", Scope({"a": "{{ a }} {{ a }}" * 50}))


def test_a_message_that_cannot_be_resolved_is_none() -> None:
    assert text_of("{{ nothing }}", Scope({})) is None
    assert text_of("{{ port }}", Scope({"port": 1})) is None


def test_a_deleted_object_is_the_old_one() -> None:
    assert substitute("{{ request.object.spec.image }}", Scope(dict(DATA), is_delete=True)) == "old"


def test_a_context_entry_is_loaded_when_it_is_named() -> None:
    scope, loads = Scope({}), []

    def loader(name: str) -> Any:
        loads.append(name)
        return name

    scope.defer("used", lambda _: loader("used"))
    scope.defer("unused", lambda _: loader("unused"))
    assert scope.query("used") == "used"
    assert scope.query("used") == "used"
    assert loads == ["used"]


def test_a_context_entry_may_redefine_one_of_its_own_name() -> None:
    scope = Scope({})
    scope.defer("x", lambda _: 1)
    scope.defer("x", lambda inner: inner.query("x") + 1)
    assert scope.query("x") == 2


def test_a_context_entry_sees_those_before_it_only() -> None:
    scope = Scope({})
    scope.defer("early", lambda inner: inner.query("late"))
    scope.defer("late", lambda _: 1)
    with pytest.raises(jmes.NotFound):
        scope.query("early")


def test_a_fork_keeps_its_changes_to_itself() -> None:
    scope = Scope({"request": {"operation": "CREATE"}})
    scope.defer("entry", lambda _: 1)
    inner = scope.fork()
    inner.add("request.operation", "UPDATE")
    assert inner.query("entry") == 1
    assert scope.data == {"request": {"operation": "CREATE"}}


def test_values_are_added_at_dotted_paths() -> None:
    scope = Scope({"a": {"b": 1}})
    scope.add("a.c.d", 2)
    scope.add('a."x.y"', 3)
    scope.add("a", {"e": 4})
    assert scope.data == {"a": {"b": 1, "c": {"d": 2}, "x.y": 3, "e": 4}}
