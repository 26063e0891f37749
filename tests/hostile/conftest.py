"""Counts the inputs that hypothesis makes, for the table of `python -m tests.hostile`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Where a test makes its own inputs, notes how many there were."""
    inner = getattr(getattr(item, "obj", None), "hypothesis", None)
    if inner is None:
        return (yield)
    with _counted(inner) as calls:
        result = yield
    item.user_properties.append(("inputs", len(calls)))
    return result


@contextmanager
def _counted(inner: Any) -> Iterator[list[None]]:
    """Counts the calls of the test that hypothesis wraps."""
    calls: list[None] = []
    test = inner.inner_test

    @wraps(test)
    def counting(*arguments: Any, **values: Any) -> Any:
        calls.append(None)
        return test(*arguments, **values)

    inner.inner_test = counting
    try:
        yield calls
    finally:
        inner.inner_test = test
