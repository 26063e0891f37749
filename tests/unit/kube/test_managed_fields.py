"""FieldsV1: complete, and of no consequence where it is malformed."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.managed_fields import Entry
from gitops_audit.kube.path import Item, Path

TRIE: dict[str, Any] = {
    "f:metadata": {"f:finalizers": {".": {}, 'v:"a"': {}}},
    "f:spec": {
        "f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}}},
        "f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}}},
        "f:args": {"i:1": {}},
        "f:selector": {},
    },
}
WEB = Item(0, keys=(("name", "web"),))


@pytest.mark.parametrize(
    ("path", "is_owned"),
    [
        (("spec", "containers", WEB, "image"), True),
        (("spec", "containers", WEB, "args"), False),
        (("spec", "containers", Item(0, keys=(("name", "side"),))), False),
        (("spec", "ports", Item(0, keys=(("protocol", "TCP"), ("port", 80)))), True),
        (("metadata", "finalizers", Item(3, value="a")), True),
        (("metadata", "finalizers", Item(3, value="b")), False),
        (("spec", "args", Item(1)), True),
        (("spec", "args", Item(0)), False),
        (("spec", "nothing", "at", "all"), False),
    ],
)
def test_a_path_is_found_by_fields_keys_values_and_places(path: Path, is_owned: bool) -> None:
    assert (fields.at(TRIE, path) is not None) is is_owned


@pytest.mark.parametrize(
    ("element", "index", "is_owned"),
    [
        ({"name": "web", "image": "x"}, 7, True),
        ({"name": "side"}, 0, False),
        ({}, 0, False),
        ("web", 0, False),
    ],
)
def test_a_live_element_is_found_by_its_keys(element: Any, index: int, is_owned: bool) -> None:
    nodes = fields.elements(TRIE["f:spec"]["f:containers"])
    assert (fields.of_element(nodes, element, index) is not None) is is_owned


@pytest.mark.parametrize(
    ("key", "value", "index", "is_meant"),
    [
        ('v:"a"', "a", 0, True),
        ("v:1", 1, 0, True),
        ("v:1", True, 0, False),
        ("i:2", "x", 2, True),
        ("i:2", "x", 1, False),
        ("k:{bad", {"a": 1}, 0, False),
        ("k:[]", {"a": 1}, 0, False),
        ("f:a", {"a": 1}, 0, False),
    ],
)
def test_keys_of_a_set_of_fields_mean_elements(key: str, value: Any, index: int, is_meant: bool) -> None:
    assert (fields.of_element(fields.elements({key: {}}), value, index) is not None) is is_meant


def test_the_deepest_node_tells_how_far_a_set_reaches() -> None:
    node, depth = fields.deepest(TRIE, ("spec", "selector", "matchLabels", "app"))
    assert (node, depth) == ({}, 2)
    assert fields.is_leaf(node)


def test_leaves_are_listed_by_their_raw_keys() -> None:
    assert ("f:spec", "f:selector") in set(fields.leaves(TRIE))
    assert ("f:metadata", "f:finalizers", 'v:"a"') in set(fields.leaves(TRIE))


def test_entries_of_the_status_subresource_are_nobodys_intent() -> None:
    entries = [{"manager": "a", "subresource": "status"}, {"manager": "b", "subresource": "scale"}]
    assert [e.manager for e in fields.entries({"metadata": {"managedFields": entries}})] == ["b"]


@pytest.mark.parametrize(
    "body",
    [{}, {"metadata": None}, {"metadata": {"managedFields": None}}, {"metadata": {"managedFields": {"a": 1}}}],
)
def test_an_object_without_readable_ownership_has_no_entries(body: dict[str, Any]) -> None:
    assert fields.entries(body) == ()


def test_a_malformed_entry_owns_nothing() -> None:
    found = Entry.from_json({"manager": 5, "operation": None, "fieldsV1": "x", "time": []})
    assert found == Entry("", "", "", "", "", {})


@pytest.mark.parametrize("trie", [{"f:a": None}, {"f:a": 3}, {"k:{": {}}, {"": {}}, {"f": {}}])
def test_malformed_sets_own_nothing(trie: dict[str, Any]) -> None:
    assert fields.at(trie, ("a",)) is None
    assert fields.of_element(fields.elements(trie), {"a": 1}, 0) is None
