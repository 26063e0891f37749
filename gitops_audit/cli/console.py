"""Where the CLI writes: results to stdout, progress to stderr; colours only for a terminal that wants them."""

from __future__ import annotations

import os
import sys
from types import TracebackType

import click

from gitops_audit.report.text import Line

_STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True},
    "add": {"fg": "green"},
    "remove": {"fg": "red"},
    "dim": {"dim": True},
    "error": {"fg": "red", "bold": True},
    "hint": {"fg": "cyan"},
}


def has_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def show(line: Line) -> None:
    click.echo(click.style(line.text, **_STYLES.get(line.style, {})) if has_colour() else line.text)  # type: ignore[arg-type]


class Progress:
    """A bar on a terminal, a line per stage elsewhere, nothing when quiet."""

    def __init__(self, *, is_quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        self._is_quiet = is_quiet
        self._bar = Bar(console=Console(stderr=True), transient=True, disable=is_quiet or not sys.stderr.isatty())
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, message: str) -> None:
        self._bar.update(self._task, description=message)
        if not self._is_quiet and self._bar.disable:
            click.echo(message, err=True)

    def total(self, total: int) -> None:
        self._bar.update(self._task, total=total)

    def advance(self) -> None:
        self._bar.advance(self._task)
