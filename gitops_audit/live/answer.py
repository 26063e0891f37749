"""The body of an answer, read within bounds of size and time: a server may send without end, or a byte a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gitops_audit.live.limits import ANSWER_TIMEOUT_S, LEAST_BYTES_PER_S, MAX_ANSWER_BYTES
from gitops_audit.live.problem import ApiError

_CHUNK = 1 << 16


class AnswerTooLarge(ApiError):
    """An answer of more than MAX_ANSWER_BYTES, unpacked."""


class AnswerTooSlow(ApiError):
    """An answer that comes at less than LEAST_BYTES_PER_S."""


def received(response: Any, server: str, clock: Callable[[], float]) -> bytes:
    """All of a response, unpacked. Raises ApiError where it is beyond the bounds, and what urllib3 raises."""
    try:
        data = b"".join(_pieces(response, server, clock))
    except BaseException:
        response.close()  # what is still to come is not wanted
        raise
    response.release_conn()
    return data


def _pieces(response: Any, server: str, clock: Callable[[], float]) -> Iterator[bytes]:
    started, size = clock(), 0
    while piece := response.read1(_CHUNK, decode_content=True):
        size += len(piece)
        yield piece
        if size > MAX_ANSWER_BYTES:
            limit = f"{MAX_ANSWER_BYTES >> 20} MiB"
            raise AnswerTooLarge(f"{server} sends an answer of more than {limit} (limit: answer size)", hint=_HINT)
        elapsed = clock() - started
        if elapsed > ANSWER_TIMEOUT_S + size / LEAST_BYTES_PER_S:
            what = f"answers too slowly: {size} bytes in {elapsed:.0f} s (limit: answer time)"
            raise AnswerTooSlow(f"{server} {what}", hint=_HINT)


_HINT = "see docs/reference/limits.md"
