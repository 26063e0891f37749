"""Kyverno tests that are broken, or name what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.policy.testing.conftest import POLICY
from tests.unit.policy.testing.test_kyverno_test import HEAD, entry, only, outcome


@pytest.mark.parametrize("field", ["patchedResource: x.yaml", "generatedResource: x.yaml", "isMutatingPolicy: true"])
def test_what_is_no_validation_fails_with_the_reason(folder: Path, field: str) -> None:
    row = only(outcome(folder, entry("bad", "fail", more=f", {field}")))
    assert (row.actual, row.is_passed) == ("error", False)
    assert field.split(":")[0] in row.message


def test_a_policy_that_is_not_there_fails_its_expectation(folder: Path) -> None:
    row = only(outcome(folder, "results:\n- {policy: nowhere, kind: Pod, resources: [bad], result: fail}\n"))
    assert (row.actual, row.message) == ("error", "there is no policy 'nowhere' in this test")


def test_a_policy_at_fault_fails_what_is_expected_of_it_with_its_line(folder: Path) -> None:
    (folder / "policy.yaml").write_text(POLICY.replace("pattern:", "patern:"))
    row = only(outcome(folder, entry("bad", "fail")))
    assert row.actual == "error"
    assert "policy.yaml:10" in row.message


def test_a_file_of_resources_that_is_missing_is_named_by_those_who_miss_one(folder: Path) -> None:
    head = HEAD.replace("[resources.yaml]", "[resources.yaml, missing.yaml]")
    first, second = outcome(folder, entry("bad, other", "fail"), head).rows
    assert first.is_passed
    assert "missing.yaml, which does not exist" in second.message


def test_a_missing_file_that_nobody_misses_is_a_row_of_its_own(folder: Path) -> None:
    head = HEAD.replace("[resources.yaml]", "[resources.yaml, missing.yaml]")
    first, second = outcome(folder, entry("bad", "fail"), head).rows
    assert first.is_passed
    assert (second.actual, second.is_passed) == ("error", False)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("results: []\n", "expects nothing"),
        ("results:\n- {policy: no-host, result: good}\n", "'good'"),
        ("results:\n- {policy: no-host, result: pass, reslt: 1}\n", "reslt"),
        ("odd: 1\n" + entry("bad", "fail"), "odd"),
        ("results: [\n", ""),
    ],
)
def test_a_broken_test_is_a_failed_row_with_file_and_line(folder: Path, rest: str, message: str) -> None:
    row = only(outcome(folder, rest))
    assert not row.is_passed
    assert (row.expected, row.actual) == ("", "error")
    assert message in row.message
    assert str(folder) in row.message


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("variables: none.yaml\n", "none.yaml"),
        ("values: {odd: 1}\n", "odd"),
        ("userinfo: none.yaml\n", "none.yaml"),
        ("values: {namespaces: [1]}\n", "must be an object"),
        ("values: {namespaces: [{metadata: {name: a, labels: {b: [c]}}}]}\n", "a label must be a string"),
        ("values: {subresources: [{subresource: [a]}]}\n", "must be an object"),
        ("values: {policies: [{name: a, rules: [{name: b, values: [c]}]}]}\n", "must be an object"),
        ("userinfo: odd.yaml\n", "must be a list"),
        ("context: odd.yaml\n", "must be an object"),
        ("apiCallResponses: [{response: {body: 1}}]\n", "no url"),
        ("globalContextEntries: [{name: a, resourceFiles: [none.yaml]}]\n", "none.yaml"),
        ("globalContextEntries: [{name: a, data: {}, projections: [{name: b, path: c}]}]\n", "cannot be made"),
    ],
)
def test_without_its_values_every_expectation_of_a_test_fails(folder: Path, rest: str, message: str) -> None:
    (folder / "odd.yaml").write_text("roles: admin\nspec: {resources: [pod]}\n")
    rows = outcome(folder, rest + entry("good, bad", "fail")).rows
    assert [(row.resource, row.actual) for row in rows] == [("good", "error"), ("bad", "error")]
    assert all(message in row.message for row in rows)


def test_exceptions_that_are_missing_are_a_row_of_their_own(folder: Path) -> None:
    first, second = outcome(folder, "exceptions: [none.yaml]\n" + entry("bad", "fail")).rows
    assert first.is_passed
    assert not second.is_passed
    assert "none.yaml" in second.message


def test_a_policy_file_that_is_missing_fails_what_is_expected_of_its_policy_alone(folder: Path) -> None:
    head = HEAD.replace("[policy.yaml]", "[policy.yaml, none.yaml]")
    rest = entry("bad", "fail") + "- {policy: other, kind: Pod, resources: [good, bad], result: fail}\n"
    first, *others = outcome(folder, rest, head).rows
    assert first.is_passed
    assert [row.actual for row in others] == ["error", "error"]
    assert all("none.yaml, which does not exist" in row.message for row in others)


@pytest.mark.parametrize("name", ["a" * 300 + ".yaml", '"a\\0b.yaml"'])
def test_a_name_that_no_file_can_have_is_a_file_that_is_missing(folder: Path, name: str) -> None:
    row = only(outcome(folder, entry("bad", "fail"), HEAD.replace("policy.yaml", name)))
    assert row.actual == "error"
    assert "does not exist" in row.message


def test_files_on_the_network_are_not_fetched(folder: Path) -> None:
    head = HEAD.replace("policy.yaml", "https://example.org/policy.yaml")
    assert "not a local file" in only(outcome(folder, entry("bad", "fail"), head)).message
