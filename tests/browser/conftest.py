"""A report in a real browser, whose every complaint fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from gitops_audit.model.result import AuditResult
from gitops_audit.report import html_report
from tests.browser import chromium

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not chromium.found():
        pytest.skip(chromium.MISSING)
    with chromium.launched() as started:
        yield started


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report in a window of its own. No page may complain, ask the network or open a dialog, in any test."""
    with watched(browser) as opened:

        def open_(
            result: AuditResult, address: str = "", *, width: int = 1360, height: int = 860, scheme: str = "light"
        ) -> Page:
            path = tmp_path / "report.html"
            path.write_bytes(html_report.write(result))
            return opened(f"{path.as_uri()}{address}", viewport={"width": width, "height": height}, color_scheme=scheme)

        yield open_


@contextmanager
def watched(browser: Browser) -> Iterator[Open]:
    context, complaints = None, list[str]()

    def open_(url: str, **options: object) -> Page:
        nonlocal context
        context = browser.new_context(**options)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(url)
        return page

    yield open_
    if context is not None:
        context.close()
    assert complaints == []


def _foreign(url: str) -> list[str]:
    return [] if url.startswith(("file:", "data:")) else [f"request: {url}"]
