from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from gitops_audit.engine.evidence.audit_log import AuditLogs
from gitops_audit.errors import ConfigError
from tests.unit.live.api import CONFIG_MAPS, declared

_EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "stage": "ResponseComplete",
    "verb": "update",
    "user": {"username": "ann"},
    "objectRef": {"resource": "configmaps", "namespace": "shop", "name": "a", "apiVersion": "v1"},
    "responseStatus": {"code": 200},
    "requestReceivedTimestamp": "2026-01-02T03:04:05Z",
}


def _refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        AuditLogs.read([path], declared(CONFIG_MAPS, "shop/a"))
    assert caught.value.code == "GA125"
    return caught.value.message


@pytest.mark.parametrize("line", [b"\n", b"x\n"], ids=["empty", "no event"])
def test_lines_that_are_no_event_have_an_end(tmp_path: Path, line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.engine.evidence.audit_log.MAX_UNUSABLE_LINES", 1000)
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(line * 2000))
    assert "more than 1000 lines are no event" in _refusal(log)


@pytest.mark.parametrize("text", [b" " * (2 << 20), b"x" * 100 + b"\n"], ids=["one line", "lines"])
def test_what_unpacks_to_too_much_is_not_read(tmp_path: Path, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.engine.evidence.audit_log._FREE_BYTES", 1 << 20)
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(text * ((8 << 20) // len(text))))
    assert "unpacks to more than" in _refusal(log)


def test_a_pipe_and_a_device_are_no_audit_logs(tmp_path: Path) -> None:
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    assert "it is a pipe" in _refusal(pipe)
    assert "it is a device" in _refusal(Path("/dev/zero"))


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:01Z", "9999-12-31T23:59:59Z", "now"],
)
def test_an_event_beyond_the_calendar_counts_as_none(tmp_path: Path, time: str) -> None:
    log = tmp_path / "log"
    bad = {**_EVENT, "requestReceivedTimestamp": time}
    log.write_text(f"{json.dumps(bad)}\n{json.dumps(_EVENT)}\n")
    assert len(AuditLogs.read([log], declared(CONFIG_MAPS, "shop/a")).writes) == 1
