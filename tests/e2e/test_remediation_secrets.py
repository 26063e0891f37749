"""Secrets repaired and undone with a journal key: the values come back, and nobody else ever sees one."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.remediate.apply import apply
from gitops_audit.remediate.undo import undo
from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop, config_map

pytestmark = pytest.mark.e2e

DECLARED, LIVE = "marker-declared-7f3a", "marker-live-9c1d"
MARKERS = [text for value in (DECLARED, LIVE) for text in (value, base64.b64encode(value.encode()).decode())]
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"password": DECLARED}}
KEY, OTHER_KEY = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
COPY = f"postgres://shop:{DECLARED}@db/shop"


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A Secret, and a ConfigMap with a copy of its value, both changed by hand; the key is in a file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with apiserver.left_as_found():
        copied = config_map("copied", url=COPY, a="1")
        found = Shop.declared(apiserver, tmp_path, [SECRET, copied], journalKey={"file": "../key"})
        write_key(found, KEY)
        found.deploy()
        changed = json.dumps({"stringData": {"password": LIVE}})
        found.kubectl("patch", "secret", "token", "--type=merge", "-p", changed)
        found.edit("copied", a=f"{DECLARED}-2")
        yield found
        found.unlock()


def write_key(shop: Shop, *keys: str) -> None:
    path = shop.root.parent / "key"
    path.write_text("\n".join(keys))
    path.chmod(0o600)


def value(shop: Shop) -> str:
    return base64.b64decode(shop.data("token", "secret")["password"]).decode()


def results(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, Any] = json.loads(done.stdout)
    return {r["resource"].partition("/")[0]: (r["result"], r["message"]) for r in found["results"]}


def undone(shop: Shop, run: str) -> subprocess.CompletedProcess[str]:
    return shop.run("undo", run, "--yes", "--quiet", "--json")


def test_a_repaired_secret_is_undone_and_no_value_is_told(shop: Shop) -> None:
    plan = shop.plan()
    done = shop.apply()
    repaired = value(shop), shop.data("copied")
    back = undone(shop, json.loads(done.stdout)["run"])

    assert done.returncode == 0, done.stderr
    assert repaired == (DECLARED, {"url": COPY, "a": "1"})
    assert all(action["undoable"] for action in plan["actions"])
    assert back.returncode == 0, back.stdout
    assert value(shop) == LIVE
    assert shop.data("copied") == {"url": COPY, "a": f"{DECLARED}-2"}
    kept = [p.read_text() for p in (shop.root.parent / "state").rglob("*") if p.is_file()]
    told = "".join([json.dumps(plan), done.stdout, done.stderr, back.stdout, back.stderr, *kept])
    assert [marker for marker in (*MARKERS, KEY) if marker in told] == []


def test_a_secret_that_somebody_changed_since_is_left_alone(shop: Shop) -> None:
    shop.plan()
    done = shop.apply()
    shop.kubectl("patch", "secret", "token", "--type=merge", "-p", '{"stringData": {"password": "third"}}')

    back = undone(shop, json.loads(done.stdout)["run"])

    assert results(back)["Secret"] == ("refused", "somebody changed it since the run")
    assert value(shop) == "third"


def test_without_the_key_of_the_run_it_is_refused_until_the_key_is_back(shop: Shop) -> None:
    shop.plan()
    run = json.loads(shop.apply().stdout)["run"]

    write_key(shop, OTHER_KEY)
    other = undone(shop, run)
    write_key(shop, OTHER_KEY, KEY)
    both = undone(shop, run)

    assert results(other)["Secret"][0] == "refused"
    assert "encrypted with the key" in results(other)["Secret"][1]
    assert results(both)["Secret"][0] == "done"
    assert value(shop) == LIVE


def test_a_key_that_others_may_read_stops_the_run_before_the_first_write(shop: Shop) -> None:
    shop.plan()
    (shop.root.parent / "key").chmod(0o644)

    done = shop.apply()

    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "GA521"
    assert value(shop) == LIVE


def test_no_program_that_is_started_is_told_a_value_or_the_key(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `ps` and /proc show: arguments and environments."""
    started: list[str] = []
    real = subprocess.Popen.__init__

    def listening(self: Any, arguments: Any, *rest: Any, **options: Any) -> None:
        started.append(f"{arguments} {rest} {options.get('env')}")
        real(self, arguments, *rest, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", listening)
    run = apply(shop.planned(), shop.way())
    undo(run.run, shop.way())

    assert started
    assert [marker for marker in (*MARKERS, KEY) if marker in "".join(started)] == []
