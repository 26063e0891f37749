"""Files of manifests to objects, read as kubectl reads them (DESIGN section 9), each with the line it starts on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import count, islice
from typing import Any

from gitops_audit.manifest.events import Unreadable
from gitops_audit.manifest.limits import MAX_FILE_BYTES
from gitops_audit.manifest.lines import Lines, document_lines
from gitops_audit.manifest.objects import NO_OBJECT, Found, display_path, objects_in
from gitops_audit.manifest.spelling import Fault
from gitops_audit.manifest.stream import Part, part_at, parts
from gitops_audit.model.resource import FileProblem, Invalid, Manifest, Origin, Rendered

TEMPLATE = (
    "it looks like a Helm template (`{{`): render the chart with `type: helm`, or leave the file out with `exclude`"
)
_UNREAD = "kubectl reads nothing after the end of the document here: separate documents by `---`"
EMPTY = "it is empty, or has only comments"


def load(data: bytes, path: str, *, max_bytes: int = MAX_FILE_BYTES) -> Rendered:
    """The objects of a YAML or JSON file. Never raises for its content: what is broken becomes a problem with its line.

    Objects stand in file order; `origin.index` counts them. No problem quotes a value of the file.
    """
    manifests: list[Manifest] = []
    problems: list[FileProblem] = []
    ignored: list[Found] = []
    for part, found in _found(data, path, problems, max_bytes):
        if found.problem is not None:
            problems.append(_object_problem(path, part, found, found.problem))
        elif found.ignored:
            ignored.append(found)
        else:
            origin = Origin(path, found.line, len(manifests))
            manifests.append(Manifest(found.body, origin, tuple(_faults(part, found))))
    if manifests:
        problems += [_stray(path, found) for found in ignored if found.ignored.endswith(NO_OBJECT)]
        ignored = [found for found in ignored if not found.ignored.endswith(NO_OBJECT)]
    elif not ignored and not problems:
        return Rendered(ignored=((path, EMPTY),))
    problems.sort(key=lambda problem: problem.line)
    return Rendered(tuple(manifests), tuple(problems), tuple((path, found.ignored) for found in ignored))


def placed(data: bytes, index: int) -> tuple[int, str] | None:
    """Which document (from 0, of those that can be read) holds the n-th object of a file (`origin.index`), and the
    pointer to the object in it."""
    parts_read = (part for part in _documents(data, "", [], MAX_FILE_BYTES) if part.document is not None)
    found = ((n, one) for n, part in enumerate(parts_read) if part.document for one in objects_in(part.document))
    objects = ((number, one.prefix) for number, one in found if one.problem is None and not one.ignored)
    return next(islice(objects, index, None), None)


def documents(data: bytes, path: str) -> tuple[list[tuple[int, Any]], tuple[FileProblem, ...]]:
    """The values of all documents of a file with the line each starts on, whatever they are, and what is broken."""
    problems: list[FileProblem] = []
    read = _documents(data, path, problems, MAX_FILE_BYTES)
    found: list[tuple[int, Any]] = []
    for document in (part.document for part in read if part.document):
        if document.value is not None:
            found.append((document.line, document.value))
        if document.unread_line:
            problems.append(FileProblem(path, document.unread_line, _UNREAD))
    return found, tuple(problems)


def field_lines(data: bytes, line: int) -> Lines:
    """RFC 6901 pointer to line for the object that starts on a line (`origin.line`); empty where there is none.

    Only its document is read again, not the whole file.
    """
    try:
        part = part_at(data, line)
    except Unreadable:
        return {}
    lines = _part_lines(part.data, part.line) if part else {}
    prefix = _item_prefix(lines, line)
    return {p.removeprefix(prefix): at for p, at in lines.items() if p.startswith(f"{prefix}/")} if prefix else lines


def _item_prefix(lines: Lines, line: int) -> str:
    """The pointer to the element of a list that starts on a line, empty where none does."""
    for index in count():
        pointer = f"/items/{index}"
        if lines.get(pointer, line) == line:
            return pointer if pointer in lines else ""
    raise AssertionError("a list has an end")


@lru_cache(maxsize=4)
def _part_lines(data: bytes, line: int) -> Lines:
    return document_lines(data, line)


def _found(data: bytes, path: str, problems: list[FileProblem], max_bytes: int) -> Iterator[tuple[Part, Found]]:
    for part in _documents(data, path, problems, max_bytes):
        if part.document is not None:
            for found in objects_in(part.document):
                yield part, found


def _documents(data: bytes, path: str, problems: list[FileProblem], max_bytes: int) -> Iterator[Part]:
    if len(data) > max_bytes:
        problems.append(FileProblem(path, 0, _too_large(len(data), max_bytes)))
        return
    try:
        for part in parts(data):
            if part.problem is None:
                yield part
            else:
                problems.append(_file_problem(path, part.data, part.problem))
    except Unreadable as problem:
        problems.append(_file_problem(path, data, problem))


def _too_large(size_bytes: int, max_bytes: int) -> str:
    size, limit = math.ceil(size_bytes / (1 << 20)), max_bytes >> 20
    return f"{size} MiB are too much for a file of manifests: at most {limit} MiB are read (limit: manifest size)"


def _file_problem(path: str, data: bytes, problem: Unreadable) -> FileProblem:
    hint = f"; {TEMPLATE}" if b"{{" in data else ""
    return FileProblem(path, problem.line, f"{problem.reason}{hint}")


def _stray(path: str, found: Found) -> FileProblem:
    """What is no object is fine in a file of its own; among objects it is a mistake, and kubectl refuses the file."""
    return FileProblem(path, found.line, f"{found.ignored}, among others that are")


def _object_problem(path: str, part: Part, found: Found, problem: Fault) -> FileProblem:
    return FileProblem(path, _line(part, found, problem.pointer), problem.message)


def _faults(part: Part, found: Found) -> Iterator[Invalid]:
    for fault in found.faults:
        line = fault.line or _line(part, found, fault.pointer)
        yield Invalid(display_path(fault, found.body), fault.message, line)
    if part.document is not None and part.document.unread_line:
        yield Invalid("", _UNREAD, part.document.unread_line)


def _line(part: Part, found: Found, pointer: str) -> int:
    return _part_lines(part.data, part.line).get(found.prefix + pointer, found.line)
