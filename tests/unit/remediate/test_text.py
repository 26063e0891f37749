"""What a run of a repair, and one of an undo, say at their end."""

from __future__ import annotations

from gitops_audit.remediate.result import Result, RunResult
from gitops_audit.remediate.text import apply_lines, undo_lines

RESULT = RunResult(
    "20260301T031500Z-4f2a9c",
    (
        Result("c/s/ConfigMap/n/a", "ConfigMap/n/a", "create", "done"),
        Result("c/s/Secret/n/b", "Secret/n/b", "apply", "refused", "its earlier values are secret"),
    ),
)


def test_a_run_says_how_it_is_taken_back() -> None:
    assert [line.text for line in apply_lines(RESULT)] == [
        "done: create c/s/ConfigMap/n/a",
        "refused: apply c/s/Secret/n/b: its earlier values are secret",
        "1 done, 1 refused",
        "run 20260301T031500Z-4f2a9c: `gitops-audit remediate undo 20260301T031500Z-4f2a9c` puts it back",
    ]


def test_an_undo_says_what_is_undone_and_offers_no_undo() -> None:
    assert [line.text for line in undo_lines(RESULT)] == [
        "undone: create c/s/ConfigMap/n/a",
        "refused: apply c/s/Secret/n/b: its earlier values are secret",
        "1 refused, 1 undone",
    ]
