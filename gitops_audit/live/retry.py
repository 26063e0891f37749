"""When a request is sent again, and how long to wait before: bounded in count and in time."""

from __future__ import annotations

from dataclasses import dataclass

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})

_BASE_S = 0.25
_CAP_S = 8.0
_RETRY_AFTER_CAP_S = 30.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` sendings, and none that would start later than `budget_s` after the first."""

    attempts: int = 5
    budget_s: float = 60.0

    def delay_s(self, attempt: int, elapsed_s: float, retry_after: str | None, jitter: float) -> float | None:
        """The wait before the next sending; None where there is none.

        `attempt` counts the sendings so far, `retry_after` is the server's header (seconds, as the Kubernetes API
        sends it), `jitter` is random in [0, 1) and spreads clients that failed together over half of the wait.
        """
        if attempt >= self.attempts:
            return None
        wait = min(_CAP_S, _BASE_S * 2 ** (attempt - 1)) * (0.5 + jitter / 2)
        if retry_after and retry_after.strip().isdecimal():
            wait = max(wait, min(float(retry_after), _RETRY_AFTER_CAP_S))
        return wait if elapsed_s + wait <= self.budget_s else None
