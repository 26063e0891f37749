from __future__ import annotations

import gzip
from itertools import count

import pytest

from gitops_audit.live.http import HttpClient
from gitops_audit.live.listing import pages
from gitops_audit.live.problem import ApiError
from tests.hostile.test_list_continue_loop import _API
from tests.unit.live.api import Session
from tests.unit.live.scripted import Answer, Request, ok, serving


@pytest.fixture(autouse=True)
def small_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.live.answer.MAX_ANSWER_BYTES", 1 << 20)


@pytest.mark.parametrize(
    "answer",
    [Answer(body=b" " * (3 << 20)), Answer(body=gzip.compress(b" " * (3 << 20)), headers={"Content-Encoding": "gzip"})],
    ids=["plain", "packed"],
)
def test_an_answer_larger_than_any_is_an_error(answer: Answer) -> None:
    with serving() as script:
        script.on("/x", answer)
        client = HttpClient("prod", Session(script.url))
        with pytest.raises(ApiError, match=r"an answer of more than 1 MiB \(limit: answer size\)") as caught:
            client.get("/x")
        client.close()
    assert caught.value.code == "GA308"
    assert len(script.requests) == 1


def test_a_page_of_large_objects_is_asked_for_in_smaller_pages() -> None:
    large = {"metadata": {"name": "a", "namespace": "shop"}, "data": {"k": "x" * 10_000}}

    def page(request: Request) -> Answer:
        return ok({"kind": "ConfigMapList", "metadata": {}, "items": [large] * int(request.query["limit"])})

    with serving() as script:
        script.fallback = page
        client = HttpClient("prod", Session(script.url))
        assert [len(page.items) for page in pages(client, _API, "")] == [25]
        client.close()


def test_an_answer_that_trickles_is_an_error_and_is_not_asked_for_again() -> None:
    seconds = count(0.0, 30.0)
    with serving() as script:
        script.on("/x", ok({"a": 1}))
        client = HttpClient("prod", Session(script.url), clock=lambda: next(seconds))
        with pytest.raises(ApiError, match=r"too slowly: .* \(limit: answer time\)"):
            client.get("/x")
        client.close()
    assert len(script.requests) == 1
