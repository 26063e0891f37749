"""Where the CLI writes: results to stdout, progress to stderr; colours only where somebody wants them.

What is written is made safe for a terminal here, whatever it holds and wherever it comes from.
"""

from __future__ import annotations

import codecs
import io
import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from gitops_audit.errors import ReportError
from gitops_audit.model.printable import printable, printable_lines
from gitops_audit.report.screen import Screen
from gitops_audit.report.text import Line

if TYPE_CHECKING:
    from rich.table import Table

CANNOT_PRINT = "GA603"
CLOSED_PIPE = 141
_ESCAPED = "gitops-audit.escaped"


def prepare_streams() -> None:
    """Opens /dev/null for every standard stream that is closed, so that no file gets its number, and lets a terminal
    show characters that its encoding lacks as escapes.

    What goes to a closed stdout is lost, so to write there stays an error (EBADF); of stderr nobody misses anything.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
    sys.stdout, sys.stderr = _open(sys.stdout, 1), _open(sys.stderr, 2)


def _open(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:
        return open(number, "w", encoding="utf-8", closefd=False)
    if isinstance(stream, io.TextIOWrapper):
        codecs.register_error(_ESCAPED, _escaped)
        stream.reconfigure(errors=_ESCAPED)
    return stream


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What an encoding lacks: escapes, but for the one sign that is no content of an object."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].replace("\u2026", "...")
    return lacking.encode("ascii", "backslashreplace").decode("ascii"), error.end


def discard_output() -> None:
    """After an error of stdout or stderr: what is left in their buffers goes nowhere, without another error."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def has_colour() -> bool:
    """NO_COLOR and FORCE_COLOR decide, in this order, as in pytest; else whether stdout is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def screen() -> Screen:
    """The terminal that stdout is; where it is none, lines are not broken: they are searched, not read."""
    if not sys.stdout.isatty():
        return Screen(has_colour=has_colour())
    size = shutil.get_terminal_size()
    return Screen(size.columns, size.lines, has_colour())


def show(line: Line) -> None:
    """One line of a result, in its style."""
    for text in screen().lines(line._replace(text=printable(line.text))):
        _put(text)


def page(lines: Iterable[str]) -> None:
    """Lines that are made for this screen already."""
    for line in lines:
        _put(line)


def echo(text: str = "", *, is_bold: bool = False) -> None:
    """A result of one line or several."""
    safe = printable_lines(text)
    _put(screen().paint(safe, "title" if is_bold else ""))


def document(text: str) -> None:
    """YAML or JSON for a program to read: on a terminal alone it is made safe, and nothing is changed elsewhere."""
    _put((printable_lines(text) if sys.stdout.isatty() else text).removesuffix("\n"))


def table(rows: Table) -> None:
    """A terminal's width is its own; elsewhere rows should not break."""
    from rich.console import Console

    writer = Console(file=io.StringIO(), width=None if sys.stdout.isatty() else 200, markup=False, emoji=False)
    with writer.capture() as shown:
        writer.print(rows)
    echo(shown.get().removesuffix("\n"))


def complain(text: str) -> None:
    """A message to stderr. Where stderr cannot be written, nobody is left to be told."""
    with suppress(OSError):
        _write(sys.stderr, printable_lines(text))


def _put(text: str) -> None:
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ReportError(f"standard output cannot be written: {error.strerror}", code=CANNOT_PRINT) from None


def _write(stream: TextIO, text: str) -> None:
    """click.echo would take ASCII for a mistake and write UTF-8, which a terminal that is ASCII shows as rubbish."""
    stream.write(f"{text}\n")
    stream.flush()
