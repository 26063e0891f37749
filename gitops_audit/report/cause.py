"""Errors that many resources have for one cause (a dead cluster, a forbidden kind, a source declared twice).

Each resource keeps its error, in every report file. For people the cause is told once, with the number of resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gitops_audit.model.finding import Finding
from gitops_audit.model.how_many import how_many
from gitops_audit.model.verdict import Verdict

# What differs from one duplicate to the next: where it is declared.
_PLACE = re.compile(r"(?<!\S)\S+:\d+(?= \(source )")
# Errors that agree but for their places are told one by one as long as they are few: the places are what helps.
MANY_PLACES = 4
EXAMPLES = 2


class ErrorCause(NamedTuple):
    """What errors of several resources have in common: the code (or the policy) and the message without places."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Shared:
    """A cause with the number of resources that it keeps from being evaluated, and the first of them.

    `message` is that of the first, with its places.
    """

    cause: ErrorCause
    message: str
    count: int
    examples: tuple[str, ...]

    @property
    def gist(self) -> str:
        message = self.message.partition("\n")[0]
        first = "" if self.message == self.cause.message else " (the first of them)"
        return f"{how_many(self.count, 'resource')} could not be evaluated: {message}{first} [{self.cause.rule}]"

    def lines(self) -> Iterator[str]:
        """The gist, what to do, and who is hit. Not made printable yet."""
        yield self.gist
        yield from (f"  {line}" for line in self.message.split("\n")[1:])
        others = f" and {self.count - len(self.examples)} more" if self.count > len(self.examples) else ""
        yield f"  {', '.join(self.examples)}{others}"


def cause_of(finding: Finding) -> ErrorCause | None:
    """The cause of an error; None for what is none, or is waived."""
    if finding.result != "error" or finding.waiver is not None:
        return None
    return ErrorCause(finding.rule, _PLACE.sub("…", finding.message))


def only_cause(verdict: Verdict) -> ErrorCause | None:
    """The cause of a verdict that holds nothing but one error, waived findings apart."""
    causes = {cause_of(f) for f in verdict.findings if f.waiver is None and f.result != "skip"}
    return causes.pop() if len(causes) == 1 else None


def shared_causes(verdicts: Iterable[Verdict]) -> Mapping[ErrorCause, Shared]:
    """The causes that several resources share, in the order of their first resource."""
    hit: dict[ErrorCause, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome == "error":
            for cause in {c for f in verdict.findings if (c := cause_of(f)) is not None}:
                hit.setdefault(cause, []).append(verdict)
    return {cause: _shared(cause, found) for cause, found in hit.items() if is_shared(cause, len(found))}


def is_shared(cause: ErrorCause, count: int) -> bool:
    return count >= (MANY_PLACES if "…" in cause.message else 2)


def _shared(cause: ErrorCause, verdicts: list[Verdict]) -> Shared:
    message = next((f.message for f in verdicts[0].findings if cause_of(f) == cause), cause.message)
    return Shared(cause, message, len(verdicts), tuple(str(v.subject.key) for v in verdicts[:EXAMPLES]))
