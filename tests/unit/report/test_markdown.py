from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gitops_audit.model.finding import Problem, Severity
from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import markdown
from tests.reported import (
    BREAKING_OUT,
    finished,
    hostile,
    known,
    of_a_change,
    of_everything,
    resource,
    saying_of_a_change,
    scaled,
)


def tokens(result: AuditResult) -> list[Token]:
    blocks = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown.write(result).decode())
    return [*blocks, *(child for block in blocks for child in block.children or ())]


def plain_text(result: AuditResult) -> str:
    return " ".join(t.content for t in tokens(result) if t.type == "text")


def test_counts_and_a_table_by_cluster_and_source_come_first() -> None:
    text = markdown.write(of_everything()).decode()
    assert "9 resources: 4 failed, 2 error, 2 passed, 1 skipped." in text
    assert "| `prod` | `shop` | 4 | 2 | 2 | 1 |" in text


def test_the_worst_resource_comes_first_with_its_diff() -> None:
    text = markdown.write(finished([scaled("a", Severity.low), scaled("z", Severity.critical)])).decode()
    assert text.index("Deployment.apps/shop/z") < text.index("Deployment.apps/shop/a")
    assert "@@ spec.replicas @@\n- 3\n+ 5\n" in text


def test_waived_and_skipped_findings_and_notes_are_told() -> None:
    text = markdown.write(of_everything()).decode()
    assert all(said in text for said in ("the autoscaler owns it", "a hook", "an ignore rule hid nothing"))


def test_notes_stand_apart_from_the_resource_before_them_and_the_file_ends_with_its_line() -> None:
    result = finished([scaled("web")], notes=["one", "two"])
    assert markdown.write(result).decode().endswith("\n```\n\n- note: `one`\n- note: `two`\n")


def test_a_long_report_is_cut_at_its_end_and_says_so() -> None:
    written = markdown.write(finished([scaled(f"w{n}") for n in range(2_000)]))
    assert len(written) <= markdown.MAX_BYTES
    assert b"more are not shown" in written


def test_an_error_of_many_resources_is_told_once() -> None:
    down = [Verdict.of(resource(f"w{n}"), "error", errors=(Problem("GA300", "down"),)) for n in range(50)]
    text = markdown.write(finished([*down, scaled("web")])).decode()
    assert "- **error** on 50 resources: `" in text
    assert text.count("down") == 1
    assert "web" in text


@pytest.mark.parametrize("text", BREAKING_OUT, ids=range(len(BREAKING_OUT)))
def test_content_stays_in_code(text: str) -> None:
    whole = hostile()
    result = finished([v for v in whole.verdicts if v.subject.source == text], notes=[text])
    result.summary.resolved = [known(text)]
    result = replace(result, base=saying_of_a_change(text))
    made = tokens(result)
    fold = "<details><summary>What is rendered (objects: 0 added, 1 changed, 0 removed)</summary>\n"
    assert [t.content for t in made if t.type == "html_block"] == [fold, "</details>\n"]
    assert {t.type for t in made} <= {
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "softbreak"),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "code_inline", "fence"),
        *("strong_open", "strong_close", "em_open", "em_close", "table_open", "table_close", "thead_open"),
        *("thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open"),
        *("td_close", "html_block"),
    }
    said = plain_text(result)
    assert not any(mark in said for mark in "@<>#[]`")
    assert all(line.isprintable() for line in markdown.write(result).decode().split("\n"))


def test_hostile_content_does_not_make_it_longer_than_a_comment() -> None:
    assert len(markdown.write(hostile())) <= markdown.MAX_BYTES


def test_a_change_is_told_by_what_it_adds_then_what_it_ends_then_what_is_rendered() -> None:
    text = markdown.write(of_a_change(scaled("added"), stood_before=[scaled("known")])).decode()
    assert text.startswith("## GitOps audit: this change adds 1 finding, ends 1\n")
    assert "Against `main`, objects: 0 added, 1 changed, 0 removed; 1 finding stood there before.\n" in text
    order = [text.index(part) for part in ("#### medium: `Deployment.apps/shop/added`", "- **repairs**", "<details>")]
    assert order == sorted(order)
    assert "shop/known" not in text


def test_a_change_that_adds_nothing_says_so() -> None:
    assert (
        "## GitOps audit: this change adds no findings, ends 1\n"
        in markdown.write(of_a_change(stood_before=[scaled("known")])).decode()
    )


def test_a_fold_that_is_cut_is_closed_before_it_is_told() -> None:
    text = markdown.write(of_a_change(diffs=2_000)).decode()
    assert len(text.encode()) <= markdown.MAX_BYTES
    assert text.count("<details>") == text.count("</details>") == 1
    assert text.index("</details>") < text.index("more are not shown")
