"""The pull request that the guide walks through is what the guide says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bench import pull_request

GUIDE = Path(__file__).parents[2] / "docs/guide/pull-requests.md"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pull-request") / "shop"
    pull_request.audited(root)
    return root


def test_the_lines_of_the_guide_are_annotations_of_the_change(shop: Path) -> None:
    shown = re.findall(r"^::.*$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) == 2
    assert set(shown) <= set((shop / "annotations.txt").read_text(encoding="utf-8").splitlines())


def test_the_comment_says_what_the_change_adds_and_ends(shop: Path) -> None:
    comment = (shop / "comment.md").read_text(encoding="utf-8")
    assert comment.startswith("## GitOps audit: this change adds 10 findings, ends 7\n")
    assert set(re.findall(r"^#### \w+: (.*)$", comment, re.MULTILINE)) == {"`Deployment.apps/shop/mailer`"}
    assert "- **removes** `CronJob.batch/shop/report (cluster git)`" in comment
    assert "- **repairs** `Deployment.apps/shop/web (cluster git)`" in comment


def test_sarif_tells_what_is_new_from_what_stood_before(shop: Path) -> None:
    (run,) = json.loads((shop / "audit.sarif").read_text(encoding="utf-8"))["runs"]
    new = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for r in run["results"]
        if r["baselineState"] == "new"
    }
    assert new == {"apps/shop/mailer.yaml"}
    assert {r["baselineState"] for r in run["results"]} == {"new", "unchanged"}


def test_the_guide_says_what_the_change_breaks(shop: Path) -> None:
    page = (shop / "audit.html").read_text(encoding="utf-8")
    assert '"states":{"new":10,"persisting":6,"ended":7}' in page


def test_the_comment_is_shown_as_a_page_with_the_colours_of_a_diff(shop: Path) -> None:
    page = pull_request.rendered((shop / "comment.md").read_text(encoding="utf-8"))
    assert '<span class="ins">+  name: mailer</span>' in page
    assert "<details><summary>What is rendered" in page
