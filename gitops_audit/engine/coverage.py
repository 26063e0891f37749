"""How much of what is declared an audit would look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gitops_audit.model.finding import Problem
from gitops_audit.model.resource import Declared
from gitops_audit.model.subject import Subject, Unread


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of `declared` objects, `covered` would be compared and judged; `left_out` says of the others why and how many.

    What is behind a file, a source, or an object of an engine that could not be read is not known: each counts as one.
    """

    declared: int
    covered: int
    left_out: tuple[tuple[str, int], ...]

    @property
    def percent(self) -> str:
        """To one decimal, rounded down: 100 stands for all."""
        thousandths = self.covered * 1000 // self.declared if self.declared else 0
        return f"{thousandths // 10}.{thousandths % 10}".removesuffix(".0")


def coverage(
    subjects: Iterable[Subject],
    unfollowed: Iterable[str],
    unreadable: Callable[[Declared], str],
    *,
    is_compared: bool = True,
) -> Coverage:
    """Of one cluster. `unfollowed` says why each object of an engine that deploys something is not followed,
    `unreadable` why the live object of a resource cannot be read, empty where it can. With a cluster
    (`is_compared`) hooks and the like are left out, for they are not compared."""
    reasons = Counter(unfollowed)
    reasons.update(_reason(subject, unreadable, is_compared=is_compared) for subject in subjects)
    declared, covered = reasons.total(), reasons.pop("", 0)
    return Coverage(declared, covered, tuple(reasons.most_common()))


def _reason(subject: Subject, unreadable: Callable[[Declared], str], *, is_compared: bool) -> str:
    """Why a subject would not be looked at in full; empty where it would."""
    match subject:
        case Declared(error=(_, message)):
            return message
        case Declared():
            return unreadable(subject) or (f"not compared: {subject.skip}" if subject.skip and is_compared else "")
        case Unread(error=Problem(message=message)):
            return message.partition("\n")[0]
        case Unread(faults=(fault, *_)):
            return f"{subject.origin.path}:{fault.line}: {fault.message}"
    return f"{subject.title} was not read"
