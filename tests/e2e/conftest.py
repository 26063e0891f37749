"""Fixtures of the tests on a real API server (`apiserver` itself is in tests/conftest.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.apiserver import ApiServer


@pytest.fixture
def kubeconfig(apiserver: ApiServer, tmp_path: Path) -> Path:
    """A kubeconfig for it, with the contexts admin, reader and nobody."""
    return apiserver.write_kubeconfig(tmp_path / "kubeconfig")
