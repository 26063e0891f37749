"""Secrets that SOPS encrypted are repaired with the value that sops decrypts, or not at all."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gitops_audit.cli.main import cli
from gitops_audit.model.resource import JsonObject
from tests.fleet import CONFIG, NAMESPACE, Deployed, deployed, manifest
from tests.hostile.leaking import MARKER, traces
from tests.sops import encrypted, needs_sops, on_path

pytestmark = needs_sops

SECRET = manifest("Secret", "credentials", stringData={"password": MARKER})


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    on_path(monkeypatch)
    with deployed(tmp_path / "shop", [SECRET, manifest("ConfigMap", "settings", data={"a": "1"})]) as made:
        more = "secrets: {sops: true}\nremediation: {maxDeletionShare: 1, wait: {timeout: 0}}\n"
        made.config.write_text(CONFIG + more, encoding="utf-8")
        made.commit({"apps/secret-credentials.yaml": encrypted(json.dumps(SECRET))}, "Encrypt it")
        monkeypatch.chdir(made.root)
        yield made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["remediate", *arguments])


def without_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    on_path(monkeypatch, XDG_CONFIG_HOME=str(tmp_path))


def live(shop: Deployed) -> JsonObject:
    return shop.client.request("GET", shop.client.path(SECRET, NAMESPACE))


def password(shop: Deployed) -> str:
    return base64.b64decode(live(shop)["data"]["password"]).decode()


def edited(shop: Deployed) -> None:
    shop.patch("Secret", "credentials", {"data": {"password": base64.b64encode(b"by hand").decode()}})


def test_the_decrypted_value_is_written_and_stands_in_no_file(shop: Deployed, tmp_path: Path) -> None:
    edited(shop)
    planned = run("plan", "-o", "plan.json")
    done = run("apply", "plan.json", "--yes")
    assert (planned.exit_code, done.exit_code) == (0, 0), done.output
    assert password(shop) == MARKER
    texts = [planned.output, done.output, *(f.read_text() for f in (tmp_path / "state").rglob("*") if f.is_file())]
    for text in [*texts, (shop.root / "plan.json").read_text()]:
        assert not any(trace in text.lower() for trace in traces(MARKER))


def test_a_deleted_secret_comes_back_in_clear(shop: Deployed) -> None:
    shop.delete("Secret", "credentials")
    run("plan", "-o", "plan.json")
    run("apply", "plan.json", "--yes")
    assert password(shop) == MARKER
    assert "sops" not in live(shop)


@pytest.mark.parametrize("change", [edited, lambda shop: shop.delete("Secret", "credentials")])
def test_what_is_not_decrypted_is_not_planned(
    shop: Deployed, change: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert callable(change)
    change(shop)
    without_key(monkeypatch, tmp_path)
    plan = json.loads(run("plan", "--json").stdout)
    assert plan["actions"] == []


def test_a_key_that_is_gone_after_the_plan_lets_nothing_be_written(
    shop: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edited(shop)
    run("plan", "-o", "plan.json")
    without_key(monkeypatch, tmp_path)
    done = run("apply", "plan.json", "--yes")
    assert done.exit_code != 0
    assert password(shop) == "by hand"
