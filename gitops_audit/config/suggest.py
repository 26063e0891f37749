"""What a mistyped word was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """`did you mean 'x'?` for the closest candidate, empty where none is close. Case does not count."""
    by_folded = {c.casefold(): c for c in candidates}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean {by_folded[close[0]]!r}?" if close else ""


def closest(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """The candidates that are most like a word, best first; empty where none is close."""
    return difflib.get_close_matches(word, list(candidates), n=limit, cutoff=0.5)


def listed(candidates: Iterable[str]) -> str:
    """The candidates for a message, `none` where there are none."""
    return ", ".join(candidates) or "none"
