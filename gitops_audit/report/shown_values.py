"""Two values of one field as text to be compared: of long ones the part that differs, with a little around it."""

from __future__ import annotations

import json
from typing import Any

from gitops_audit.model.finding import ABSENT
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable_lines
from gitops_audit.report.diff import shortened, yaml_lines

CONTEXT_LINES = 3
MAX_LINES = 200
CONTEXT_CHARS = 60
MAX_LINE_CHARS = 400

Shown = str | None
_Lines = list[str] | None


def shown_values(declared: Any, live: Any) -> tuple[Shown, Shown]:
    """Both sides, printable, None for one that is absent. Two values that differ never look the same: where only the
    type does (3 and "3"), or what was shortened, the text is JSON from a little before the difference on."""
    before, after = _narrowed(*_around(_lines(declared), _lines(live)))
    if before == after:
        before, after = _narrowed([_json(declared)], [_json(live)])
    return _joined(before), _joined(after)


def _lines(value: Any) -> _Lines:
    if value is ABSENT:
        return None
    if isinstance(value, str) and ("\n" in value or (value and value == value.strip())):
        return value.split("\n")
    if isinstance(value, (dict, list)) and value:
        try:
            return yaml_lines(value)
        except RecursionError:
            return ["(nests too deeply to be shown)"]
    return [_json(value)]


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "(nests too deeply to be shown)"


def _joined(lines: _Lines) -> Shown:
    return None if lines is None else printable_lines("\n".join(lines))


def _around(before: _Lines, after: _Lines) -> tuple[_Lines, _Lines]:
    """Without most lines that both sides start or end with, and at most MAX_LINES of each."""
    if before is None or after is None:
        return _cut(before), _cut(after)
    shortest = min(len(before), len(after))
    head = next((i for i in range(shortest) if before[i] != after[i]), shortest)
    rest = shortest - head
    tail = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    first, last = max(0, head - CONTEXT_LINES), max(0, tail - CONTEXT_LINES)
    above = [f"… {first} equal lines …"] if first else []
    below = [f"… {last} equal lines …"] if last else []
    kept = (_cut(lines[first : len(lines) - last]) or [] for lines in (before, after))
    left, right = ([*above, *lines, *below] for lines in kept)
    return left, right


def _cut(lines: _Lines) -> _Lines:
    if lines is None or len(lines) <= MAX_LINES:
        return lines
    return [*lines[:MAX_LINES], f"… and {how_many(len(lines) - MAX_LINES, 'more line')} …"]


def _narrowed(before: _Lines, after: _Lines) -> tuple[_Lines, _Lines]:
    """Long lines, shortened. Where each side is one line, the part that differs is what stays."""
    if before is not None and after is not None and len(before) == len(after) == 1:
        sides = zip(before[0], after[0], strict=False)
        common = next((i for i, (left, right) in enumerate(sides) if left != right), min(len(before[0]), len(after[0])))
        skipped = max(0, common - CONTEXT_CHARS)
        if skipped and max(len(before[0]), len(after[0])) > MAX_LINE_CHARS:
            before, after = ([f"…({skipped} characters)…{lines[0][skipped:]}"] for lines in (before, after))
    return _short(before), _short(after)


def _short(lines: _Lines) -> _Lines:
    return None if lines is None else [shortened(line, MAX_LINE_CHARS) for line in lines]
