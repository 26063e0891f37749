"""Repairs of objects that are being deleted: a finalizer keeps them, and nothing that is written to them lasts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gitops_audit.cli.main import cli
from gitops_audit.model.resource import JsonObject
from tests.fleet import CONFIG, Deployed, deployed, manifest

HELD = {"metadata": {"finalizers": ["example.com/wait"]}}
SETTINGS = manifest("ConfigMap", "settings", data={"a": "1"}, immutable=True)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with deployed(tmp_path / "shop", [SETTINGS]) as made:
        made.config.write_text(
            f"{CONFIG}remediation: {{wait: {{timeout: 0}}, maxDeletionShare: 1}}\n", encoding="utf-8"
        )
        monkeypatch.chdir(made.root)
        yield made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["remediate", *arguments])


def drifted(shop: Deployed) -> None:
    """What Git declares is no change that the server takes: only a new object has it."""
    shop.commit({"apps/configmap-settings.yaml": json.dumps({**SETTINGS, "data": {"a": "2"}})})
    shop.patch("ConfigMap", "settings", HELD)


def let_go(shop: Deployed) -> None:
    shop.patch("ConfigMap", "settings", {"metadata": {"finalizers": None}})


def results(done: Result) -> list[JsonObject]:
    found: list[JsonObject] = json.loads(done.stdout)["results"]
    return found


def test_what_is_being_deleted_is_refused_with_the_reason(shop: Deployed) -> None:
    drifted(shop)
    shop.delete("ConfigMap", "settings")
    planned = run("plan", "--recreate", "--json")
    plan = json.loads(planned.stdout)
    assert plan["actions"] == []
    (refused,) = plan["refused"]
    assert refused["reason"].startswith("it is being deleted since ")
    assert "its finalizers hold it (example.com/wait): nothing is written to what goes" in refused["reason"]


def test_what_somebody_deletes_after_the_plan_makes_it_stale(shop: Deployed) -> None:
    drifted(shop)
    run("plan", "--recreate", "-o", "plan.json")
    shop.delete("ConfigMap", "settings")
    done = run("apply", "plan.json", "--yes")
    assert done.exit_code != 0
    assert "it is being deleted since" in str(done.exception)


def test_a_deletion_that_a_finalizer_holds_is_told_until_it_is_gone(shop: Deployed) -> None:
    drifted(shop)
    run("plan", "--recreate", "-o", "plan.json")
    done = run("apply", "plan.json", "--yes", "--json")
    name = json.loads(done.stdout)["run"]
    assert [(r["result"], "a finalizer holds it" in r["message"]) for r in results(done)] == [("failed", True)]

    again = results(run("resume", name, "--yes", "--json"))
    assert [(r["result"], "`remediate resume` goes on" in r["message"]) for r in again] == [("failed", True)]
    back = results(run("undo", name, "--yes", "--json"))
    assert [r["result"] for r in back] == ["failed"]
    assert "a deletion cannot be taken back; when it is gone, undo the run again" in back[0]["message"]

    let_go(shop)
    assert [r["result"] for r in results(run("resume", name, "--yes", "--json"))] == ["done"]


def test_what_the_run_deleted_comes_back_when_it_is_gone(shop: Deployed) -> None:
    drifted(shop)
    run("plan", "--recreate", "-o", "plan.json")
    name = json.loads(run("apply", "plan.json", "--yes", "--json").stdout)["run"]
    let_go(shop)
    assert [r["result"] for r in results(run("undo", name, "--yes", "--json"))] == ["done"]
    shop.patch("ConfigMap", "settings", {"metadata": {"labels": {"there": "again"}}})
