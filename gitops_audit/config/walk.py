"""Steps through a document whose types are not checked yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.config.document import Pointer
from gitops_audit.model.resource import mapping


def items(parent: Any, key: str) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """The mappings of a list, with their pointers below the parent."""
    items = mapping(parent).get(key)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield (key, index), item
