"""Whoever may write an object, a name or a commit gets nothing run in the browser of the person who reads about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gitops_audit.report import html_report
from tests.browser.conftest import Open, watched
from tests.reported import BREAKING_OUT, finished, hostile, scaled

VIEWS = ("overview", "resources", "policies", "run")


@pytest.mark.parametrize("view", VIEWS)
def test_what_objects_hold_is_text_wherever_it_stands(open_report: Open, view: str) -> None:
    page = open_report(hostile(), f"#{view}")
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, form, base, [onerror], [onload], [style*=url]").count() == 0
    assert page.locator("a:not([href^='#'])").count() == 0


def test_every_resource_can_be_opened_and_is_only_text(open_report: Open) -> None:
    page = open_report(hostile(), "#resources")
    page.locator("#list").focus()
    for _ in range(3 * len(BREAKING_OUT)):
        page.keyboard.press("ArrowDown")
        assert page.locator("#pane").locator("img, script, iframe").count() == 0
        assert page.locator("#pane a:not([href^='#'])").count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#printed").locator("img, script, iframe").count() == 0


def test_an_address_is_only_text(open_report: Open) -> None:
    evil = "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"
    page = open_report(finished([scaled("web")]), f"#resources?q={evil}&cluster={evil}&open={evil}&status=__proto__")
    assert page.locator("img").count() == 0
    assert page.locator(".chip").count() == 2


def test_text_that_turns_around_stays_within_its_place(open_report: Open) -> None:
    page = open_report(finished([scaled("\u202eshalom שלום")]), "#resources")
    shown = page.locator("#list .row b").inner_text()
    assert shown == "\\u202eshalom שלום"


def test_a_script_that_gets_into_the_file_all_the_same_is_refused(browser: Browser, tmp_path: Path) -> None:
    page_bytes = html_report.write(finished([scaled("web")]))
    evil = b"<script>window.isTaken = true</script><img src=x onerror='window.isTaken = true'></body>"
    (tmp_path / "report.html").write_bytes(page_bytes.replace(b"</body>", evil))
    with pytest.raises(AssertionError, match="Content Security Policy"), watched(browser) as open_:  # noqa: PT012
        page = open_((tmp_path / "report.html").as_uri())
        page.wait_for_load_state()
        assert page.evaluate("window.isTaken") is None
