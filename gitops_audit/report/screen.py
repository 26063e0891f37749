"""Where text is shown: a terminal with its width, height and colours, or a log whose lines nobody may break.

Words are wrapped and nothing is cut. A word that is longer than a line (a path, a command) stays whole, so that it can
be copied: the terminal breaks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gitops_audit.report.text import Line, Style

if TYPE_CHECKING:
    from rich.style import Style as Colours

_PAINT = re.compile("\x1b\\[[0-9;]*m")
INDENT = 2
# Below that, an indented text would be a column of single words.
MIN_TEXT_CELLS = 24

COLOURS: dict[Style, str] = {
    "": "",
    "title": "bold",
    "add": "green",
    "remove": "red",
    "dim": "dim",
    "error": "bold red",
    "hint": "cyan",
    "critical": "bold magenta",
    "high": "red",
    "medium": "yellow",
    "low": "blue",
    "info": "dim",
    "good": "green",
}


@dataclass(frozen=True, slots=True)
class Screen:
    """`width` and `height` in cells are None where lines may be as long, and as many, as they are."""

    width: int | None = None
    height: int | None = None
    has_colour: bool = False

    def paint(self, text: str, style: Style) -> str:
        """The text, which is printable, in the colours of a style."""
        if not self.has_colour or not style or not text:
            return text
        from rich.color import ColorSystem

        return colours(style).render(text, color_system=ColorSystem.STANDARD)

    def lines(self, line: Line) -> Iterator[str]:
        """One line as those that the screen shows; what is exact (a diff, a command) as it is."""
        shown = line.text
        if self.width is None or line.is_exact or len(shown) <= self.width // 2:
            yield self.paint(shown, line.style)
            return
        text = shown.lstrip(" ")
        start = self._fitting(len(shown) - len(text), instead=0)
        for number, part in enumerate(self._wrapped(text, start + INDENT)):
            yield self.paint(f"{' ' * (start + INDENT if number else start)}{part}", line.style)

    def labelled(self, label: Line, cells: int, text: str, style: Style = "") -> list[str]:
        """A text behind a label of so many cells, which wraps below itself."""
        indent = self._fitting(cells, instead=INDENT)
        width = cells if self.width is None or indent == cells else max(len(label.text) + 1, INDENT)
        first, *rest = self._wrapped(text, width)
        head = f"{self.paint(label.text, label.style)}{' ' * (width - len(label.text))}"
        return [head + self.paint(first, style), *(" " * indent + self.paint(part, style) for part in rest)]

    @staticmethod
    def unpainted(line: str) -> str:
        return _PAINT.sub("", line)

    def rows(self, lines: Iterable[str]) -> int:
        """How many rows of the screen the lines take, painted or not."""
        return sum(max(1, -(-_cells(self.unpainted(line)) // self.width)) if self.width else 1 for line in lines)

    def _wrapped(self, text: str, indent: int) -> Sequence[str]:
        return [text] if self.width is None else list(_wrapped(text, self.width - indent))

    def _fitting(self, indent: int, *, instead: int) -> int:
        return indent if self.width is None or self.width - indent >= MIN_TEXT_CELLS else instead


@cache
def colours(style: Style) -> Colours:
    """A style as rich has it."""
    from rich.style import Style as Colours

    return Colours.parse(COLOURS[style])


def _wrapped(text: str, width: int) -> Iterator[str]:
    if len(text) * 2 <= width:
        yield text
        return
    line, used = "", 0
    for number, word in enumerate(text.split(" ")):
        cells = _cells(word)
        if number and used + 1 + cells > width and line.strip():
            yield line
            line, used = word, cells
        else:
            line, used = (f"{line} {word}", used + 1 + cells) if number else (word, cells)
    yield line


def _cells(text: str) -> int:
    """The width of a text on a terminal: Chinese letters and emoji take two cells."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
