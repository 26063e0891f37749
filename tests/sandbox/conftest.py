"""A sandbox per test, and a plain HTTP client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import urllib3

from gitops_audit.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    headers = {"Authorization": "Bearer admin-token", "Content-Type": "application/json", "User-Agent": "test/1"}
    with urllib3.PoolManager(headers=headers, retries=False) as manager:
        yield manager
