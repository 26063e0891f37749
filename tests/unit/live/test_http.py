from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.live.http import HttpClient, Timeouts, is_path_segment, segment
from gitops_audit.live.problem import ApiError
from gitops_audit.live.retry import RetryPolicy
from gitops_audit.version import __version__
from tests.unit.live.api import Session
from tests.unit.live.scripted import CUT, HELD, Answer, Script, ok, status, zipped


@contextmanager
def client(url: str, **options: Any) -> Iterator[tuple[HttpClient, Session, list[float]]]:
    session, sleeps = Session(url), list[float]()
    built = HttpClient("prod", session, sleep=sleeps.append, **options)
    try:
        yield built, session, sleeps
    finally:
        built.close()


@pytest.mark.parametrize("failure", [status(429), status(500), status(502), status(503), status(504), CUT])
def test_a_passing_failure_is_retried(script: Script, failure: Answer) -> None:
    script.on("/x", failure, failure, ok({"a": 1}))
    with client(script.url) as (http, _, sleeps):
        assert http.get("/x") == {"a": 1}
        assert len(sleeps) == 2
        assert http.stats.retries == 2


@pytest.mark.parametrize("code", [400, 403, 404, 409, 410, 422, 501])
def test_a_lasting_refusal_is_not_retried(script: Script, code: int) -> None:
    script.on("/x", status(code, "Why", "because"))
    with client(script.url) as (http, _, sleeps), pytest.raises(ApiError, match="because") as caught:
        http.get("/x")
    assert (caught.value.status, caught.value.reason, sleeps) == (code, "Why", [])


def test_the_wait_is_what_the_server_asks_for(script: Script) -> None:
    script.on("/x", status(429, **{"Retry-After": "7"}), ok({}))
    with client(script.url) as (http, _, sleeps):
        http.get("/x")
    assert sleeps == [7.0]


@pytest.mark.parametrize(("failure", "code"), [(status(503), problem.BUSY), (CUT, problem.UNREACHABLE)])
def test_retries_end(script: Script, failure: Answer, code: str) -> None:
    script.on("/x", failure)
    with client(script.url, retry=RetryPolicy(attempts=3)) as (http, _, _), pytest.raises(ClusterError) as caught:
        http.get("/x")
    assert caught.value.code == code
    assert len(script.requests) == 3


def test_expired_credentials_are_renewed_once_and_silently(script: Script) -> None:
    script.on("/x", status(401), ok({"a": 1}))
    with client(script.url) as (http, session, sleeps):
        assert http.get("/x") == {"a": 1}
        assert (session.renewals, sleeps) == (1, [])
    assert script.requests[1].headers["authorization"] == "Bearer token-1"


def test_credentials_that_stay_refused_are_an_error(script: Script) -> None:
    script.on("/x", status(401, "Unauthorized", "Unauthorized"))
    with client(script.url) as (http, session, _), pytest.raises(ClusterError) as caught:
        http.get("/x")
    assert caught.value.code == problem.UNAUTHENTICATED
    assert session.renewals == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>please log in s3cr3t</html>", {"Content-Type": "text/html"}),
        Answer(200, b"[1]"),
        Answer(200, b'{"a": '),
        Answer(302, b"", {"Location": "http://127.0.0.1:1/elsewhere"}),
        Answer(404, b"<html>s3cr3t</html>", {"Content-Type": "text/html"}),
    ],
)
def test_what_is_no_kubernetes_answer_is_an_error_that_quotes_no_page(script: Script, answer: Answer) -> None:
    script.on("/x", answer)
    with client(script.url) as (http, _, _), pytest.raises(ApiError) as caught:
        http.get("/x")
    assert caught.value.code == problem.UNEXPECTED
    assert "proxy" in caught.value.hint
    assert "s3cr3t" not in str(caught.value)


def test_a_server_that_never_answered_is_told_at_once() -> None:
    with client("http://127.0.0.1:1") as (http, _, sleeps), pytest.raises(ClusterError) as caught:
        http.get("/x")
    assert caught.value.code == problem.UNREACHABLE
    assert "connection refused" in str(caught.value)
    assert sleeps == []


def test_an_unknown_name_is_told_as_such() -> None:
    with client("http://nowhere.invalid") as (http, _, _), pytest.raises(ClusterError) as caught:
        http.get("/x")
    assert "its name is not known" in str(caught.value)


def test_a_server_that_speaks_no_tls_cannot_be_trusted(script: Script) -> None:
    with client(script.url.replace("http:", "https:")) as (http, _, _), pytest.raises(ClusterError) as caught:
        http.get("/x")
    assert caught.value.code == problem.TLS


def test_a_server_that_does_not_answer_in_time_is_unreachable(script: Script) -> None:
    script.on("/x", HELD)
    timeouts = Timeouts(connect_s=1, read_s=0.05)
    with client(script.url, timeouts=timeouts, retry=RetryPolicy(attempts=2)) as (http, _, _):
        with pytest.raises(ClusterError, match=r"does not answer in time \(limit: silence\)") as caught:
            http.get("/x")
        script.released.set()
    assert caught.value.code == problem.UNREACHABLE


def test_a_lost_server_is_not_tried_again_by_every_request(script: Script) -> None:
    script.on("/x", CUT)
    script.on("/y", ok({}))
    with client(script.url, retry=RetryPolicy(attempts=2)) as (http, _, _):
        for path in ("/x", "/y"):
            with pytest.raises(ClusterError):
                http.get(path)
    assert script.paths() == ["/x", "/x"]


def test_requests_say_who_asks_and_take_compressed_answers(script: Script) -> None:
    script.on("/x", zipped({"a": 1}))
    with client(script.url) as (http, _, _):
        assert http.get("/x", {"limit": "5", "b c": "&"}) == {"a": 1}
    headers = {k.lower(): v for k, v in script.requests[0].headers.items()}
    assert headers["user-agent"] == f"gitops-audit/{__version__}"
    assert headers["accept-encoding"] == "gzip"
    assert script.requests[0].query == {"limit": "5", "b c": "&"}


def test_what_was_received_is_counted(script: Script) -> None:
    script.on("/x", zipped({"a": "b" * 1000}))
    with client(script.url) as (http, _, _):
        http.get("/x")
        http.get("/x")
        assert http.stats.requests == 2
        assert http.stats.bytes == 2 * len('{"a": "') + 2 * len('b"}') + 2 * 999


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [("web", True), ("system:node", True), ("", False), (".", False), ("..", False), ("a/b", False), ("a%2fb", False)],
)
def test_only_names_that_stay_in_their_segment_are_path_segments(name: str, is_valid: bool) -> None:
    assert is_path_segment(name) is is_valid


def test_a_segment_is_quoted() -> None:
    assert segment("a b?c#d:e") == "a%20b%3Fc%23d%3Ae"
