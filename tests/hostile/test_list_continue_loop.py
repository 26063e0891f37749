from __future__ import annotations

from collections.abc import Iterator
from itertools import count, cycle

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.http import HttpClient
from gitops_audit.live.listing import pages
from tests.unit.live.api import Session
from tests.unit.live.scripted import Answer, ok, serving

_API = ApiResource("", "v1", "ConfigMap", "configmaps", True, ("get", "list"))
_ITEM = {"metadata": {"name": "a", "namespace": "shop"}}


def _listed(tokens: Iterator[str], items: list[object], seconds: float = 0.0) -> str:
    """What is told of a list whose pages all have these items; every look at the clock costs `seconds`."""
    with serving() as script:
        script.fallback = lambda request: _page(next(tokens), items)
        clock = count(0.0, seconds)
        client = HttpClient("prod", Session(script.url), clock=lambda: next(clock))
        try:
            with pytest.raises(ClusterError) as caught:
                for _ in pages(client, _API, ""):
                    pass
        finally:
            client.close()
    assert caught.value.code == "GA308"
    return caught.value.message


def _page(token: str, items: list[object]) -> Answer:
    return ok({"kind": "ConfigMapList", "metadata": {"continue": token}, "items": items})


@pytest.mark.parametrize("circle", ["A", "AB", "ABCDEFG"])
def test_tokens_that_go_round_end_a_list(circle: str) -> None:
    assert "the same page comes again (limit: repeated page)" in _listed(cycle(circle), [_ITEM])


def test_tokens_that_count_up_without_objects_end_a_list() -> None:
    told = _listed(map(str, count(1)), [])
    assert "3 pages without objects follow each other (limit: empty pages)" in told


def test_tokens_that_count_up_with_an_object_each_end_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.live.listing.MAX_SHORT_PAGES", 20)
    assert "limit: short pages" in _listed(map(str, count(1)), [_ITEM])


def test_full_pages_without_end_end_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.live.listing.MAX_PAGES", 5)
    assert "no end after 6 pages (limit: list pages)" in _listed(map(str, count(1)), [_ITEM] * 500)


def test_a_list_has_a_time_as_a_whole() -> None:
    assert "no end after 900 s (limit: list time)" in _listed(map(str, count(1)), [_ITEM] * 500, seconds=5.0)
