"""Values as YAML text, in the style of the place where they go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitops_audit.manifest.compose import compose
from gitops_audit.manifest.events import Unreadable
from gitops_audit.remediate.togit.node import Node, Uneditable

# What one reader of YAML or another takes for something else than text: quoted, so that all agree.
_AMBIGUOUS = re.compile(
    r"[-+.]?[0-9][-+.0-9_,:xobaefTZ ]*|[-+]?\.?(?:inf|nan)|~|=|<<|y|n|yes|no|on|off|true|false|null", re.IGNORECASE
)
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`][^\n\r\t]*|[-?:][^\s,\[\]{}][^\n\r\t]*")
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is written: line ends, the step of mappings and of lists within them, and whether it is JSON."""

    newline: str = "\n"
    step: int = 2
    list_step: int = 0
    is_json: bool = False


def style_of(text: str, root: Node) -> Style:
    """As the document does it where it does it first."""
    newline = "\r\n" if "\r\n" in text else "\n"
    is_json = root.is_flow and text.lstrip()[:1] in ("{", "[")
    step, list_step = 0, -1
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        for entry in node.entries:
            offset = _offset(text, entry.key, entry.value)
            if entry.value.kind == "mapping" and offset > 0:
                step = step or offset
            elif entry.value.kind == "sequence" and offset >= 0 and list_step < 0:
                list_step = offset
            waiting.append(entry.value)
        waiting += node.items
    return Style(newline, step or 2, max(list_step, 0), is_json)


def _offset(text: str, key: Node, value: Node) -> int:
    """By how much a block collection is indented against its key, or a JSON one; negative where it is not."""
    if value.is_block:
        return value.column - key.column
    first = next(iter(value.entries), None)
    return first.key.column - key.column if first is not None and "\n" in text[value.start : first.key.start] else -1


def scalar(value: Any, *, like: str = "", is_flow: bool = False, is_json: bool = False) -> str:
    """A scalar on one line; `like` is the quote it had."""
    if not isinstance(value, str):
        return json.dumps(value)
    if is_json:
        return _double(value)
    if like == "'" and "\n" not in value and not _UNPRINTABLE.search(value):
        return "'" + value.replace("'", "''") + "'"
    if like == '"' or not is_plain(value, is_flow=is_flow):
        return _double(value)
    return value


def is_plain(value: str, *, is_flow: bool) -> bool:
    """Whether a text can stand without quotes, for every reader."""
    if not _PLAIN.fullmatch(value) or value != value.strip() or _UNPRINTABLE.search(value):
        return False
    if _AMBIGUOUS.fullmatch(value) or (is_flow and re.search(r"[,\[\]{}?]", value)) or ": " in value or " #" in value:
        return False
    try:
        found = compose((f"[{value}]" if is_flow else f"- {value}").encode())
    except Unreadable:
        return False
    return found is not None and bool(found.value == [value])


def _double(value: str) -> str:
    """Double quotes as JSON has them, which YAML reads alike; what is no printable character is escaped."""
    if re.search("[\ud800-\udfff]", value):
        raise Uneditable("a value is no text that UTF-8 can hold")
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def literal(value: str, indent: int, step: int, newline: str) -> str | None:
    """A block scalar: its header, and its lines at `indent`; None where it cannot be one."""
    if not value.strip() or _UNPRINTABLE.search(value) or value.startswith("\n"):
        return None
    body = value.rstrip("\n")
    chomping = {0: "-", 1: ""}.get(len(value) - len(body), "+")
    hint = str(step) if body[:1].isspace() else ""
    if hint and (step > 9 or step < 1):
        return None
    lines = [" " * indent + line if line else "" for line in body.split("\n")]
    lines += [""] * (len(value) - len(body) - 1) if chomping == "+" else []
    return newline.join([f"|{hint}{chomping}", *lines])


def flow(value: Any, *, is_json: bool) -> str:
    """A value in flow style on one line."""
    if isinstance(value, dict):
        if not value:
            return "{}"
        return (
            "{"
            + ", ".join(
                f"{_key(k, is_flow=True, is_json=is_json)}: {flow(v, is_json=is_json)}" for k, v in value.items()
            )
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(flow(v, is_json=is_json) for v in value) + "]"
    return scalar(value, is_flow=True, is_json=is_json)


def key(name: str) -> str:
    """A key of a block mapping."""
    return _key(name, is_flow=False, is_json=False)


def _key(name: str, *, is_flow: bool, is_json: bool) -> str:
    return scalar(name, is_flow=is_flow, is_json=is_json) if name else '""'


def block(value: Any, indent: int, style: Style) -> Iterator[str]:
    """The lines of a collection that is not empty, in block style, each with its indent."""
    pad = " " * indent
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _led(f"{pad}{key(name)}:", child, indent, style, is_list=False)
    else:
        for child in value:
            yield from _led(f"{pad}-", child, indent, style, is_list=True)


def _led(lead: str, value: Any, indent: int, style: Style, *, is_list: bool) -> Iterator[str]:
    """A value behind `key:` or `-`."""
    if isinstance(value, (dict, list)) and value:
        deeper = 2 if is_list else style.list_step if isinstance(value, list) else style.step
        first, *rest = block(value, indent + deeper, style)
        yield from ([f"{lead} {first.lstrip(' ')}", *rest] if is_list else [lead, first, *rest])
        return
    text = literal(value, indent + style.step, style.step, "\n") if isinstance(value, str) and "\n" in value else None
    if text is not None:
        yield from f"{lead} {text}".split("\n")
    else:
        yield f"{lead} {flow(value, is_json=False)}" if isinstance(value, (dict, list)) else f"{lead} {scalar(value)}"
