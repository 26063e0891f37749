"""A schema test passes only where there was a schema: else it is skipped, or an error where it could not be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet import Deployed, deployed


@pytest.fixture
def shop(pytester: pytest.Pytester) -> Iterator[Deployed]:
    with deployed(pytester.path) as made:
        yield made


TICKET = "apiVersion: other.example/v1\nkind: Ticket\nmetadata: {name: t, namespace: shop}\n"
OFFLINE = "version: 1\nsources: [{name: s, path: apps, namespace: shop}]\n"
OPTIONS = ("gitops-audit.yaml", "-p", "no:cacheprovider", "-rs", "--gitops-split-checks", "-m", "schema")


def test_a_kind_without_a_schema_is_skipped_with_the_reason(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.commit({"apps/ticket.yaml": TICKET, "gitops-audit.yaml": OFFLINE})
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=4, skipped=1, deselected=0)
    result.stdout.fnmatch_lines(["SKIPPED*not checked against a schema: no schema of it is known*"])


@pytest.mark.parametrize("path", ["/openapi/v3$", "/openapi/v3/apis/apps/v1"])
@pytest.mark.parametrize("status", [403, 404])
def test_schemas_that_cannot_be_read_are_an_error_with_the_reason(
    pytester: pytest.Pytester, shop: Deployed, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    shop.sandbox.faults.add(f"GET {path}", status=status)
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.parseoutcomes()["errors"] >= 1
    result.stdout.fnmatch_lines(["*schemas of apps/v1 cannot be read: *"])
