"""The real API server, one per session for all tests that want it; skipped with the reason where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.apiserver import ApiServer, missing_reason


@pytest.fixture(scope="session")
def apiserver() -> Iterator[ApiServer]:
    """A running kube-apiserver with its etcd."""
    reason = missing_reason()
    if reason:
        pytest.skip(reason)
    with ApiServer() as server:
        yield server
