"""Where it is asked for, an object that is deployed as declared and does not work is a finding, in every report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.audited import audited, command, repository

CONFIG = (
    "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources: [{name: shop, path: app}]\nhealth: {enabled: true}\n"
)
WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    },
}
COUNTS = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), 2)
LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}


def shop(root: Path, status: dict[str, Any], config: str = CONFIG) -> Path:
    live = {"apiVersion": "v1", "kind": "List", "items": [WEB | {"status": status}]}
    files = {"gitops-audit.yaml": config, "app/web.json": json.dumps(WEB), "live.json": json.dumps(live)}
    return repository(root, files)


@pytest.mark.parametrize(
    ("status", "outcome", "rules"),
    [
        (COUNTS, "passed", []),
        (COUNTS | {"readyReplicas": 0}, "failed", ["in-progress"]),
        (COUNTS | {"conditions": [LATE]}, "failed", ["failed"]),
    ],
)
def test_what_does_not_work_is_a_finding(
    tmp_path: Path, status: dict[str, Any], outcome: str, rules: list[str]
) -> None:
    (verdict,) = audited(shop(tmp_path, status))
    assert (verdict.outcome, [f.rule for f in verdict.found("health")]) == (outcome, rules)
    assert verdict.drift is not None
    assert verdict.drift.status == "in-sync"


def test_nobody_who_did_not_ask_is_told(tmp_path: Path) -> None:
    (verdict,) = audited(shop(tmp_path, COUNTS | {"readyReplicas": 0}, CONFIG.partition("health")[0]))
    assert (verdict.outcome, verdict.health) == ("passed", None)


def test_the_reports_say_how_it_is(tmp_path: Path) -> None:
    shop(tmp_path, COUNTS | {"conditions": [LATE]})
    done = command(tmp_path, "check", "-q", "--json", "r.json", "--junit", "j.xml", "--sarif", "s.json")
    (entry,) = json.loads((tmp_path / "r.json").read_text())["resources"]

    assert done.returncode == 1
    assert "failed: too slow" in done.stdout
    assert (entry["health"]["status"], entry["health"]["message"]) == ("failed", "too slow")
    assert entry["health"]["fingerprint"]
    assert 'type="health"' in (tmp_path / "j.xml").read_text()
    assert "health/failed" in (tmp_path / "s.json").read_text()
    again = command(tmp_path, "report", "json", "r.json", "-o", "again.json")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "r.json").read_bytes()


def test_a_status_that_repeats_the_value_of_a_secret_does_not_tell_it(tmp_path: Path) -> None:
    value = "correct-horse-battery-staple"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    items = [WEB | {"status": COUNTS | {"conditions": [LATE | {"message": f"cannot reach db with {value}"}]}}, secret]
    live = {"apiVersion": "v1", "kind": "List", "items": items}
    files = {
        "gitops-audit.yaml": CONFIG,
        "app/web.json": json.dumps(WEB),
        "app/secret.json": json.dumps(secret | {"stringData": {"password": value}}),
        "live.json": json.dumps(live),
    }
    repository(tmp_path, files)
    done = command(tmp_path, "check", "-q", "--json", "r.json", "--html", "r.html")
    report = (tmp_path / "r.json").read_text()

    assert "cannot reach db with" in report
    assert value not in report + done.stdout + done.stderr + (tmp_path / "r.html").read_text()
