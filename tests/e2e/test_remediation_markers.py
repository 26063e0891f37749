"""Secrets are repaired with their real values, which stand in nothing that anybody can read of it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.e2e.apiserver import ApiServer
from tests.e2e.denying import webhook
from tests.e2e.repairing import Shop, config_map
from tests.e2e.truth_server import Client

pytestmark = pytest.mark.e2e

DECLARED, LIVE, MISSING = "marker-declared-4c1f9a", "marker-live-77e0b2", "marker-missing-0d5e31"
MARKERS = (DECLARED, LIVE, MISSING)
SECRETS = "/api/v1/namespaces/default/secrets"
_CRASH = """
import sys
from gitops_audit.live import writer

def crash(self, target, operations, manager):
    if target.key.kind == "Secret":
        password = operations[-1]["value"]
        raise AssertionError(f"crashed beside {len(password)} characters")
    return patch(self, target, operations, manager)

patch, writer.Writer.patch = writer.Writer.patch, crash
from gitops_audit.cli.main import main
main()
"""


def secret(name: str, value: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"password": value}}


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """One Secret changed, one deleted, and a ConfigMap changed that holds a copy of the first one's value."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    copied = config_map("copied", url=f"https://a:{DECLARED}@b", a="1")
    with apiserver.left_as_found():
        found = Shop.declared(apiserver, tmp_path, [secret("db", DECLARED), secret("gone", MISSING), copied])
        found.deploy()
        found.kubectl("patch", "secret", "db", "--type=merge", "-p", json.dumps({"stringData": {"password": LIVE}}))
        found.kubectl("delete", "secret", "gone")
        found.edit("copied", a="2")
        yield found
        found.unlock()


@contextmanager
def watched_processes() -> Iterator[list[str]]:
    """The command lines and environments of all processes of this user, again and again until the end."""
    found: set[str] = set()
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            for path in (*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")):
                try:
                    found.add(path.read_bytes().decode(errors="replace"))
                except OSError:
                    continue

    thread = threading.Thread(target=watch)
    thread.start()
    lines: list[str] = []
    try:
        yield lines
    finally:
        is_over.set()
        thread.join()
        lines.extend(line for line in found if "kubectl" not in line)


def held(told: str, *, known: tuple[str, ...] = MARKERS) -> list[str]:
    """The markers in a text, plain or in base64."""
    forms = {form: marker for marker in known for form in (marker, base64.b64encode(marker.encode()).decode())}
    return [marker for form, marker in forms.items() if form in told]


def kept(shop: Shop) -> str:
    """All that runs leave on the disk, but for the repository."""
    files = (path for path in shop.state.rglob("*") if path.is_file())
    return "".join(path.read_text(errors="replace") for path in files)


def values(shop: Shop) -> list[str]:
    return [base64.b64decode(shop.data(name, "secret")["password"]).decode() for name in ("db", "gone")]


def test_no_value_is_in_plan_journal_reports_logs_or_the_process_list(shop: Shop) -> None:
    with watched_processes() as processes:
        plan = shop.run("plan", "--output", "plan.json")
        done = shop.run("apply", "plan.json", "--yes")
        again = shop.run("plan", "--json", "--quiet")
        undone = shop.run("undo", next((shop.state / "gitops-audit" / "journal").glob("*.jsonl")).stem, "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(again.stdout)["actions"] == []
    runs = (plan, done, again, undone)
    told = "".join([*(run.stdout + run.stderr for run in runs), (shop.root / "plan.json").read_text(), kept(shop)])
    assert held(told) == []
    assert held("".join(processes)) == []


def test_the_real_values_are_restored(shop: Shop) -> None:
    shop.plan()
    assert shop.apply().returncode == 0

    assert values(shop) == [DECLARED, MISSING]
    assert shop.data("copied") == {"url": f"https://a:{DECLARED}@b", "a": "1"}


def test_what_a_server_says_of_a_refused_secret_is_not_told(
    shop: Shop, apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admission webhook that quotes the value in its refusal."""
    monkeypatch.setattr("tests.e2e.denying.WORDS", f"the password {DECLARED} is too short")
    shop.plan()
    with webhook(Client(apiserver, tmp_path), tmp_path, "secrets") as hook:
        hook.deny("db")
        done = shop.apply()

    assert done.returncode == 1
    assert "HTTP 4" in done.stdout
    assert held(done.stdout + done.stderr + kept(shop)) == []


def test_a_crash_beside_a_value_tells_none(shop: Shop) -> None:
    """With all that Python would tell of it."""
    shop.plan()
    environment = {**os.environ, "XDG_STATE_HOME": str(shop.state), "PYTHONFAULTHANDLER": "1", "PYTHONDEVMODE": "1"}
    program = [sys.executable, "-c", _CRASH, "remediate", "apply", "plan.json", "--yes"]
    done = subprocess.run(
        program, cwd=shop.root, env=environment, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode not in (0, 2), done.stdout + done.stderr
    assert held(done.stdout + done.stderr + kept(shop)) == []


def test_a_value_that_is_lost_on_the_way_is_no_part_of_the_plan(shop: Shop) -> None:
    """Digests in the plan are those of redacted objects: a short value could be guessed from any other."""
    plan = shop.plan()
    shop.commit({"shop/db.yaml": json.dumps(secret("db", "another-value"))})
    again = shop.plan()

    digests = [{a["id"]: (a["renderedDigest"], a["liveDigest"]) for a in p["actions"]} for p in (plan, again)]
    assert digests[0] == digests[1]


def test_a_plan_into_git_tells_no_copy_of_a_value_by_its_digest(shop: Shop) -> None:
    """A plain digest of a text that a value is a part of lets the value be guessed."""
    shop.commit({"shop/copied.yaml": far_from(DECLARED)})
    shop.deploy("-f", str(shop.root / "shop/copied.yaml"), "--server-side", "--force-conflicts")
    shop.edit("copied", a="2")
    plan = shop.plan("--to", "git")
    shop.commit(
        {"shop/db.yaml": json.dumps(secret("db", "another-value")), "shop/copied.yaml": far_from("another-value")}
    )
    again = shop.plan("--to", "git")

    digests = [[(a["id"], a["renderedDigest"], a["liveDigest"]) for a in p["actions"]] for p in (plan, again)]
    assert [id_ for id_, _, _ in digests[0]] == ["prod/shop/ConfigMap/default/copied"]
    assert digests[0] == digests[1]


def far_from(value: str) -> str:
    """A value that no difference shows beside the line that changes."""
    between = {f"b{n}": "" for n in range(9)}
    return yaml.safe_dump(config_map("copied", a="1", **between, url=f"https://a:{value}@b"))
