"""The HTML report as a file: what is in it, and that nothing in it is more than text."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest

from gitops_audit.model.result import AuditResult
from gitops_audit.report import html_report, json_report
from gitops_audit.report.from_json import read
from tests.html_page import page_data
from tests.reported import finished, hostile, of_everything, resource, scaled

pytestmark = pytest.mark.slow

RESULTS = {"empty": finished([]), "everything": of_everything(), "hostile": hostile()}


def page(result: AuditResult) -> str:
    return html_report.write(result).decode()


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_the_data_ends_no_block_and_starts_no_comment(result: AuditResult) -> None:
    text = page(result)
    (data,) = re.findall(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert not re.search("[<>&\u2028\u2029]", data)
    assert text.count("<script") == text.count("</script") == 2


@pytest.mark.parametrize("kind", ["script", "style"])
def test_the_policy_of_the_page_allows_this_script_and_this_style_and_nothing_else(kind: str) -> None:
    text = page(of_everything())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
    digest = b64encode(sha256(content.encode()).digest()).decode()
    assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_page_names_no_other_file() -> None:
    text = page(of_everything())
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text) == []
    assert re.findall(r"@import|url\(", text) == []


def test_the_page_says_how_it_stands_where_scripts_are_off() -> None:
    text = page(of_everything())
    assert "<title>GitOps audit: 4 failed, 2 not evaluated, 9 resources</title>" in text
    assert "4 failed, 2 not evaluated, 9 resources" in text.partition("<noscript>")[2].partition("</noscript>")[0]


def test_the_same_result_gives_the_same_page() -> None:
    assert page(of_everything()) == page(of_everything())


def test_the_worst_comes_first() -> None:
    data = page_data(page(of_everything()))
    names = [data["texts"][number] for number in data["columns"]["name"]]
    assert names[:2] == ["judged", "unread"]
    assert set(names[2:6]) == {"scaled", "gone", "new", "invalid"}
    assert names[2] == "gone"


def test_a_name_that_many_resources_share_stands_there_once() -> None:
    data = page_data(page(finished([scaled(f"app-{n}") for n in range(50)])))
    assert data["texts"].count("prod") == 1
    assert len(data["columns"]["cluster"]) == 50


def test_a_command_to_be_copied_runs_nothing_else() -> None:
    data = page_data(page(finished([scaled("web; rm -rf ~")])))
    assert data["details"][0]["next"].startswith("kubectl get deployment.apps -n shop 'web; rm -rf ~' -o yaml")


def test_no_rule_is_offered_that_would_not_match_what_it_was_copied_for() -> None:
    verdict = scaled("web")
    key = verdict.subject.key._replace(name="w\u202eb")
    data = page_data(page(finished([replace(verdict, subject=replace(resource("x"), key=key))])))
    assert "rule" not in data["details"][0]


def test_a_value_of_a_megabyte_makes_no_page_of_a_megabyte() -> None:
    assert len(page(hostile())) < 500_000


def test_a_report_with_another_form_of_time_is_written_too() -> None:
    result = replace(finished([scaled("web")]), finished_at="20260101T000000Z")
    assert page_data(page(result))["details"][0]["rule"]["expires"] == "2026-04-01"


def test_a_report_that_was_read_back_makes_the_same_page_of_hostile_text() -> None:
    back = read(json_report.write(hostile()), "r.json")
    assert page_data(page(back))["columns"] == page_data(page(hostile()))["columns"]
