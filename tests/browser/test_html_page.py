"""The HTML report in a real browser: what a person can do with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gitops_audit.config.load import load
from gitops_audit.model.finding import Change, Drift, Severity
from gitops_audit.model.result import AuditResult
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.suggest import suggested_rules
from tests.browser.conftest import Open
from tests.reported import finished, hostile, of_a_change, of_everything, resource, scaled

VIEWS = ("overview", "resources", "policies", "run")
RESULTS = {
    "empty": finished([]),
    "clean": finished(of_everything().verdicts[:1]),
    "everything": of_everything(),
    "change": of_a_change(scaled("added"), stood_before=[scaled("known")]),
}
NARROW = 390


def fleet(count: int) -> AuditResult:
    severities = tuple(Severity)
    return finished(
        [
            scaled(f"app-{n}", severities[n % 5], cluster=f"cluster-{n % 3}", source=f"team-{n % 7}")
            for n in range(count)
        ]
    )


def row_names(page: Page) -> list[str]:
    return page.locator("#list .row b").all_inner_texts()


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_every_view_is_shown_without_a_complaint(open_report: Open, result: AuditResult) -> None:
    page = open_report(result)
    for name, view in (
        ("Resources", "resources"),
        ("Policies", "policies"),
        ("This run", "run"),
        ("Overview", "overview"),
    ):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.locator(f"#view-{view}")).to_be_visible()
        assert page.locator("main > section:visible").count() == 1


def test_the_overview_leads_with_the_counts_and_what_to_do_first(open_report: Open) -> None:
    page = open_report(of_everything())
    expect(page.get_by_role("heading", level=1)).to_have_text("4 of 9 resources fail, 2 could not be evaluated")
    steps = page.locator(".steps li").all_text_contents()
    assert "GA300" in steps[0]
    assert "and stays so" in steps[0]
    assert "Containers have limits" in steps[2]
    assert "Set resources.limits." in steps[2]


def test_a_step_leads_to_the_resources_it_is_about(open_report: Open) -> None:
    page = open_report(of_everything())
    page.get_by_role("link", name="changed by kubectl-edit").click()
    assert row_names(page) == ["scaled"]


def test_the_matrix_counts_what_fails_for_each_source_and_cluster(open_report: Open) -> None:
    page = open_report(fleet(42))
    cell = page.locator(".matrix td").first
    expect(cell).to_contain_text("2")
    expect(cell).to_contain_text("of 2")
    cell.get_by_role("link").click()
    assert page.locator(".found").inner_text() == "2 of 42 resources"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("status=error", {"judged", "unread"}),
        ("status=waived", {"ignored", "judged"}),
        ("status=passed", {"fine", "ignored"}),
        ("severity=critical", {"judged"}),
        ("check=schema", {"invalid"}),
        ("check=policy&status=warning", {"judged"}),
        ("rule=missing", {"gone", "new"}),
        ("manager=kubectl-edit", {"scaled"}),
        ("q=SPEC.replicas+kubectl", {"scaled"}),
        ("q=down", {"unread"}),
        ("kind=Deployment.apps&q=fine", {"fine"}),
        ("cluster=elsewhere", set()),
        ("severity=critical&severity=high", {"judged", "gone"}),
    ],
)
def test_an_address_names_the_filters(open_report: Open, address: str, expected: set[str]) -> None:
    page = open_report(of_everything(), f"#resources?{address}")
    assert set(row_names(page)) == expected
    expect(page.locator("#list")).to_be_visible(visible=bool(expected))


def test_a_chosen_filter_stands_in_the_address_and_can_be_taken_back(open_report: Open) -> None:
    page = open_report(fleet(30), "#resources")
    page.get_by_role("checkbox", name="cluster-1").check()
    page.get_by_role("checkbox", name="critical").check()
    expect(page.locator(".found")).to_have_text("2 of 30 resources")
    assert "cluster=cluster-1" in page.url
    page.reload()
    expect(page.get_by_role("checkbox", name="cluster-1")).to_be_checked()
    expect(page.locator(".found")).to_have_text("2 of 30 resources")
    page.get_by_role("button", name="Remove the filter Cluster: cluster-1").click()
    expect(page.locator(".found")).to_have_text("6 of 30 resources")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator(".found")).to_have_text("30 resources")


def test_a_number_beside_a_filter_is_what_choosing_it_leaves(open_report: Open) -> None:
    page = open_report(fleet(30), "#resources?severity=critical")
    label = page.locator("label", has_text="cluster-1")
    number = label.locator(".number").inner_text()
    label.click()
    expect(page.locator(".found")).to_have_text(f"{number} of 30 resources")


def test_a_link_opens_one_finding(open_report: Open) -> None:
    result = fleet(2_000)
    verdict = result.verdicts[1_234]
    page = open_report(result, f"#resources?open={verdict.findings[0].fingerprint}")
    expect(page.locator("#detail-title")).to_have_text("Deployment.apps app-1234")
    expect(page.locator(".finding.opened .difference del")).to_contain_text("3")
    expect(page.locator(".row[aria-selected=true]")).to_contain_text("app-1234")
    page.locator(".finding.opened .anchor").click()
    assert page.url.endswith(f"#resources?open={verdict.findings[0].fingerprint}")


def test_a_link_to_what_is_not_in_the_report_says_so(open_report: Open) -> None:
    page = open_report(of_everything(), f"#resources?open={'0' * 32}")
    expect(page.locator("#pane")).to_contain_text("This report has no such finding")


def test_a_finding_shows_the_difference_who_when_the_commit_and_the_next_step(open_report: Open) -> None:
    page = open_report(of_everything(), "#resources?q=scaled")
    text = page.locator("#pane").inner_text()
    for said in (
        "3",
        "5",
        "kubectl-edit",
        "by hand",
        "ann",
        "2026-01-01 00:00 UTC",
        "apps/web.yaml:7",
        "Declare",
        "Ann",
    ):
        assert said in text
    assert "kubectl get deployment.apps -n shop scaled -o yaml --show-managed-fields" in text


def test_the_rule_that_is_copied_is_the_one_that_accepts_the_drift(open_report: Open, tmp_path: Path) -> None:
    verdict = scaled("it's: a #name")
    page = open_report(finished([verdict]), "#resources")
    page.locator("#pane summary", has_text="ignore rule").click()
    text = page.locator("#pane > .detail > .rule pre").inner_text()
    assert yaml.safe_load(text) == yaml.safe_load(suggested_rules([verdict], date(2026, 1, 1)))
    _is_accepted(tmp_path, text)


def test_the_exception_that_is_copied_is_one(open_report: Open, tmp_path: Path) -> None:
    page = open_report(of_everything(), "#resources?rule=limits/cpu")
    page.locator("#pane summary", has_text="exception").first.click()
    text = page.locator("#pane .finding .rule pre").first.inner_text()
    (entry,) = yaml.safe_load(text)["exceptions"]
    assert (entry["policy"], entry["match"]["name"]) == ("limits", "judged")
    _is_accepted(tmp_path, text)


def _is_accepted(folder: Path, rule: str) -> None:
    config = folder / "gitops-audit.yaml"
    config.write_text(f"version: 1\nsources: [{{name: shop}}]\n{rule}")
    load(config)


def test_policies_stand_under_their_standards(open_report: Open) -> None:
    page = open_report(of_everything(), "#policies")
    assert page.locator(".family h2").all_inner_texts() == [
        "CIS Kubernetes Benchmark 1.9 1 policy has findings",
        "NSA/CISA Kubernetes Hardening Guide 1.2 1 policy has findings",
    ]
    rows = page.locator(".family").first.locator("tbody tr").all_inner_texts()
    assert "Containers have limits" in rows[0]
    assert "1 failed" in rows[0]
    assert "matched no object" in rows[1]


def test_what_was_not_evaluated_waived_and_skipped_is_told_with_the_reason(open_report: Open) -> None:
    text = open_report(of_everything(), "#run").locator("#view-run").inner_text()
    for said in ("the cluster is down", "the autoscaler owns it", "until 2027-01-01", "a hook", "an ignore rule hid"):
        assert said in text


def test_ten_thousand_resources_are_a_few_rows_on_the_page(open_report: Open) -> None:
    page = open_report(fleet(10_000), "#resources")
    assert page.locator(".row").count() < 60
    page.locator("#list").press("End")
    expect(page.locator(".row[aria-selected=true]")).to_have_attribute("aria-posinset", "10000")
    assert page.locator(".row").count() < 60


def test_of_thousands_of_findings_some_are_shown_and_the_others_on_request(open_report: Open) -> None:
    changes = tuple(Change("changed", f"/data/k{n}", f"data.k{n}", n, n + 1, "cluster") for n in range(2_000))
    page = open_report(finished([Verdict.of(resource("many"), "failed", Drift("modified", changes))]), "#resources")
    assert page.locator(".finding").count() == 50
    page.get_by_role("button", name="Show 50 of 1,950 more findings").click()
    assert page.locator(".finding").count() == 100


def test_a_matrix_of_hundreds_of_clusters_shows_the_worst_and_says_so(open_report: Open) -> None:
    verdicts = [scaled(f"app-{n}", cluster=f"cluster-{n % 100}", source=f"team-{n % 200}") for n in range(400)]
    page = open_report(finished([*verdicts, scaled("more", cluster="cluster-99", source="team-199")]))
    assert page.locator(".matrix thead th").nth(1).inner_text() == "cluster-99"
    assert page.locator(".matrix tbody tr").count() == 30
    expect(page.locator(".matrix")).to_contain_text("70 more are under Resources")
    page.get_by_role("button", name="more sources").click()
    assert page.locator(".matrix tbody tr").count() == 60


def test_what_is_new_since_an_earlier_run_can_be_chosen(open_report: Open) -> None:
    old, new = scaled("old"), scaled("new")
    known = replace(old, findings=tuple(replace(f, state="persisting", since="2025-12-01") for f in old.findings))
    fresh = replace(new, findings=tuple(replace(f, state="new") for f in new.findings))
    page = open_report(finished([known, fresh]), "#resources")
    page.get_by_role("checkbox", name="New").check()
    expect(page.locator(".found")).to_have_text("1 of 2 resources")
    assert row_names(page) == ["new"]
    page.get_by_role("button", name="Remove the filter").click()
    page.locator(".row", has_text="old").click()
    expect(page.locator("#pane")).to_contain_text("2025-12-01")


def test_all_of_it_can_be_done_with_the_keyboard(open_report: Open) -> None:
    page = open_report(fleet(40))
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("app-1")
    expect(page.locator(".found")).to_have_text("11 of 40 resources")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".row[aria-selected=true]")).to_have_attribute("aria-posinset", "2")
    assert page.locator("#list").get_attribute("aria-activedescendant") == "row-1"
    page.keyboard.press("Enter")
    expect(page.locator("#detail-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#list")).to_be_focused()


def test_the_chosen_colours_are_kept(open_report: Open) -> None:
    page = open_report(of_everything(), scheme="light")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate(paper) != light
    page.reload()
    assert page.evaluate(paper) != light


@pytest.mark.parametrize("width", [NARROW, 1360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_report: Open, scheme: str, width: int) -> None:
    page = open_report(of_everything(), scheme=scheme, width=width)
    for address in ("overview", "resources", "resources?q=judged", "resources?q=nothing", "policies", "run"):
        page.evaluate("address => location.hash = address", address)
        expect(page.locator(f"#view-{address.partition('?')[0]}")).to_be_visible()
        assert [(v["id"], v["nodes"]) for v in Axe().run(page).response["violations"]] == [], address


@pytest.mark.parametrize("result", [of_everything(), hostile()], ids=["everything", "hostile"])
def test_nothing_is_wider_than_a_phone(open_report: Open, result: AuditResult) -> None:
    page = open_report(result, width=NARROW)
    for view in VIEWS:
        page.evaluate("address => location.hash = address", view)
        expect(page.locator(f"#view-{view}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, view


def test_on_a_phone_a_resource_covers_the_list_and_gives_it_back(open_report: Open) -> None:
    page = open_report(of_everything(), "#resources", width=NARROW)
    expect(page.locator("#pane")).to_be_hidden()
    page.locator(".row", has_text="scaled").click()
    expect(page.locator("#pane")).to_be_visible()
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator("#pane")).to_be_hidden()
    expect(page.locator("#list")).to_be_visible()


def test_on_paper_every_view_and_every_failure_is_there(open_report: Open) -> None:
    page = open_report(of_everything())
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for view in ("overview", "policies", "run"):
        expect(page.locator(f"#view-{view}")).to_be_visible()
    printed = page.locator("#printed")
    expect(printed).to_be_visible()
    assert printed.locator(".detail").count() == 6
    assert "spec.replicas" in printed.inner_text()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.pdf().startswith(b"%PDF")


def test_a_change_shows_what_it_adds_what_it_ends_and_what_it_changes(open_report: Open) -> None:
    page = open_report(of_a_change(scaled("added"), stood_before=[scaled("known")]))
    assert page.locator("h1").first.inner_text() == "This change adds 1 finding"
    section = page.locator(".change")
    assert section.locator("h2").inner_text() == "Against main at abc"
    counts = [part.inner_text().split("\n")[1:] for part in section.locator(".legend .count").all()]
    assert counts == [["1", "added"], ["1", "repaired or removed"], ["1", "stood before"]]
    assert "repairs Deployment.apps/shop/old" in section.locator(".ended").inner_text()
    section.locator("summary").click()
    assert section.locator(".line.ins .text").inner_text().split() == ["after:", "a:", "2"]
    page.locator(".change a", has_text="stood before").click()
    assert page.locator("#list .row b").all_inner_texts() == ["known"]
    assert page.locator("#list .row").first.get_attribute("class") == "row warning"


def test_a_run_without_a_base_and_a_baseline_compares_nothing(open_report: Open) -> None:
    assert open_report(finished([scaled("web")])).locator(".change").count() == 0
