"""What a form of policy makes of the documents of its kinds: from each its policy, or the fault that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Never, Protocol, TypeVar

from gitops_audit.errors import PolicyError
from gitops_audit.policy.contract import Policy
from gitops_audit.policy.document import Document

_Policy = TypeVar("_Policy", bound=Policy, covariant=True)
_Companion = TypeVar("_Companion")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[_Policy]):
    """What became of one document.

    `policy` is None for a binding, for an exception, and where the fault leaves nothing to evaluate. A policy beside a
    fault shows what is at fault as skipped, and its other rules count.
    """

    document: Document
    policy: _Policy | None = None
    fault: PolicyError | None = None

    @classmethod
    def of(cls, document: Document, load: Callable[[Document], _Policy]) -> Loaded[_Policy]:
        """The policy that `load` makes of the document, or the fault that it raises."""
        try:
            return cls(document, load(document))
        except PolicyError as fault:
            return cls(document, fault=fault)


class Form(Protocol):
    """Loads one form of policy.

    It gets all documents of its kinds, bindings and exceptions among them, and answers for each of them. A fault has
    the code GA410 where an audit does not support what the document asks for, and another one for a mistake.
    """

    def __call__(self, documents: Sequence[Document]) -> Iterable[Loaded[Policy]]: ...


def companions(
    documents: Iterable[Document], read: Callable[[Document], _Companion]
) -> tuple[list[_Companion], list[Loaded[Never]]]:
    """The bindings or exceptions that `read` makes of the documents, and what became of each document."""
    made: list[_Companion] = []
    loaded: list[Loaded[Never]] = []
    for document in documents:
        try:
            made.append(read(document))
            loaded.append(Loaded(document))
        except PolicyError as fault:
            loaded.append(Loaded(document, fault=fault))
    return made, loaded


def policies_of(loaded: Iterable[Loaded[_Policy]]) -> list[_Policy]:
    """The policies, where nothing is at fault. Raises the first fault (PolicyError)."""
    policies: list[_Policy] = []
    for one in loaded:
        if one.fault is not None:
            raise one.fault
        if one.policy is not None:
            policies.append(one.policy)
    return policies
