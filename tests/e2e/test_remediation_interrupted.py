"""A repair that is interrupted or that hears no answer: what happened is known at once, or by `resume`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.live.client import Session
from gitops_audit.remediate.apply import apply
from tests.e2e.apiserver import ApiServer
from tests.e2e.denying import webhook
from tests.e2e.injected import lose_answer
from tests.e2e.repairing import Shop, config_map
from tests.e2e.truth_server import Client
from tests.hostile.test_signals import heed_signals

pytestmark = pytest.mark.e2e


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with apiserver.left_as_found():
        yield Shop.declared(apiserver, tmp_path, [config_map("lost"), config_map("kept")])


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_creation_whose_answer_is_lost_is_known_to_be_done(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_ours: bool
) -> None:
    shop.deploy("--server-side=false")
    shop.kubectl("delete", "configmap", "lost")
    plan, lost = shop.planned(), list[str]()
    original = Session.send

    def sending(self: Session, method: str, path: str, headers: Any, body: bytes | None, timeouts: Any) -> Any:
        if method != "POST" or "/configmaps" not in path or lost:
            return original(self, method, path, headers, body, timeouts)
        lost.append(path)
        if is_ours:
            original(self, method, path, headers, body, timeouts).drain_conn()
        else:
            shop.kubectl("create", "configmap", "lost", "--from-literal=a=other")
        return lose_answer()

    monkeypatch.setattr(Session, "send", sending)
    (result,) = apply(plan, shop.way()).results

    assert lost
    assert result.result == ("done" if is_ours else "failed"), result.message
    assert shop.data("lost") == {"a": "1" if is_ours else "other"}


def test_a_run_that_is_interrupted_ends_at_once_and_goes_on_later(
    shop: Shop, apiserver: ApiServer, tmp_path: Path
) -> None:
    shop.deploy()
    shop.edit("lost", a="2")
    shop.plan()
    with webhook(Client(apiserver, tmp_path), tmp_path) as moody:
        moody.hang("lost")
        process = _applying(shop)
        name = _begun(shop, process)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        moody.relent()
        assert process.returncode == 130, told
        assert f"remediate resume {name}" in told
        again = shop.run("resume", name, "--yes", "--quiet", "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    assert shop.data("lost") == {"a": "1"}


def _applying(shop: Shop) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "gitops_audit", "remediate", "apply", "plan.json", "--yes"]
    environment = {**os.environ, "XDG_STATE_HOME": str(shop.state)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        program, cwd=shop.root, env=environment, stdout=pipe, stderr=pipe, text=True, preexec_fn=heed_signals
    )


def _begun(shop: Shop, process: subprocess.Popen[str]) -> str:
    """The name of the run, once its first request is announced."""
    while process.poll() is None:
        for journal in (shop.state / "gitops-audit" / "journal").glob("*.jsonl"):
            events = [json.loads(line)["event"] for line in journal.read_text().splitlines()]
            if "begin" in events:
                return journal.stem
        threading.Event().wait(0.05)
    raise AssertionError(process.communicate()[1])
