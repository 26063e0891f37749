"""RFC 6902, as far as the truth table changes declared objects: add, remove, replace."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from gitops_audit.model.path import pointer_tokens


def patched(body: Any, ops: Iterable[dict[str, Any]]) -> Any:
    """A changed copy."""
    body = copy.deepcopy(body)
    for op in ops:
        *parents, last = pointer_tokens(op["path"])
        target = body
        for token in parents:
            target = target[int(token)] if isinstance(target, list) else target[token]
        _perform(op, target, last)
    return body


def _perform(op: dict[str, Any], target: Any, last: str) -> None:
    if isinstance(target, list):
        index = len(target) if last == "-" else int(last)
        if op["op"] != "add":
            del target[index]
        if op["op"] != "remove":
            target.insert(index, op["value"])
    elif op["op"] == "remove":
        del target[last]
    else:
        target[last] = op["value"]
