"""`match` and `exclude` of a policy: every given key must fit, any word of a key is enough."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops_audit.kube.glob import is_like, is_like_any
from gitops_audit.kube.match import has_labels, labels_of
from gitops_audit.policy.contract import Subject
from gitops_audit.policy.document import Document


@dataclass(frozen=True, slots=True)
class Match:
    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    operations: tuple[str, ...] = ()
    # the answer for a kind is the same for all its objects
    _kinds: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_document(cls, document: Document, pointer: str) -> Match:
        """The document is checked already."""
        return cls(
            kinds=_words(document, f"{pointer}/kinds"),
            namespaces=_words(document, f"{pointer}/namespaces"),
            names=_words(document, f"{pointer}/names"),
            labels=tuple(document.mapping(f"{pointer}/labels").items()),
            operations=_words(document, f"{pointer}/operations"),
        )

    def has_kind(self, group: str, kind: str) -> bool:
        known = self._kinds.get((group, kind))
        if known is None:
            known = not self.kinds or any(_is_kind(word, group, kind) for word in self.kinds)
            self._kinds[group, kind] = known
        return known

    def matches(self, subject: Subject) -> bool:
        return (
            self.has_kind(subject.group, subject.kind)
            and (not self.operations or subject.operation in self.operations)
            and (not self.namespaces or is_like_any(self.namespaces, subject.namespace))
            and (not self.names or is_like_any(self.names, subject.name))
            and (not self.labels or has_labels(self.labels, labels_of(subject.body)))
        )


def _is_kind(word: str, group: str, kind: str) -> bool:
    wanted, dot, wanted_group = word.partition(".")
    return is_like(wanted, kind) and (not dot or is_like(wanted_group, group))


def _words(document: Document, pointer: str) -> tuple[str, ...]:
    return tuple(str(word) for word in document.sequence(pointer))
