"""One scalar of the configuration as data: text, number, truth value or nothing."""

from __future__ import annotations

from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
_TEXT = frozenset(_TAG + name for name in ("str", "timestamp", "value", "merge"))
_OTHERS = frozenset(_TAG + name for name in ("null", "bool", "int", "float"))


def scalar(node: yaml.Node) -> tuple[Any, str]:
    """The value and what is wrong with it (empty: nothing).

    Dates stay text, so that `expires: 2027-01-31` means the same with and without quotes.
    """
    text: str = node.value
    if node.tag in _TEXT:
        return text, ""
    if node.tag not in _OTHERS:
        return text, f"the tag {node.tag.removeprefix(_TAG)!r} means nothing here"
    try:
        return yaml.constructor.SafeConstructor().construct_object(node), ""
    except (ValueError, KeyError):
        return text, f"{text[:40]!r} is no number"
