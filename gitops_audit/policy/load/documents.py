"""Policy files to documents, by the same YAML rules as manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gitops_audit.errors import Location, PolicyError
from gitops_audit.manifest.events import Unreadable
from gitops_audit.manifest.lines import Lines, document_lines
from gitops_audit.manifest.stream import Part, parts
from gitops_audit.policy.document import Document

Sibling = Callable[[str], bytes]


def read(data: bytes, path: str, sibling: Sibling | None = None) -> list[Document]:
    """The documents of a file that have a kind, lists taken apart; `sibling` reads a file beside it.

    Raises PolicyError (GA403) with the line where the file is not readable, or a key stands twice.
    """
    try:
        return [d for part in parts(data) for d in _documents(part, path, sibling)]
    except Unreadable as problem:
        raise _unreadable(problem, path) from None


def _unreadable(problem: Unreadable, path: str) -> PolicyError:
    return PolicyError(f"not readable: {problem.reason}", code="GA403", where=Location(path, problem.line))


def _documents(part: Part, path: str, sibling: Sibling | None) -> Iterator[Document]:
    if part.problem is not None:
        raise _unreadable(part.problem, path)
    if part.document is None:
        return
    for duplicate in part.document.duplicates:
        place = ".".join(str(step) for step in duplicate.path)
        message = f"{place} stands twice, and only the last one would count"
        raise PolicyError(message, code="GA403", where=Location(path, duplicate.line))
    lines = document_lines(part.data, part.line)
    for prefix, body in _bodies(part.document.value):
        start = lines.get(prefix, part.document.line) if prefix else part.document.line
        yield Document(body, path, start, _below(lines, prefix), sibling)


def _bodies(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if isinstance(items, list) and str(value.get("kind", "")).endswith("List"):
        yield from ((f"/items/{i}", body) for i, body in enumerate(items) if isinstance(body, dict) and "kind" in body)
    elif "kind" in value:
        yield "", value


def _below(lines: Lines, prefix: str) -> Lines:
    if not prefix:
        return lines
    return {pointer[len(prefix) :]: line for pointer, line in lines.items() if pointer.startswith(f"{prefix}/")}
