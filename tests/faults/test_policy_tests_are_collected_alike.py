"""`policy test` and pytest take the same files for tests of policies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.command import run_cli, run_pytest

POLICY = """\
apiVersion: gitops-audit/v1
kind: Policy
metadata: {name: enough}
spec:
  title: Two replicas
  severity: low
  match: {kinds: [Deployment.apps]}
  rules:
    - {name: two, cel: object.spec.replicas >= 2, message: too few}
tests:
  - name: two are enough
    rule: two
    object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2}}
    expect: pass
"""
KYVERNO = "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\npolicies: [p.yaml]\nresults: []\n"


@pytest.mark.parametrize("place", ["", "tests"])
@pytest.mark.parametrize("name", ["policy.yaml", "policy.yml", "policy.json", "pretty.json"])
def test_a_policy_with_tests_is_found_under_any_name(tmp_path: Path, name: str, place: str) -> None:
    indent = 2 if name.startswith("pretty") else None
    text = json.dumps(yaml.safe_load(POLICY), indent=indent) if name.endswith(".json") else POLICY
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / name).write_text(text)
    named = place or name
    assert "1 passed" in run_cli("policy", "test", named, cwd=tmp_path).out
    assert "1 passed" in run_pytest(named, cwd=tmp_path).out


@pytest.mark.parametrize("name", ["kyverno-test.yaml", "kyverno-test.yml", "other.yaml", "other.json"])
def test_a_test_of_kyverno_is_found_under_any_name(tmp_path: Path, name: str) -> None:
    text = json.dumps(yaml.safe_load(KYVERNO)) if name.endswith(".json") else KYVERNO
    (tmp_path / name).write_text(text)
    assert "GA401" in run_cli("policy", "test", ".", cwd=tmp_path).out
    assert "GA401" in run_pytest(".", cwd=tmp_path).out


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("kind: Test\ntests: {enabled: true}\n")
    assert run_cli("policy", "test", ".", cwd=tmp_path).code == 2
    assert run_pytest(".", cwd=tmp_path).code == 5
