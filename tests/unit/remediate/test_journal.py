"""Journals as bad luck and other people leave them."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.errors import AuditError, ConfigError, RemediationError
from gitops_audit.remediate.document import Action, Plan, Scope
from gitops_audit.remediate.journal import Journal, check_unused, read_record

NOW = datetime(2026, 3, 1, 3, 15, tzinfo=UTC)
ACTION = Action("prod/s/ConfigMap/n/a", 0, "apply", "ConfigMap/n/a", "prod", "s", "v1", "1", "d", "r", ())
PLAN = Plan(Scope(), (), (), (ACTION,)).sealed(NOW)


def journal(folder: Path, *lines: dict[str, Any]) -> str:
    written = Journal.begun(folder, NOW)
    written.write("run", digest=PLAN.digest, fieldManager="gitops-audit", plan=PLAN.to_json())
    for line in lines:
        written.write(**line)
    written.close()
    return written.run


def begun(**facts: Any) -> dict[str, Any]:
    return {"event": "begin", "id": ACTION.id, "before": {"kind": "ConfigMap", "metadata": {"name": "a"}}, **facts}


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\n",
        b"[]\n",
        b"{}\n",
        b'{"event": "run"}\n',
        b'{"event": "run", "plan": 1, "fieldManager": "x"}\n',
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_no_journal_is_told(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "run.jsonl").write_bytes(damage)

    with pytest.raises(AuditError, match=r"cannot be read|no remediation plan"):
        read_record(tmp_path, "run")


@pytest.mark.parametrize("line", [b"garbage\n", b"{}\n", b'{"event": "begin", "id": "of no action"}\n'])
def test_a_damaged_line_is_no_end_of_the_journal(tmp_path: Path, line: bytes) -> None:
    """What stands behind it was done: without it a resume would do it again, and an undo leave it."""
    path = tmp_path / f"{journal(tmp_path, begun())}.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + line + second)

    with pytest.raises(ConfigError, match="damaged"):
        read_record(tmp_path, path.stem)


@pytest.mark.parametrize(
    "facts",
    [
        {"before": None},
        {"before": []},
        {"before": {"kind": "ConfigMap"}},
        {"before": {"metadata": {"name": "b"}}},
        {"sensitive": True},
    ],
)
def test_a_step_that_does_not_tell_how_its_object_was_is_damaged(tmp_path: Path, facts: dict[str, Any]) -> None:
    """To undo it would delete the object, or make it another one."""
    run = journal(tmp_path, begun(**facts))

    with pytest.raises(ConfigError, match="damaged"):
        read_record(tmp_path, run)


def test_a_step_that_ended_in_no_known_way_is_damaged(tmp_path: Path) -> None:
    run = journal(tmp_path, begun(), {"event": "end", "id": ACTION.id, "result": "won"})

    with pytest.raises(ConfigError, match="damaged"):
        read_record(tmp_path, run)


def test_a_run_that_wrote_nothing_leaves_no_journal(tmp_path: Path) -> None:
    Journal.begun(tmp_path, NOW).close()

    assert list(tmp_path.iterdir()) == []


def test_half_a_line_at_the_end_is_what_a_crash_leaves(tmp_path: Path) -> None:
    path = tmp_path / f"{journal(tmp_path, begun())}.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event": "en')

    assert [step.result for step in read_record(tmp_path, path.stem).steps] == [""]
    Journal.continued(tmp_path, path.stem).close()
    assert path.read_bytes().endswith(b"}\n")


def test_a_journal_that_is_being_written_is_nobody_elses(tmp_path: Path) -> None:
    writing = Journal.continued(tmp_path, journal(tmp_path, begun()))

    with pytest.raises(RemediationError, match="another process writes the journal"):
        Journal.continued(tmp_path, writing.run)
    writing.close()


def test_a_run_that_was_undone_is_known_as_such(tmp_path: Path) -> None:
    refused = journal(tmp_path, begun(), {"event": "undone", "id": ACTION.id, "result": "refused"})
    undone = journal(tmp_path, begun(), {"event": "undone", "id": ACTION.id, "result": "done"})

    assert [read_record(tmp_path, run).is_undone for run in (refused, undone)] == [False, True]


def test_special_files_beside_the_journals_hold_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").mkdir()

    check_unused(tmp_path, PLAN)


def test_a_run_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.jsonl").write_text(json.dumps({"event": "run"}))

    with pytest.raises(ConfigError, match="there is no run"):
        read_record(tmp_path / "inner", "../secret")


def test_lines_of_many_threads_are_all_on_the_disk(tmp_path: Path) -> None:
    written = Journal.begun(tmp_path, NOW)
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda number: written.write("begin", id=number), range(200)):
            pass
    lines = [json.loads(line) for line in written.path.read_text().splitlines()]

    assert sorted(line["id"] for line in lines) == list(range(200))
    written.close()
    with pytest.raises(RemediationError, match="it is closed"):
        written.write("end", id=1)


def test_what_the_server_made_of_a_change_is_known_though_the_run_ended_before_its_end(tmp_path: Path) -> None:
    after = {"uid": "u", "resourceVersion": "2", "places": ["/data/a"], "digest": "d"}
    run = journal(
        tmp_path, begun(places=["/data/a"], digest="sent"), {"event": "hand-back", "id": ACTION.id, "after": after}
    )

    (step,) = read_record(tmp_path, run).steps

    assert (step.result, step.left()) == ("", after)
