"""Path expressions of jq lead to places in an object, and none of them harms the run."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gitops_audit.render import jq
from gitops_audit.render.jq import PathExpressions

pytestmark = pytest.mark.slow

BODY = {
    "spec": {"containers": [{"name": "a"}, {"name": "x", "image": "i"}]},
    "a/b": {"c*": 1},
    "data": {"g1": 1, "h": 2},
}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jq, "LIMIT_S", 0.3)


@pytest.mark.parametrize(
    ("expression", "places"),
    [
        (".spec.containers[] | select(.image)", [("spec", "containers", 1)]),
        ('.["a/b"]["c*"]', [("a/b", "c*")]),
        ('.data[.data | keys[] | select(startswith("g"))]', [("data", "g1")]),
        (".data.g1, .data.h", [("data", "g1"), ("data", "h")]),
        (".spec.containers[-1]", [("spec", "containers", -1)]),
        (".not.there?", [("not", "there")]),
        (".data # a comment", [("data",)]),
        (".", []),
        (".not[]", []),
        ("del(.data)", []),
        ('error("of its own")', []),
        ("input", []),
    ],
)
def test_an_expression_leads_to_places_or_nowhere(expression: str, places: list[tuple[str | int, ...]]) -> None:
    paths = PathExpressions()
    assert paths(expression, BODY) == places
    assert [*paths.notes()] == []


BOMBS = {
    "a list without end": "[range(1e9)]",
    "a function that calls itself": "def f: f; f",
    "a stack without end": "def f: 1 + f; f",
    "a text that doubles for ever": 'def f: . + . | f; "x" | f',
    "a path of a billion steps": "getpath([range(1e9)])",
}


@pytest.mark.parametrize("case", BOMBS)
def test_an_expression_without_end_is_stopped_and_told_and_the_next_one_is_evaluated(case: str) -> None:
    paths = PathExpressions()
    assert paths(BOMBS[case], BODY) == []
    assert paths(".data", BODY) == [("data",)]
    [note] = paths.notes()
    assert BOMBS[case] in note
    assert "is not applied: it took more than" in note


def test_an_expression_that_was_stopped_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = PathExpressions()
    paths(BOMBS["a function that calls itself"], BODY)
    monkeypatch.setattr(paths, "_asked", None)
    assert paths(BOMBS["a function that calls itself"], BODY) == ()


def test_an_expression_that_is_slow_for_all_objects_together_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jq, "TOTAL_S", -1)
    paths = PathExpressions()
    assert paths(".data", BODY) == [("data",)]
    assert paths(".data", BODY) == ()
    assert "for all objects" in next(paths.notes())


@pytest.mark.parametrize(
    "expression", [".data |", "nothing", ".a)] , [path(.b", 'import "x" as y; .a', 'include "x"; .a']
)
def test_what_is_no_expression_is_told(expression: str) -> None:
    paths = PathExpressions()
    assert paths(expression, BODY) == []
    assert next(paths.notes()).endswith("is not applied: it is no path expression of jq")


@pytest.mark.parametrize("asked", ["env", "$ENV"])
def test_an_expression_sees_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    assert PathExpressions()(f'getpath([{asked} | keys[] | select(startswith("LC_") | not)])', BODY) == []


def test_an_expression_reads_no_file_not_even_jq_s_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".jq").write_text("def mine: .data;")
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = PathExpressions()
    assert paths("mine", BODY) == []
    assert "no path expression" in next(paths.notes())


def test_threads_share_one_process() -> None:
    paths, found = PathExpressions(), []
    threads = [threading.Thread(target=lambda: found.append(paths(".data", BODY))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[("data",)]] * 8


def test_a_very_long_list_of_places_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jq, "MAX_PATHS", 3)
    assert len(PathExpressions()("..", BODY)) < 3
