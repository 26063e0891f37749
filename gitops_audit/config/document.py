"""Reads gitops-audit.yaml into plain data that remembers its lines.

The file is hostile until checked: its size, depth and aliases are bounded before anything is built from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gitops_audit.config.scalar import scalar
from gitops_audit.errors import ConfigError, Location
from gitops_audit.regular_file import is_pipe, open_named

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels (limit: configuration depth)"
MAX_NODES = 100_000

SYNTAX, UNREADABLE, KEY = "GA101", "GA102", "GA103"

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration as data. `plain` holds the text of unquoted scalars that YAML takes for something else."""

    path: Path
    value: Any = field(repr=False)
    problems: tuple[ConfigError, ...] = ()
    lines: dict[Pointer, int] = field(default_factory=dict)
    key_lines: dict[Pointer, int] = field(default_factory=dict)
    plain: dict[Pointer, str] = field(default_factory=dict)

    def where(self, pointer: Pointer = ()) -> Location:
        """The place of a value, or of its closest parent that is written down."""
        while pointer and pointer not in self.lines:
            pointer = pointer[:-1]
        return Location.of(self.path, self.lines.get(pointer, 0))

    def where_key(self, pointer: Pointer) -> Location:
        """The place of a key of a mapping."""
        return Location.of(self.path, self.key_lines.get(pointer) or self.where(pointer).line)


def read(path: Path) -> Document:
    """The one document of a file. Raises ConfigError where it cannot be read as YAML at all.

    What YAML allows and a configuration must not have (duplicate keys, keys that are no text, foreign tags) is in
    the document's `problems`.
    """
    node = _compose(path, _text(path))
    if node is None:
        raise _error(path, 0, "the file is empty", UNREADABLE, "`gitops-audit config init` writes a start")
    reader = _Reader(path)
    value = reader.value(node, ())
    return Document(path, value, tuple(reader.problems), reader.lines, reader.key_lines, reader.plain)


def folder_of(path: Path) -> Path:
    """The folder from which the relative paths in a configuration count: its own, for a pipe the working directory."""
    return Path.cwd() if is_pipe(path) else path.parent


def _text(path: Path) -> str:
    data = _bytes(path)
    if len(data) > MAX_BYTES:
        raise _error(
            path,
            0,
            f"the file is larger than {MAX_BYTES >> 20} MiB (limit: configuration size)",
            UNREADABLE,
            "is it the right file?",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(path, line, "the file is not UTF-8", UNREADABLE, "save it as UTF-8") from None


def _bytes(path: Path) -> bytes:
    try:
        with open_named(path, MAX_BYTES) as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "`gitops-audit config init` writes a start"
        raise _error(path, 0, "there is no such file", UNREADABLE, hint) from None
    except OSError as error:
        hint = "name a file that you may read, or a pipe: --config <(command)"
        raise _error(path, 0, f"the file cannot be read: {error.strerror}", UNREADABLE, hint) from None


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        _bound_depth(path, text)
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(path, text, error) from None
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise _error(path, line, f"no YAML: {error.reason}", SYNTAX) from None
    return node


def _bound_depth(path: Path, text: str) -> None:
    """libyaml takes quadratic time for deep nesting and composes it recursively: look at the events first."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _error(path, _line(event.start_mark), TOO_DEEP, SYNTAX)


def _syntax_error(path: Path, text: str, error: yaml.MarkedYAMLError) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    line = _line(mark)
    if "single document" in (error.context or ""):
        return _error(path, line, "the file holds several YAML documents", SYNTAX, "keep one, without `---`")
    if "maximum nesting depth" in (error.problem or ""):  # a bound of libyaml 0.2.6 and later
        return _error(path, line, TOO_DEEP, SYNTAX)
    context = f"{error.context}: " if error.context else ""
    return _error(
        path, line, f"no YAML: {context}{error.problem}", SYNTAX, _syntax_hint(text, line, str(error.problem))
    )


def _line(mark: Any) -> int:
    return int(mark.line) + 1 if mark else 0


def _syntax_hint(text: str, line: int, problem: str) -> str:
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if re.match(r" *\t", written):
        return "indent with spaces, not with tabs"
    if "=" in written.partition("[")[2].partition("[")[2]:
        return 'a value with brackets needs quotes: ["/spec/containers/[name=web]/image"]'
    if "alphabetic" in problem and "*" in written:
        return "a wildcard at the start of a value needs quotes"
    return ""


def _error(path: Path, line: int, message: str, code: str, hint: str = "") -> ConfigError:
    return ConfigError(message, code=code, where=Location.of(path, line), hint=hint)


class _Reader:
    """Builds data from nodes. Aliases are expanded, so the number of nodes is bounded here once more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        self.problems: list[ConfigError] = []
        self.lines: dict[Pointer, int] = {}
        self.key_lines: dict[Pointer, int] = {}
        self.plain: dict[Pointer, str] = {}

    def value(self, node: yaml.Node, pointer: Pointer) -> Any:
        line = node.start_mark.line + 1
        self._bound(line, pointer)
        self.lines.setdefault(pointer, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, pointer)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*pointer, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, pointer)

    def _bound(self, line: int, pointer: Pointer) -> None:
        self._count += 1
        if self._count > MAX_NODES or len(pointer) > MAX_DEPTH:
            message = "aliases expand to more than a configuration can hold (limit: configuration values)"
            raise _error(self._path, line, message, SYNTAX)

    def _scalar(self, node: yaml.Node, pointer: Pointer) -> Any:
        value, fault = scalar(node)
        if fault:
            self._problem(node, fault)
        if not isinstance(value, str):
            self.plain[pointer] = node.value
        return value

    def _mapping(self, node: yaml.MappingNode, pointer: Pointer) -> dict[str, Any]:
        explicit: dict[str, Any] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged.append(value_node)
                continue
            key = self._key(key_node)
            if key is None:
                continue
            self._note_duplicate(key_node, key, (*pointer, key), explicit)
            explicit[key] = self.value(value_node, (*pointer, key))
        return self._merged(merged, pointer) | explicit

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, "a key must be text", KEY)
            return None
        value, _ = scalar(node)
        if not isinstance(value, str):
            self._problem(node, f"YAML does not read the key `{node.value}` as text", KEY, f'quote it: "{node.value}"')
        return str(node.value)

    def _note_duplicate(self, node: yaml.Node, key: str, pointer: Pointer, seen: dict[str, Any]) -> None:
        if key in seen:
            first = self.key_lines[pointer]
            self._problem(node, f"the key {key!r} is here twice", KEY, f"the first one is in line {first}")
            return
        self.key_lines.setdefault(pointer, node.start_mark.line + 1)

    def _merged(self, nodes: list[yaml.Node], pointer: Pointer) -> dict[str, Any]:
        """`<<`: the keys of other mappings; the first mapping wins, and explicit keys win over all."""
        merged: dict[str, Any] = {}
        for node in nodes:
            for mapping in reversed(node.value) if isinstance(node, yaml.SequenceNode) else [node]:
                if not isinstance(mapping, yaml.MappingNode):
                    self._problem(mapping, "`<<` merges mappings only", KEY)
                    continue
                self._bound(mapping.start_mark.line + 1, pointer)
                merged |= self._mapping(mapping, pointer)
        return merged

    def _problem(self, node: yaml.Node, message: str, code: str = SYNTAX, hint: str = "") -> None:
        self.problems.append(_error(self._path, node.start_mark.line + 1, message, code, hint))
