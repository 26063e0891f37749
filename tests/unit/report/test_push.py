"""Metrics sent to a Pushgateway: what is sent, and what is told where it does not arrive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gitops_audit.errors import ConfigError
from gitops_audit.model.finding import Drift
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import metrics
from gitops_audit.report.push import checked, push
from tests.gateway import Gateway, serving
from tests.reported import finished, resource, scaled

RESULT = finished([scaled("web")])


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serving() as server:
        yield server


def test_the_metrics_are_posted_to_the_group_of_the_job(gateway: Gateway) -> None:
    assert push(RESULT, gateway.url) is None
    assert gateway.sent == [("POST", "/metrics/job/gitops-audit", None, metrics.write(RESULT))]


def test_a_group_of_the_url_is_kept(gateway: Gateway) -> None:
    assert push(RESULT, f"{gateway.url}/push/metrics/job/audit/fleet/eu/") is None
    assert gateway.sent[0][1] == "/push/metrics/job/audit/fleet/eu"


def test_a_password_goes_into_a_header_and_into_no_message(gateway: Gateway) -> None:
    url = gateway.url.replace("//", "//ann:s%40fe@")
    gateway.status = 500
    error = push(RESULT, url)
    assert gateway.sent[0][2] == "Basic YW5uOnNAZmU="
    assert error is not None
    assert "s%40fe" not in str(error)
    assert "s@fe" not in str(error)


@pytest.mark.parametrize("status", [302, 307, 400, 503])
def test_a_refusal_is_told_with_what_the_gateway_says(gateway: Gateway, status: int) -> None:
    gateway.status = status
    error = push(RESULT, gateway.url)
    assert error is not None
    assert error.code == "GA606"
    assert f"it answers {status}: no\\x1b[2J reason" in error.message


def test_a_gateway_that_is_not_there_is_told() -> None:
    with Gateway() as server:
        url = server.url
    error = push(RESULT, url)
    assert error is not None
    assert "could not be pushed to http://127.0.0.1" in error.message


@pytest.mark.parametrize("url", ["gateway:9091", "file:///etc/passwd", "http://", "http://[", "http://a b", ""])
def test_what_is_no_http_address_is_a_usage_error(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(url)
    assert caught.value.code == "GA607"


def test_numbers_go_to_zero_and_are_not_left_out_as_a_gateway_keeps_what_is_not_sent() -> None:
    sent = metrics.write(finished([Verdict.of(resource("web"), "passed", Drift("in-sync"))]))
    for name in ("findings", "waived_findings", "skipped_findings"):
        assert f"\ngitops_audit_{name}{{".encode() in sent
