"""A quick look at what one field manager owns: is all of it declared? Most objects need no closer look."""

from __future__ import annotations

from typing import Any

from gitops_audit.deployer import tracking
from gitops_audit.drift import builtin
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.managed_fields import Trie
from gitops_audit.kube.path import ROOT, Path
from gitops_audit.model.finding import ABSENT

# A list as long as this is looked up by index instead of searched.
_MANY = 500


def is_all_declared(trie: Trie, declared: Any, live: Any, *, place: Path = ROOT, has_marks: bool = True) -> bool:
    """Whether plainly every owned field is declared. False decides nothing; no schema is asked.

    `place` is kept for the first levels only, where deployers write marks of their own. `has_marks`: whether the owner
    is one of those whose marks are passed over.
    """
    is_struct = type(declared) is dict and type(live) is dict
    is_shallow = len(place) < 3
    for key, node in trie.items():
        if key == ".":
            continue
        name = key[2:]
        if is_struct and key[:2] == "f:":
            want, have = declared.get(name, ABSENT), live.get(name)
        else:
            want, have = _elements(key, declared, live)
        if want is ABSENT:
            if is_shallow and has_marks and tracking.is_mark((*place, name)):
                continue
            return False
        kind = type(want)
        if kind is dict or kind is list:
            if not is_inside_declared(node, want, have, (*place, name) if is_shallow else place, has_marks):
                return False
        elif have and (not want or name == "caBundle") and want != have:
            return False
    return True


def is_inside_declared(node: Any, want: Any, have: Any, place: Path, has_marks: bool = True) -> bool:
    """The same for what is owned below a field that is declared."""
    if not node or type(node) is not dict or fields.is_leaf(node):
        return builtin.adds_only_defaults(want, have)
    return is_all_declared(node, want, have, place=place, has_marks=has_marks)


def _elements(key: str, declared: Any, live: Any) -> tuple[Any, Any]:
    """The declared and the live element that a key of a set of fields means, ABSENT where plainly there is none."""
    if type(declared) is not list or type(live) is not list or len(declared) > _MANY:
        return ABSENT, ABSENT
    if key[:2] == "v:":
        value = fields.value_of(key[2:])
        return (value, value) if value in declared else (ABSENT, ABSENT)
    place = _place(key, declared)
    if place < 0:
        return ABSENT, ABSENT
    beside = place if place < len(live) and _place(key, live[place : place + 1]) == 0 else _place(key, live)
    return declared[place], live[beside] if beside >= 0 else ABSENT


def _place(key: str, elements: list[Any]) -> int:
    keys = fields.keys_of(key[2:]) if key[:2] == "k:" else ()
    for place, element in enumerate(elements):
        if keys and _has_keys(element, keys):
            return place
    return -1


def _has_keys(element: Any, keys: tuple[tuple[str, Any], ...]) -> bool:
    if type(element) is not dict:
        return False
    for name, value in keys:
        found = element.get(name)
        if found != value and not (found is None and name == "protocol" and value == "TCP"):
            return False
    return True
