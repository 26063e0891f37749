"""Go's durations (`1h30m`, `1.5s`, `-2ms`), exact to the nanosecond, as `time.ParseDuration` reads and prints them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

SECOND_NS = 1_000_000_000
_UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND_NS,
    "m": 60 * SECOND_NS,
    "h": 3600 * SECOND_NS,
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_MAX_CHARS = 100
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in nanoseconds."""

    ns: int

    def __str__(self) -> str:
        return show(self.ns)

    def scaled(self, factor: float) -> str:
        return show(int(self.ns / SECOND_NS * factor * SECOND_NS))


def parse(text: object) -> int | None:
    """The nanoseconds of a duration, None where a value is none (or one beyond 292 years, as in Go)."""
    return _parsed(text) if isinstance(text, str) and len(text) <= _MAX_CHARS else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> int | None:
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if body == "0":
        return 0
    total = _total_ns(body)
    return None if total is None or sign * total not in _INT64 else sign * total


def _total_ns(body: str) -> int | None:
    if not body:
        return None
    total, at = 0, 0
    while at < len(body):
        part = _PART.match(body, at)
        if part is None:
            return None
        total += int(Fraction(_decimal(part[1])) * _UNIT_NS[part[2]])
        at = part.end()
    return total


def _decimal(number: str) -> str:
    return f"0{number}" if number.startswith(".") else number.removesuffix(".")


def show(nanoseconds: int) -> str:
    """As Go prints a duration: `1h2m0.5s`, `1.5ms`, `0s`."""
    if nanoseconds < 0:
        return "-" + show(-nanoseconds)
    if nanoseconds < SECOND_NS:
        return _below_second(nanoseconds)
    seconds, fraction = divmod(nanoseconds, SECOND_NS)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    shown = _with_fraction(seconds, fraction, 9) + "s"
    if hours:
        return f"{hours}h{minutes}m{shown}"
    return f"{minutes}m{shown}" if minutes else shown


def _below_second(nanoseconds: int) -> str:
    if nanoseconds == 0:
        return "0s"
    for unit, digits in (("ms", 6), ("µs", 3)):
        whole, fraction = divmod(nanoseconds, 10**digits)
        if whole:
            return _with_fraction(whole, fraction, digits) + unit
    return f"{nanoseconds}ns"


def _with_fraction(whole: int, fraction: int, digits: int) -> str:
    return f"{whole}.{fraction:0{digits}d}".rstrip("0").rstrip(".")
