"""The Chromium of this machine: the one that is named, that of the system, or the one that `make browser` fetched.

What is on the PATH plays no part.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

OWN_PLACE = "GITOPS_AUDIT_CHROMIUM"
PLACES = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# Where Playwright puts what it fetches, by system.
FETCHED = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
PROGRAMS = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
MISSING = f"no Chromium: install Debian's package chromium, run `make browser`, or name the program in {OWN_PLACE}"


def found() -> str:
    """The program; empty where there is none. Raises FileNotFoundError where the one that is named is not there."""
    if named := os.environ.get(OWN_PLACE):
        if not Path(named).is_file():
            raise FileNotFoundError(f"{OWN_PLACE} names {named}, and there is no such program")
        return named
    return next((str(place) for place in (*map(Path, PLACES), *_fetched()) if place.is_file()), "")


def _fetched() -> Iterator[Path]:
    """The newest first."""
    folders = (os.environ.get("PLAYWRIGHT_BROWSERS_PATH"), *FETCHED)
    for folder in (Path(name).expanduser() for name in folders if name):
        yield from (place for program in PROGRAMS for place in sorted(folder.glob(program), reverse=True))


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """A browser without a window. A container has no second user for Chromium's own sandbox."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(), args=["--no-sandbox", *arguments])
        yield browser
        browser.close()
