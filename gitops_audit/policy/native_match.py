"""`match` and `exclude` of a policy: every given key must fit, any word of a key is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from gitops_audit.policy.contract import Subject
from gitops_audit.policy.document import Document
from gitops_audit.policy.selector import labels_of


@dataclass(frozen=True, slots=True)
class Match:
    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = field(default=())

    @classmethod
    def from_document(cls, document: Document, pointer: str) -> Match:
        """The document is checked already."""
        return cls(
            kinds=_words(document, f"{pointer}/kinds"),
            namespaces=_words(document, f"{pointer}/namespaces"),
            names=_words(document, f"{pointer}/names"),
            labels=tuple(document.mapping(f"{pointer}/labels").items()),
        )

    def has_kind(self, group: str, kind: str) -> bool:
        return not self.kinds or any(_is_kind(word, group, kind) for word in self.kinds)

    def matches(self, subject: Subject) -> bool:
        return (
            self.has_kind(subject.group, subject.kind)
            and _fits(self.namespaces, subject.namespace)
            and _fits(self.names, subject.name)
            and (not self.labels or self._has_labels(subject))
        )

    def _has_labels(self, subject: Subject) -> bool:
        own = labels_of(subject.body)
        return all(key in own and fnmatchcase(str(own[key]), pattern) for key, pattern in self.labels)


def _is_kind(word: str, group: str, kind: str) -> bool:
    wanted, dot, wanted_group = word.partition(".")
    return fnmatchcase(kind, wanted) and (not dot or fnmatchcase(group, wanted_group))


def _fits(patterns: Sequence[str], text: str) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)


def _words(document: Document, pointer: str) -> tuple[str, ...]:
    return tuple(str(word) for word in document.sequence(pointer))
