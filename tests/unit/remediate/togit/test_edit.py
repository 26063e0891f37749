"""Changing values of a document where they stand."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.manifest.compose import compose
from gitops_audit.model.same import is_same
from gitops_audit.remediate.togit.edit import edited
from gitops_audit.remediate.togit.node import Node, Uneditable, parsed

pytestmark = pytest.mark.slow


def read(text: str) -> Any:
    found = compose(text.encode())
    return found.value if found else None


def changed(text: str, change: Any) -> str:
    """The text after a change of what it says: a function on the value."""
    wanted = copy.deepcopy(read(text))
    change(wanted)
    return edited(text, wanted, read)


def put(*tokens: Any) -> Any:
    *way, last, value = tokens

    def change(body: Any) -> None:
        for token in way:
            body = body[token]
        body[last] = value

    return change


def drop(*tokens: Any) -> Any:
    *way, last = tokens

    def change(body: Any) -> None:
        for token in way:
            body = body[token]
        del body[last]

    return change


CASES = {
    "a plain scalar": ("a: 1 # one\nb:   x\n", put("b", "z"), "a: 1 # one\nb:   z\n"),
    "its comment stays": ("a: 1   # one\nb: x\n", put("a", 2), "a: 2   # one\nb: x\n"),
    "single quotes": ("a: 'x' # c\n", put("a", "it's"), "a: 'it''s' # c\n"),
    "double quotes": ('a: "x"\n', put("a", 'say "y"'), 'a: "say \\"y\\""\n'),
    "a number in quotes": ('a: "1"\n', put("a", "2"), 'a: "2"\n'),
    "a text that looks like a number": ("a: x\n", put("a", "1.36"), 'a: "1.36"\n'),
    "a text that looks like a word": ("a: x\n", put("a", "yes"), 'a: "yes"\n'),
    "no value before": ("a:\nb: 1\n", put("a", "x"), "a: x\nb: 1\n"),
    "no newline at the end": ("a: 1\nb: 2", put("b", 3), "a: 1\nb: 3"),
    "a key behind the last, without newline": ("a: 1\nb: 2", put("c", 3), "a: 1\nb: 2\nc: 3"),
    "the last key goes, without newline": ("a: 1\nb: 2", drop("b"), "a: 1"),
    "a key goes": ("a: 1\n# about b\nb: 2 # two\nc: 3\n", drop("b"), "a: 1\n# about b\nc: 3\n"),
    "a key with lines goes": ("a: 1\nb:\n  c:\n  - 1\n  - 2\nd: 3\n", drop("b"), "a: 1\nd: 3\n"),
    "the only key of a map goes": ("a:\n  b: 1\nc: 2\n", drop("a", "b"), "a: {}\nc: 2\n"),
    "the same behind a comment": ("a: # here\n  b: 1\nc: 2\n", drop("a", "b"), "a: {} # here\nc: 2\n"),
    "the first key of an element goes": ("- a: 1\n  b: 2\n- c\n", drop(0, "a"), "- b: 2\n- c\n"),
    "a key is put behind the one before it": (
        "a:\n    b: 1 # c\n    # d\nc: 2\n",
        put("a", "x", "z"),
        "a:\n    b: 1 # c\n    x: z\n    # d\nc: 2\n",
    ),
    "a map of its own": (
        "a:\n    b: 1\nc: 2\n",
        put("d", {"e": {"f": 1}}),
        "a:\n    b: 1\nc: 2\nd:\n    e:\n        f: 1\n",
    ),
    "an empty map gets a key": ("a: {} # none\nc: 2\n", put("a", "b", 1), "a: # none\n  b: 1\nc: 2\n"),
    "no map gets a key": ("a:\nc: 2\n", put("a", {"b": 1}), "a:\n  b: 1\nc: 2\n"),
    "an element goes": ("a:\n- x\n- y # why\n- z\n", drop("a", 1), "a:\n- x\n- z\n"),
    "an element is put at the end": (
        "a:\n  - k: x\n    v: 1\nb: 2\n",
        lambda v: v["a"].append({"k": "z", "v": [1, 2]}),
        "a:\n  - k: x\n    v: 1\n  - k: z\n    v:\n      - 1\n      - 2\nb: 2\n",
    ),
    "an element is put at the start": ("a:\n  - x\n", lambda v: v["a"].insert(0, "w"), "a:\n  - w\n  - x\n"),
    "a list of lists": ("- - 1\n  - 2\n- 3\n", put(0, 1, 5), "- - 1\n  - 5\n- 3\n"),
    "a flow map": ("a: {b: 1, c: 2} # f\n", put("a", "b", 3), "a: {b: 3, c: 2} # f\n"),
    "a flow map gets a key": ("a: {b: 1, c: 2}\n", put("a", "d", "x, y"), 'a: {b: 1, c: 2, d: "x, y"}\n'),
    "a flow map loses its last key": ("a: {b: 1, c: 2}\n", drop("a", "c"), "a: {b: 1}\n"),
    "a flow map loses its first key": ("a: {b: 1, c: 2}\n", drop("a", "b"), "a: {c: 2}\n"),
    "a flow list": ("a: [1, 2, 3]\n", drop("a", 1), "a: [1, 3]\n"),
    "a flow list grows": ("a: [x]\n", lambda v: v["a"].append("z"), "a: [x, z]\n"),
    "CRLF": ("a: 1\r\nb: 2\r\n", put("c", {"d": 1}), "a: 1\r\nb: 2\r\nc:\r\n  d: 1\r\n"),
    "CRLF, a key goes": ("a: 1\r\nb: 2\r\nc: 3\r\n", drop("b"), "a: 1\r\nc: 3\r\n"),
    "a block scalar": ("a: |\n    one\n    two\nb: 1\n", put("a", "one\n2\n"), "a: |\n    one\n    2\nb: 1\n"),
    "a block scalar loses its end": ("a: |\n  one\nb: 1\n", put("a", "one"), "a: |-\n  one\nb: 1\n"),
    "a folded scalar": ("a: >\n  one\n  two\nb: 1\n", put("a", "one\nthree\n"), "a: |\n  one\n  three\nb: 1\n"),
    "a key behind a block scalar": ("a: |\n  one\n\nb: 1\n", lambda v: v.update(c=2), "a: |\n  one\n\nb: 1\nc: 2\n"),
    "a scalar alias": ("a: &x 1\nb: *x\n", put("b", 2), "a: &x 1\nb: 2\n"),
    "an anchor that nobody uses": ("a: &x 1\nb: 2\n", put("a", 3), "a: &x 3\nb: 2\n"),
    "what a merge brings is overridden": (
        "a: &x\n  k: 1\nb:\n  <<: *x\n  l: 2\n",
        put("b", "k", 3),
        "a: &x\n  k: 1\nb:\n  <<: *x\n  l: 2\n  k: 3\n",
    ),
    "a tag": ("a: !!str x\n", put("a", "z"), "a: !!str z\n"),
    "a multi-line plain scalar": ("a: one\n  two\nb: 1\n", put("a", "x"), "a: x\nb: 1\n"),
    "document markers": ("---\na: 1\n...\n", put("b", 2), "---\na: 1\nb: 2\n...\n"),
    "keys in quotes": ("'a.b/c': 1\n\"d\": 2\n", put("d", 3), "'a.b/c': 1\n\"d\": 3\n"),
    "a key that needs quotes": ("a: 1\n", put("on", 2), 'a: 1\n"on": 2\n'),
}


@pytest.mark.parametrize(("text", "change", "wanted"), CASES.values(), ids=CASES.keys())
def test_only_what_differs_is_written(text: str, change: Any, wanted: str) -> None:
    assert changed(text, change) == wanted


JSON = '{\n  "a": {\n    "b": 1,\n    "c": [\n      "x"\n    ]\n  }\n}\n'


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (put("a", "b", "two"), JSON.replace("1", '"two"')),
        (
            put("a", "d", {"e": [1]}),
            JSON.replace("    ]\n", '    ],\n    "d": {\n      "e": [\n        1\n      ]\n    }\n'),
        ),
        (drop("a", "b"), JSON.replace('"b": 1,\n    ', "")),
        (drop("a", "c"), '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        (lambda v: v["a"]["c"].append("y"), JSON.replace('"x"', '"x",\n      "y"')),
    ],
)
def test_json_stays_json(change: Any, wanted: str) -> None:
    found = changed(JSON, change)

    assert found == wanted
    assert json.loads(found)


@pytest.mark.parametrize(
    ("text", "change", "reason"),
    [
        ("a: &x {k: 1}\nb: *x\n", put("a", "k", 2), "anchor &x"),
        ("a: &x {k: 1}\nb: *x\n", put("b", "k", 2), "anchor &x"),
        ("a: &x 1\nb: *x\n", put("a", 2), "anchor &x"),
        ("a: &x\n  k: 1\nb:\n  <<: *x\n  l: 2\n", drop("b", "k"), "merge"),
        ("a: 1\na: 2\n", put("a", 3), "stands twice"),
        ("a: !!bool 'false'\n", put("a", 0), "is not edited by position"),
        ("a: 1\n", put("a", "\ud800"), "UTF-8"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_the_reason(text: str, change: Any, reason: str) -> None:
    with pytest.raises(Uneditable, match=reason):
        changed(text, change)


# -- any document

_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.sampled_from(
        ["", "yes", "1.5", "a b", "x: y", "# no", "- z", "a\nb\n", "  lead", "tail ", "it's", '"q"', "1e3"]
    ),
    _TEXTS,
)
_KEYS = st.one_of(st.sampled_from(["a", "b", "on", "x.y/z", "1"]), st.text("abc-./ ", min_size=1, max_size=5))
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=12,
)
_DOCUMENTS = st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=4)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """A document in some style, with comments behind some of its lines."""
    body = draw(_DOCUMENTS)
    form = draw(st.sampled_from(["block", "flow", "json", "lines"]))
    if form == "json":
        return json.dumps(body, indent=draw(st.sampled_from([None, 2, 4])))
    if form == "lines":
        return yaml.dump(body, Dumper=_Plain, default_style=draw(st.sampled_from(["'", '"', "|"])), sort_keys=False)
    text = yaml.dump(
        body, Dumper=_Plain, default_flow_style=form == "flow", sort_keys=False, indent=draw(st.sampled_from([2, 4]))
    )
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.rstrip("\r\n") if draw(st.booleans()) else text


def leaves(value: Any, tokens: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """All scalars of a value, with the keys and places that lead to them."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from leaves(child, (*tokens, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from leaves(child, (*tokens, index))
    else:
        yield tokens, value


def _at(body: Any, tokens: Any) -> Any:
    for token in tokens:
        body = body[token]
    return body


@settings(max_examples=500, deadline=None)
@given(_texts(), st.data())
def test_one_changed_leaf_leaves_every_other_byte_as_it_was(text: str, data: st.DataObject) -> None:
    try:
        before = read(text)
    except Exception:
        return
    if not isinstance(before, dict):
        return
    tokens = data.draw(st.sampled_from([t for t, _ in leaves(before)] or [()]))
    new = data.draw(_SCALARS)
    if not tokens:
        return
    wanted = copy.deepcopy(before)
    _at(wanted, tokens[:-1])[tokens[-1]] = new

    try:
        found = edited(text, wanted, read)
    except Uneditable:
        return

    assert is_same(read(found), wanted)
    node = _node(parsed(text), tokens)
    assert found[: node.start] == text[: node.start]
    assert found[len(found) - (len(text) - node.end) :] == text[node.end :]


def _node(node: Node, tokens: Any) -> Node:
    for token in tokens:
        named = [entry.value for entry in node.entries if entry.name == token]
        node = named[0] if node.kind == "mapping" else node.items[token]
    return node
