from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.policy.load.holds_tests import holds_tests
from gitops_audit.policy.testing import run

POLICY = """\
apiVersion: gitops-audit/v1
kind: Policy
metadata: {name: replicas}
spec:
  match: {kinds: [Deployment]}
  rules:
  - name: two
    message: too few replicas
    cel: object.spec.replicas > 1
tests:
- name: enough
  expect: pass
  object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 2}}
- name: alone
  rule: two
  expect: %s
  message: %s
  object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 1}}
"""


def outcomes(path: Path, text: str) -> list[tuple[str, str, bool]]:
    (path / "policy.yaml").write_text(text)
    return [(row.resource, row.actual, row.is_passed) for row in run([path]).rows]


@pytest.mark.parametrize(
    ("expected", "message", "alone"),
    [("fail", "too few", ("fail", True)), ("pass", "''", ("fail", False)), ("fail", "other words", ("error", False))],
)
def test_the_tests_of_a_policy_are_run(tmp_path: Path, expected: str, message: str, alone: tuple[str, bool]) -> None:
    assert outcomes(tmp_path, POLICY % (expected, message)) == [("enough", "pass", True), ("alone", *alone)]


def test_a_policy_at_fault_is_a_failed_row(tmp_path: Path) -> None:
    ((_, actual, has_passed),) = outcomes(tmp_path, POLICY.replace("object.spec.replicas >", "object. >"))
    assert (actual, has_passed) == ("error", False)


def test_a_file_is_recognised_by_a_look_at_it(tmp_path: Path) -> None:
    for name, text in (("a.yaml", POLICY), ("b.yaml", "kind: Pod\n"), ("c.txt", POLICY), ("kyverno-test.yaml", "")):
        (tmp_path / name).write_text(text)
    found = [path.name for path in sorted(tmp_path.iterdir()) if holds_tests(path)]
    assert found == ["a.yaml", "kyverno-test.yaml"]


KYVERNO = "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\npolicies: []\nresults: []\n"


@pytest.mark.parametrize(
    "text",
    [
        POLICY.replace("kind: Policy", "kind: Polciy"),
        POLICY.replace("kind: Policy", "kind: [Policy]"),
        POLICY.replace("kind: Policy", "Kind: Policy"),
        POLICY.replace("gitops-audit/v1", "gitops-audit.io/v1"),
        KYVERNO.replace("kind: Test", "kind: Tset"),
        KYVERNO.replace("kind: Test", "knd: Test"),
    ],
    ids=["mistyped kind", "list as kind", "no kind", "another group", "kyverno's kind", "kyverno's without a kind"],
)
def test_what_is_meant_as_a_test_and_is_none_is_a_failed_row_beside_others(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    (tmp_path / "sound.yaml").write_text(POLICY % ("fail", "too few"))
    found = {(Path(row.file).name, row.is_passed) for row in run([tmp_path / "broken.yaml", tmp_path]).rows}
    assert found == {("broken.yaml", False), ("sound.yaml", True)}


def test_what_stands_beside_tests_is_none_of_them(tmp_path: Path) -> None:
    values = "apiVersion: cli.kyverno.io/v1alpha1\nkind: Values\nglobalValues: {a: b}\n"
    (tmp_path / "values.yaml").write_text(values)
    (tmp_path / "sound.yaml").write_text(POLICY % ("fail", "too few"))
    assert {Path(row.file).name for row in run([tmp_path / "values.yaml", tmp_path]).rows} == {"sound.yaml"}
