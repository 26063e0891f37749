"""A picture of what a command printed on a terminal."""

from __future__ import annotations

import io
from pathlib import Path

from playwright.sync_api import Browser
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

THEME = TerminalTheme(
    (24, 26, 32),
    (212, 215, 221),
    [
        (24, 26, 32), (240, 98, 98), (126, 200, 112), (229, 192, 92),
        (97, 160, 245), (226, 120, 205), (84, 196, 205), (212, 215, 221),
    ],
    [
        (120, 126, 138), (255, 110, 110), (140, 215, 125), (240, 205, 110),
        (115, 175, 255), (240, 140, 220), (100, 212, 220), (255, 255, 255),
    ],
)  # fmt: skip


def picture(browser: Browser, text: str, title: str, columns: int, file: Path) -> None:
    """The text of a terminal with its colours, as a PNG."""
    console = Console(width=columns, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(text), soft_wrap=False)
    page = browser.new_page()
    page.set_content(f"<body style='margin:0'>{console.export_svg(title=title, theme=THEME)}</body>")
    page.locator("svg").first.screenshot(path=file)
    page.close()
