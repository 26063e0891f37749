"""Annotations of GitHub and GitLab, as their runners read them."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import pytest

from gitops_audit.model.finding import Severity
from gitops_audit.model.result import AuditResult, RunInfo, SourceInfo
from gitops_audit.report import github_annotations, gitlab_annotations
from tests.reported import finished, hostile, of_everything, scaled

# How the runner of GitHub Actions reads a command of the form that it has since 2019.
_COMMAND = re.compile(r"::(?P<command>[a-z-]+)(?: (?P<properties>.*?))?::(?P<data>.*)")
_ESCAPED = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}
GITLAB = {"CI_PROJECT_URL": "https://gitlab.example/team/shop", "CI_COMMIT_SHA": "f" * 40}


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def read_by_github(result: AuditResult) -> list[Command]:
    return [command(line) for line in github_annotations.write(result).decode().splitlines()]


def command(line: str) -> Command:
    found = _COMMAND.fullmatch(line)
    assert found is not None, line
    pairs = (pair.partition("=") for pair in (found["properties"] or "").split(","))
    return Command(found["command"], {name: unescaped(value) for name, _, value in pairs}, unescaped(found["data"]))


def unescaped(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda match: _ESCAPED.get(match[0], match[0]), text)


def links(result: AuditResult, environment: dict[str, str]) -> list[dict[str, str]]:
    report = json.loads(gitlab_annotations.write(result, environment))
    return [entry["external_link"] for entry in report["gitops-audit"]]


def test_a_finding_is_shown_at_its_line_with_its_rule() -> None:
    (found,) = read_by_github(finished([scaled("web")]))
    assert found.properties == {"file": "apps/web.yaml", "line": "7", "title": "drift/changed"}
    assert found.data.startswith("Deployment.apps/shop/web (cluster prod): spec.replicas: 3 -> 5")


def test_the_worst_come_first_and_levels_follow_the_severity() -> None:
    told = [(c.name, c.properties["title"]) for c in read_by_github(of_everything())]
    assert told[:2] == [("error", "policy/images/tag"), ("error", "drift/GA300")]
    assert ("error", "policy/limits/cpu") in told
    assert ("warning", "policy/labels") in told
    assert ("warning", "drift/changed") in told


def test_a_finding_of_low_severity_is_a_notice() -> None:
    (found,) = read_by_github(finished([scaled("web", Severity.low)]))
    assert found.name == "notice"


@pytest.mark.parametrize("count", [49, 50, 200])
def test_there_are_49_at_most_and_the_last_tells_what_is_cut(count: int) -> None:
    result = finished([scaled(f"w{n}") for n in range(count)])
    found, shown = read_by_github(result), links(result, GITLAB)
    assert len(found) == len(shown) == 49
    if count > 49:
        assert found[-1].data == f"{count - 48} more findings not annotated: the JSON report has all"
        assert shown[-1]["label"] == f"{count - 48} more findings: the JSON report has all"


def test_hostile_content_is_one_command_a_finding_and_no_other() -> None:
    found = read_by_github(hostile())
    assert {c.name for c in found} <= {"error", "warning", "notice"}
    assert all(set(c.properties) <= {"file", "line", "title"} for c in found)
    assert all(c.data.isprintable() for c in found)


def test_a_clean_run_annotates_nothing() -> None:
    assert github_annotations.write(finished([])) == b""
    assert links(finished([]), GITLAB) == []


def test_a_link_of_gitlab_leads_to_the_line_at_the_commit_that_was_audited() -> None:
    (link,) = links(finished([scaled("web")]), GITLAB)
    assert link["url"] == "https://gitlab.example/team/shop/-/blob/abc/apps/web.yaml#L7"
    assert link["label"].startswith("medium: Deployment.apps/shop/web")


def test_without_a_project_the_repository_of_the_source_is_linked() -> None:
    info = RunInfo("2026-01-01T00:00:00Z", (), (SourceInfo("shop", "https://git.example/s.git", "main", "abc", ""),))
    (link,) = links(finished([scaled("web")], info=info), {})
    assert link["url"] == "https://git.example/s/-/blob/abc/apps/web.yaml#L7"


def test_what_has_no_url_is_left_out() -> None:
    assert links(finished([scaled("web")]), {}) == []


def test_hostile_content_makes_no_other_link() -> None:
    found = links(hostile(), GITLAB)
    assert all(link["url"].startswith("https://gitlab.example/team/shop/-/blob/") for link in found)
    assert all(link["url"].isascii() and " " not in link["url"] for link in found)
    assert all(len(link["label"]) <= 255 and link["label"].isprintable() for link in found)
