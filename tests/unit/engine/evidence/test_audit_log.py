"""Audit logs as files: what is read, what is counted, what ends the run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import ClusterConfig, Settings, SourceConfig
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.case import Case
from gitops_audit.engine.events import Finished, Judged
from gitops_audit.engine.evidence.audit_log import MAX_LINE_BYTES, AuditLogs
from gitops_audit.engine.options import RunOptions
from gitops_audit.errors import ConfigError
from gitops_audit.model.finding import Change, Drift, FieldOwner
from gitops_audit.model.resource import Declared, Origin, ResourceKey
from tests.audited import drift_of
from tests.repository import Repo

SETTINGS_MAP = ResourceKey("prod", "", "ConfigMap", "shop", "settings")
TIME = "2026-03-01T10:00:00Z"


def event(name: str = "settings", verb: str = "update", **more: Any) -> bytes:
    found = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Event",
        "stage": "ResponseComplete",
        "verb": verb,
        "requestURI": f"/api/v1/namespaces/shop/configmaps/{name}?fieldManager=kubectl-edit",
        "user": {"username": "ana"},
        "sourceIPs": ["10.1.2.3"],
        "userAgent": "kubectl/v1.36.0",
        "objectRef": {"apiVersion": "v1", "resource": "configmaps", "namespace": "shop", "name": name},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": TIME,
        "stageTimestamp": TIME,
    }
    return json.dumps(found | more).encode() + b"\n"


def resource(key: ResourceKey = SETTINGS_MAP) -> Declared:
    return Declared(key, "shop", "v1", {}, Origin("shop.yaml", 1))


def read(*paths: Path) -> AuditLogs:
    return AuditLogs.read(paths, [resource()])


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_plain_and_gzip_logs_are_read_whatever_they_are_called(tmp_path: Path) -> None:
    plain, packed = written(tmp_path / "a.gz", event()), written(tmp_path / "b.log", gzip.compress(event() * 2))
    assert len(read(plain, packed).writes) == 3
    assert read(plain, packed).notes == ()


def test_writes_to_objects_that_are_not_audited_are_not_kept(tmp_path: Path) -> None:
    assert len(read(written(tmp_path / "a", event("other") + event())).writes) == 1


def test_empty_files_and_lines_and_a_last_line_without_end_are_fine(tmp_path: Path) -> None:
    logs = read(written(tmp_path / "a", b""), written(tmp_path / "b", b"\n  \r\n" + event().strip()))
    assert (len(logs.writes), logs.notes) == (1, ())


@pytest.mark.parametrize("line", [b"{", b"W0301 no JSON", b"\xff\xfe\xfa", b"[" * 100_000, b"null", b"[]", b'{"a": 1}'])
def test_lines_that_are_no_event_are_counted_and_the_rest_is_read(tmp_path: Path, line: bytes) -> None:
    path = written(tmp_path / "a", line + b"\n" + event())
    logs = read(path)
    assert len(logs.writes) == 1
    assert logs.notes == (f"audit log {path}: lines that are no audit.k8s.io/v1 event in JSON: 1",)


def test_a_line_over_4_mb_is_skipped_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    long = event(requestObject="x" * (2 * MAX_LINE_BYTES))
    path = written(tmp_path / "a", long + event() + long.strip())
    logs = read(path)
    assert len(logs.writes) == 1
    assert logs.notes == (f"audit log {path}: lines over 4 MiB are skipped (limit: audit log line): 2",)


def test_a_line_of_just_4_mb_is_read(tmp_path: Path) -> None:
    short = event(requestObject="")
    full = event(requestObject="x" * (MAX_LINE_BYTES - len(short)))
    assert len(full) == MAX_LINE_BYTES
    assert len(read(written(tmp_path / "a", full)).writes) == 1


@pytest.mark.parametrize("fault", ["absent", "directory", "cut", "corrupt"])
def test_a_file_that_cannot_be_read_to_its_end_ends_the_run(tmp_path: Path, fault: str) -> None:
    path, packed = tmp_path / "audit.log", gzip.compress(event() * 50)
    if fault == "directory":
        path.mkdir()
    elif fault != "absent":
        path.write_bytes(packed[:-20] if fault == "cut" else packed[:10] + b"\xff" * 40)
    with pytest.raises(ConfigError, match=r"cannot be read: .") as caught:
        read(path)
    assert (caught.value.code, bool(caught.value.hint), caught.value.exit_code) == ("GA125", True, 2)


def test_logs_for_several_clusters_are_noted(tmp_path: Path) -> None:
    both = [resource(), resource(SETTINGS_MAP._replace(cluster="test"))]
    path = written(tmp_path / "a", event())
    assert "(prod, test)" in AuditLogs.read([path], both).notes[0]
    assert AuditLogs.read([], both).notes == ()


def test_only_what_drifted_is_attributed(tmp_path: Path) -> None:
    by = FieldOwner("kubectl-edit", "Update", "", TIME)
    changed, same = resource(), resource(SETTINGS_MAP._replace(name="other"))
    drifted = Drift("modified", (Change("changed", "/a", "a", by=by),))
    cases = [Case(changed, drift=drifted), Case(same, drift=Drift("in-sync"))]
    found = read(written(tmp_path / "a", event())).attributed(cases, lambda _: "configmaps")
    owner = found[0].found.changes[0].by
    assert owner is not None
    assert (owner.user, owner.source_ip, owner.user_agent) == ("ana", "10.1.2.3", "kubectl/v1.36.0")
    assert found[1] is cases[1]


CONFIG_MAP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "shop"},
    "data": {"colour": "blue"},
}
ENTRY = {
    "manager": "kubectl-edit",
    "operation": "Update",
    "apiVersion": "v1",
    "time": TIME,
    "fieldsType": "FieldsV1",
    "fieldsV1": {"f:data": {"f:colour": {}}},
}


def audited(folder: Path, live: dict[str, Any] | None, log: bytes) -> tuple[Drift, tuple[str, ...]]:
    """The drift of the ConfigMap in a whole run against a recording, and the notes of the run."""
    Repo.init(folder / "git").commit(a_yaml=json.dumps(CONFIG_MAP))
    other = CONFIG_MAP | {"metadata": {"name": "other", "namespace": "shop"}}
    items = [other, *([live] if live else [])]
    recorded = written(folder / "live.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode())
    source = SourceConfig("shop", repo=str(folder / "git"))
    settings = Settings(
        folder / "gitops-audit.yaml", clusters=(ClusterConfig("prod", snapshot=recorded),), sources=(source,)
    )
    audit = Audit(settings, RunOptions(audit_logs=(written(folder / "audit.log", log),)))
    try:
        audit.prepare()
        events = list(audit.run())
    finally:
        audit.close()
    [drift] = [drift_of(e.verdict) for e in events if isinstance(e, Judged)]
    [notes] = [e.notes for e in events if isinstance(e, Finished)]
    return drift, notes


def test_a_run_names_the_user_of_a_change_and_tells_what_it_could_not_read(tmp_path: Path) -> None:
    live = CONFIG_MAP | {"metadata": CONFIG_MAP["metadata"] | {"managedFields": [ENTRY]}, "data": {"colour": "red"}}
    drift, notes = audited(tmp_path, live, event() + b"no JSON\n")
    assert [(c.path, c.by.user if c.by else "") for c in drift.changes] == [("data.colour", "ana")]
    assert any("no audit.k8s.io/v1 event in JSON: 1" in note for note in notes)


def test_a_run_tells_who_deleted_what_is_missing(tmp_path: Path) -> None:
    drift, _ = audited(tmp_path, None, event(verb="delete"))
    assert (drift.status, drift.reason) == ("missing", f"deleted by ana from 10.1.2.3 with kubectl/v1.36.0 at {TIME}")
