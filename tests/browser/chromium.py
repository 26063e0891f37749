"""The Chromium of this machine, found at the places where systems install it; what is on the PATH plays no part."""

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
MISSING = f"no Chromium: install Debian's package chromium, or name the program in {OWN_PLACE}"


def found() -> str:
    """The program; empty where there is none."""
    return next((place for place in (os.environ.get(OWN_PLACE, ""), *PLACES) if Path(place).is_file()), "")


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """A browser without a window. A container has no second user for Chromium's own sandbox."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(), args=["--no-sandbox", *arguments])
        yield browser
        browser.close()
