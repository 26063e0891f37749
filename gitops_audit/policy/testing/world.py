"""The objects of a test, as the world its policies see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.kyverno.request import subject_of


@dataclass(frozen=True, slots=True)
class TestWorld:
    """A World over a handful of objects."""

    __test__ = False

    objects: Sequence[JsonObject]
    images: Mapping[str, JsonObject] = field(default_factory=dict)

    def image_metadata(self, reference: str) -> JsonObject | None:
        """What the test says a registry would say of an image."""
        return self.images.get(reference)

    def get(self, group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        named = (body for body in self.list(group, kind, namespace) if subject_of(body).name == name)
        return next(named, None)

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        found = [(subject_of(body), body) for body in self.objects]
        return [
            body
            for subject, body in found
            if (subject.group, subject.kind) == (group, kind) and namespace in ("", subject.namespace)
        ]
