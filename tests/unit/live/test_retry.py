from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.live.retry import RetryPolicy

jitters = st.floats(min_value=0, max_value=1, exclude_max=True)


@settings(max_examples=50)
@given(attempt=st.integers(1, 10), jitter=jitters, retry_after=st.sampled_from([None, "", "3", "999999", "soon", "-1"]))
def test_waits_are_bounded_and_never_zero(attempt: int, jitter: float, retry_after: str | None) -> None:
    delay = RetryPolicy(attempts=20).delay_s(attempt, 0, retry_after, jitter)
    assert delay is not None
    assert 0 < delay <= 30


@settings(max_examples=50)
@given(attempt=st.integers(1, 9), elapsed=st.floats(0, 200), jitter=jitters)
def test_no_sending_starts_after_the_budget(attempt: int, elapsed: float, jitter: float) -> None:
    delay = RetryPolicy(attempts=10, budget_s=60).delay_s(attempt, elapsed, None, jitter)
    assert delay is None or elapsed + delay <= 60


def test_waits_grow() -> None:
    policy = RetryPolicy(attempts=5)
    delays = [policy.delay_s(attempt, 0, None, 0.5) or 0 for attempt in (1, 2, 3, 4)]
    assert delays == sorted(delays)
    assert len(set(delays)) == 4


def test_the_last_attempt_is_not_repeated() -> None:
    assert RetryPolicy(attempts=3).delay_s(3, 0, "1", 0) is None
