"""Kubeconfigs of any structure: each gives a session or an error of its cluster, and never shows a token."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_audit import regular_file
from gitops_audit.config.settings import ClusterConfig
from gitops_audit.engine.gather.clusters import ReachedCluster, reach
from gitops_audit.live.client import Session
from gitops_audit.model.redact import Redactor
from tests.hostile.mutation import mutated

_TOKEN = "MARK-OF-A-TOKEN"
_CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "x",
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9", "proxy-url": "http://127.0.0.1:9"}}],
    "users": [{"name": "u", "user": {"token": _TOKEN, "tokenFile": "", "client-certificate-data": "QQ=="}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
}


def _told(path: Path, monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    """What is said where the cluster cannot be used. Port 9 answers nobody, so each one ends in some error."""
    found: ReachedCluster = reach(ClusterConfig("prod", kubeconfig=str(path)), Redactor())
    assert found.error is not None
    assert found.error.code not in ("GA000", "GA001"), str(found.error)
    return str(found.error)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_kubeconfig_is_a_bug_or_shows_its_token(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "kc"
    path.write_text(yaml.safe_dump(mutated(copy.deepcopy(_CONFIG), data.draw)))
    assert _TOKEN not in _told(path)


def _with_user(tmp_path: Path, user: dict[str, Any]) -> Path:
    path = tmp_path / "kc"
    path.write_text(yaml.safe_dump({**_CONFIG, "users": [{"name": "u", "user": user}]}))
    return path


@pytest.mark.parametrize("token", ["a\nb", "a\rb", "\u20ac", "\u00e9", "a\tb"])
def test_a_token_that_no_header_can_hold_is_an_error_of_its_cluster(tmp_path: Path, token: str) -> None:
    assert "no HTTP header" in _told(_with_user(tmp_path, {"token": token}))


def test_a_line_break_at_the_end_of_a_token_file_is_none_of_the_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    path = _with_user(tmp_path, {"tokenFile": str(tmp_path / "token")})
    session = Session(ClusterConfig("prod", kubeconfig=str(path)), concurrency=1)
    assert session._authorization() == {"authorization": "Bearer abc"}
    session.close()


def test_a_pipe_without_an_end_and_a_device_are_no_kubeconfigs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_file, "PIPE_S", 0)
    os.mkfifo(tmp_path / "kc")
    assert "it is a pipe that did not come to its end within 0 s (limit: pipe time)" in _told(tmp_path / "kc")
    assert "it is a device" in _told(Path("/dev/zero"))


def test_a_kubeconfig_and_a_token_that_are_too_large_are_told_with_the_limit(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"a" * ((1 << 20) + 1))
    told = _told(_with_user(tmp_path, {"tokenFile": str(tmp_path / "token")}))
    assert "has more than 1 MiB (limit: token size)" in told
    (tmp_path / "large").write_bytes(b"#" * ((16 << 20) + 1))
    assert "has more than 16 MiB (limit: kubeconfig size)" in _told(tmp_path / "large")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo MARK-OF-A-TOKEN >&2; exit 3", "ended with status 3"),
        ("echo MARK-OF-A-TOKEN", "printed no JSON"),
        ("""echo '{"apiVersion":"MARK-OF-A-TOKEN","kind":"ExecCredential","status":{}}'""", "another apiVersion"),
        ("""echo '{"MARK-OF-A-TOKEN":1}'""", "no ExecCredential"),
        ("sleep 60", "was stopped after 0 s (limit: exec plugin time)"),
        ("head -c 2000000 /dev/zero", "printed more than 1 MiB (limit: exec plugin output)"),
    ],
)
def test_a_plugin_is_bounded_and_its_words_are_not_shown(
    tmp_path: Path, script: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sleep" in script:
        monkeypatch.setattr("gitops_audit.live.plugin.PLUGIN_TIMEOUT_S", 0.2)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]}
    told = _told(_with_user(tmp_path, {"exec": plugin}))
    assert f"the exec plugin sh {reason}" in told or reason in told
    assert _TOKEN not in told
