from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet import Deployed, deployed


@pytest.fixture
def shop(pytester: pytest.Pytester) -> Iterator[Deployed]:
    """The test fleet in the folder where pytester runs pytest."""
    with deployed(pytester.path) as made:
        yield made
