"""A missing object has a cause: it is new in Git, or somebody deleted it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.finding import Severity
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text
from tests import engines
from tests.audited import audited, command
from tests.engines import SSH_URL, deployed_at
from tests.repository import Repo

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shop}]
drift: {pending: PENDING}
"""
Engine = Callable[[str], list[dict[str, Any]]]


def service(name: str) -> str:
    metadata = {"name": name}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}})


OTHER = json.loads(service("other"))
OTHER["metadata"]["namespace"] = "shop"


def argo(commit: str, **source: Any) -> list[dict[str, Any]]:
    return [engines.application(deployed_at(commit, engines.argo_source() | source))]


def flux(commit: str) -> list[dict[str, Any]]:
    return [engines.kustomization(f"main@sha1:{commit}"), engines.git_repository()]


def nobody(commit: str) -> list[dict[str, Any]]:
    return []


def prepared(root: Path, engine: Engine, pending: str = "warn", folder: str = "apps") -> None:
    """Two services: one was declared at the last deployment, the other came since; the cluster has neither."""
    repo = Repo.init(root)
    repo.git("remote", "add", "origin", SSH_URL)
    config = {"gitops-audit.yaml": CONFIG.replace("PENDING", pending)}
    applied = repo.commit_files({**config, f"{folder}/old.json": service("old")})
    repo.commit_files({f"{folder}/new.json": service("new")})
    (root / "live.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [OTHER, *engine(applied)]})
    )


def missing(root: Path, engine: Engine, pending: str = "warn", folder: str = "apps") -> dict[str, Verdict]:
    prepared(root, engine, pending, folder)
    return {verdict.subject.key.name: verdict for verdict in audited(root)}


def causes(verdicts: dict[str, Verdict]) -> dict[str, tuple[str, str]]:
    return {name: (v.outcome, v.whole.cause) for name, v in verdicts.items() if v.whole is not None}


@pytest.mark.parametrize("engine", [argo, flux])
def test_what_is_new_in_git_passes_as_pending_and_what_was_deleted_fails(tmp_path: Path, engine: Engine) -> None:
    found = causes(missing(tmp_path, engine))
    assert found == {"new": ("passed", "git"), "old": ("failed", "cluster")}


def test_pending_objects_fail_where_pending_changes_do_at_a_lower_severity(tmp_path: Path) -> None:
    found = missing(tmp_path, argo, "fail")
    assert {v.outcome for v in found.values()} == {"failed"}
    severities = {name: v.whole.severity for name, v in found.items() if v.whole is not None}
    assert severities == {"new": Severity.medium, "old": Severity.high}


def test_without_a_record_nobody_knows(tmp_path: Path) -> None:
    assert causes(missing(tmp_path, nobody)) == {"new": ("failed", "unknown"), "old": ("failed", "unknown")}


def test_folders_that_an_application_does_not_read_tell_nothing(tmp_path: Path) -> None:
    found = missing(tmp_path, argo, folder="apps/below")
    assert {cause for _, cause in causes(found).values()} == {"unknown"}
    assert "does not read the folders below apps" in text.plain(found["old"])


def test_every_report_says_which_it_is(tmp_path: Path) -> None:
    prepared(tmp_path, argo, "fail")
    shown = command(tmp_path, "check", "--json", "r.json", "--junit", "r.xml")
    for words in ("declared in Git, not deployed yet", "declared in Git, deleted in the cluster"):
        assert words in shown.stdout
        assert words in (tmp_path / "r.xml").read_text()
    report = json.loads((tmp_path / "r.json").read_text())
    assert {r["name"]: r["drift"]["cause"] for r in report["resources"]} == {"new": "git", "old": "cluster"}
