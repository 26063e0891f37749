"""The sandbox as a server: life, users, log, faults."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from urllib3.exceptions import HTTPError

from gitops_audit.sandbox import Rule, Sandbox

MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str) -> bytes:
    return json.dumps({"metadata": {"name": name}, "data": {"key": "value"}}).encode()


def test_it_listens_on_loopback_until_it_ends(pool: urllib3.PoolManager) -> None:
    with Sandbox() as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert pool.request("GET", f"{sandbox.url}/readyz").data == b"ok"
        port = sandbox.port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_it_can_be_stopped_twice_and_without_a_start() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.stop()


def test_ending_leaves_no_thread_and_does_not_wait_for_open_connections(pool: urllib3.PoolManager) -> None:
    before = set(threading.enumerate())
    with Sandbox() as sandbox:
        pool.request("GET", f"{sandbox.url}/readyz")
    assert _settles(lambda: not set(threading.enumerate()) - before)


def _settles(is_done: Any) -> bool:
    deadline = time.monotonic() + 5
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(is_done())


def test_importing_it_needs_little() -> None:
    code = "import sys, gitops_audit.sandbox; print(*{'kubernetes', 'urllib3', 'asyncio', 'pytest'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_two_sandboxes_do_not_know_each_other() -> None:
    with Sandbox() as one, Sandbox() as other:
        one.call("POST", MAPS, {"metadata": {"name": "a"}})
        assert other.call("GET", f"{MAPS}/a")[0] == 404


def test_the_time_is_that_of_its_clock() -> None:
    with Sandbox(clock=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) as sandbox:
        _, created = sandbox.call("POST", MAPS, {"metadata": {"name": "a"}, "data": {"a": "b"}})
    metadata = created["metadata"]
    assert metadata["creationTimestamp"] == metadata["managedFields"][0]["time"] == "2026-01-02T03:04:05Z"


def test_the_kubeconfig_has_a_context_per_user(sandbox: Sandbox, tmp_path: Path) -> None:
    token = sandbox.user("reader", [])
    config = yaml.safe_load(sandbox.write_kubeconfig(tmp_path / "kubeconfig", "reader").read_text(encoding="utf-8"))
    assert config["current-context"] == "reader"
    assert {context["name"] for context in config["contexts"]} == {"admin", "reader"}
    assert {"name": "reader", "user": {"token": token}} in config["users"]
    assert config["clusters"][0]["cluster"]["server"] == sandbox.url


def test_the_official_client_works_with_it(sandbox: Sandbox, tmp_path: Path) -> None:
    from kubernetes import client, config

    load: Any = config.new_client_from_config
    api = load(str(sandbox.write_kubeconfig(tmp_path / "kubeconfig")))
    core: Any = client.CoreV1Api(api)
    core.create_namespaced_config_map("default", {"metadata": {"name": "a"}, "data": {"k": "v"}})
    assert core.read_namespaced_config_map("a", "default").data == {"k": "v"}
    assert [item.metadata.name for item in core.list_namespaced_config_map("default").items] == ["a"]
    api.rest_client.pool_manager.clear()


def test_rules_of_a_user_can_be_changed(sandbox: Sandbox) -> None:
    sandbox.user("reader", [])
    assert sandbox.call("GET", MAPS, user="reader")[0] == 403
    sandbox.user("reader", [Rule(verbs=["list"], resources=["*"])])
    assert sandbox.call("GET", MAPS, user="reader")[0] == 200
    assert sandbox.call("GET", f"{MAPS}/a", user="reader")[0] == 403


def test_a_rule_may_be_limited_to_names(sandbox: Sandbox) -> None:
    sandbox.user("reader", [Rule(verbs=["get"], resources=["configmaps"], names=["a"])])
    assert sandbox.call("GET", f"{MAPS}/a", user="reader")[0] == 404
    assert sandbox.call("GET", f"{MAPS}/b", user="reader")[0] == 403


def test_requests_are_logged_with_their_answers(sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
    pool.request("POST", f"{sandbox.url}{MAPS}?fieldManager=m", body=config_map("a"))
    pool.request("GET", f"{sandbox.url}{MAPS}/b")
    sandbox.call("GET", MAPS)
    assert [(str(r), r.code) for r in sandbox.requests] == [
        (f"POST {MAPS}?fieldManager=m", 201),
        (f"GET {MAPS}/b", 404),
    ]
    assert len(sandbox.requests.matching("^GET .*configmaps")) == 1
    sandbox.requests.clear()
    assert len(sandbox.requests) == 0


def test_many_clients_at_once_get_every_name(sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
    def create(first: int) -> None:
        for number in range(first, first + 20):
            assert pool.request("POST", f"{sandbox.url}{MAPS}", body=config_map(f"m{number}")).status == 201

    threads = [threading.Thread(target=create, args=(first,)) for first in range(0, 80, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listed = sandbox.call("GET", MAPS)[1]["items"]
    assert len({item["metadata"]["resourceVersion"] for item in listed}) == 80


def test_a_chunked_body_is_read(sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
    body = config_map("a")
    answer = pool.request("POST", f"{sandbox.url}{MAPS}", body=iter([body[:9], body[9:]]))
    assert (answer.status, answer.json()["data"]) == (201, {"key": "value"})
    assert len(pool.request("GET", f"{sandbox.url}{MAPS}").json()["items"]) == 1


class TestFaults:
    def get(self, sandbox: Sandbox, pool: urllib3.PoolManager, query: str = "") -> urllib3.BaseHTTPResponse:
        return pool.request("GET", f"{sandbox.url}{MAPS}{query}", timeout=5)

    def test_a_status_is_answered_as_often_as_wanted(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        fault = sandbox.faults.add("GET .*/configmaps", status=429, times=2, retry_after_s=3)
        answers = [self.get(sandbox, pool) for _ in range(3)]
        assert [answer.status for answer in answers] == [429, 429, 200]
        assert answers[0].headers["Retry-After"] == "3"
        status = answers[0].json()
        assert (status["kind"], status["reason"], status["code"]) == ("Status", "TooManyRequests", 429)
        assert status["details"] == {"retryAfterSeconds": 3}
        assert fault.hits == 2

    def test_a_fault_hits_only_what_it_matches(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        sandbox.faults.add("^POST ", status=503)
        sandbox.faults.add("/secrets")
        assert self.get(sandbox, pool).status == 200

    def test_a_fault_may_spare_the_first_requests(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        sandbox.faults.add("configmaps", skip=1, times=1)
        assert [self.get(sandbox, pool).status for _ in range(3)] == [200, 500, 200]

    def test_faults_can_be_cleared(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        sandbox.faults.add("configmaps")
        sandbox.faults.clear()
        assert self.get(sandbox, pool).status == 200

    def test_a_reset_cuts_the_connection(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        sandbox.faults.add("configmaps", "reset", times=1)
        with pytest.raises(HTTPError, match=r"reset|aborted"):
            self.get(sandbox, pool)
        assert [request.code for request in sandbox.requests] == [0]
        assert self.get(sandbox, pool).status == 200

    def test_a_truncated_answer_is_shorter_than_it_says(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        sandbox.faults.add("configmaps", "truncate", times=1)
        with pytest.raises(HTTPError, match="IncompleteRead"):
            self.get(sandbox, pool)
        assert self.get(sandbox, pool).status == 200

    def test_a_slow_answer_comes_late(self, sandbox: Sandbox, pool: urllib3.PoolManager) -> None:
        sandbox.faults.add("configmaps", "slow", delay_s=0.2)
        started = time.monotonic()
        assert self.get(sandbox, pool).status == 200
        assert time.monotonic() - started >= 0.2

    def test_a_slow_answer_does_not_delay_the_end(self, pool: urllib3.PoolManager) -> None:
        delay_s = 60
        with Sandbox() as sandbox:
            sandbox.faults.add("configmaps", "slow", delay_s=delay_s)
            with pytest.raises(HTTPError):
                pool.request("GET", f"{sandbox.url}{MAPS}", timeout=0.2)
            started = time.monotonic()
        assert time.monotonic() - started < delay_s

    def test_a_continue_token_expires_in_the_middle_of_a_list(
        self, sandbox: Sandbox, pool: urllib3.PoolManager
    ) -> None:
        for name in ("a", "b", "c"):
            sandbox.call("POST", MAPS, {"metadata": {"name": name}})
        sandbox.faults.add("configmaps", "expire", times=1)
        token = self.get(sandbox, pool, "?limit=1").json()["metadata"]["continue"]
        assert self.get(sandbox, pool, f"?limit=1&continue={token}").status == 410
        assert self.get(sandbox, pool, f"?limit=1&continue={token}").status == 200
