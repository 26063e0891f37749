"""The objects of a test, as the world its policies see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gitops_audit.kube.builtin import kind_of
from gitops_audit.kube.plural import plural
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.form.kyverno.entry import Lookups
from gitops_audit.policy.form.kyverno.request import subject_of
from gitops_audit.policy.testing.answers import Answers

_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class TestWorld:
    """A World over a handful of objects. With `is_cluster` the objects also answer calls of a cluster's API."""

    __test__ = False

    objects: Sequence[JsonObject]
    images: Mapping[str, JsonObject] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)
    is_cluster: bool = False
    context: Sequence[JsonObject] = ()

    def image_metadata(self, reference: str) -> JsonObject | None:
        """What the test says a registry would say of an image."""
        return self.images.get(reference)

    def http(self, method: str, url: str) -> JsonObject:
        """Raises ValueError for a call that the test does not answer."""
        found = self.answers.call(method, url)
        if found is None:
            raise ValueError(f"the test does not answer {method} {url}")
        return {"statusCode": found[0], "body": found[1]}

    def global_entry(self, name: str, projection: str) -> Any:
        """Null for an entry that is not there, as in Kyverno. Raises ValueError for a projection that is not."""
        try:
            return self.answers.entry(name, projection) if name in self.answers.entries else None
        except LookupError as error:
            raise ValueError(str(error)) from None

    @property
    def looked_up(self) -> TestWorld | _Context:
        """What policies in CEL look resources up in: not the objects they are tested on, unless there is a cluster."""
        return self if self.is_cluster else _Context(self.context)

    @property
    def lookups(self) -> Lookups:
        """Who answers for context entries."""
        return Lookups(
            config_map=partial(self.get, "", "ConfigMap") if self.is_cluster else None,
            call=self._call if self.is_cluster or self.answers.calls else None,
            global_entry=self.answers.entry if self.answers.entries else None,
        )

    def kind_of(self, group: str, resource: str) -> str:
        """The kind of the objects under a plural, empty where there is none."""
        subjects = (subject_of(body) for body in self.objects)
        return next((s.kind for s in subjects if s.group == group and plural(s.kind) == resource), "")

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

    def _call(self, method: str, url: str) -> Any:
        found = self.answers.call(method, url)
        if found is None and self.is_cluster and method == "GET":
            return self._read(url)
        if found is None:
            raise LookupError(f"the test does not answer {method} {url}")
        if found[0] not in _GOOD:
            raise LookupError(f"{method} {url} answers with the status {found[0]}")
        return found[1]

    def _read(self, url: str) -> JsonObject:
        """`/api/v1/...` and `/apis/<group>/<version>/...`, an object or a list of them."""
        head, *rest = url.partition("?")[0].strip("/").split("/")
        group = rest.pop(0) if head == "apis" and rest else ""
        version, *rest = rest or [""]
        namespace = rest[1] if len(rest) > 2 and rest[0] == "namespaces" else ""
        resource, *names = rest[2:] if namespace else rest or [""]
        kind = kind_of(group, resource) or self.kind_of(group, resource)
        if head not in ("api", "apis") or not kind or len(names) > 1:
            raise LookupError(f"the test has no objects for {url}")
        if not names:
            api_version = f"{group}/{version}" if group else version
            return {"apiVersion": api_version, "kind": f"{kind}List", "items": [*self.list(group, kind, namespace)]}
        found = self.get(group, kind, namespace, names[0])
        if found is None:
            raise LookupError(f"the test has no {kind} for {url}")
        return found


class _Context(TestWorld):
    """The resources of a context file, as Kyverno's command line finds them: by their very namespace."""

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        """Raises ValueError for a kind of which there is nothing."""
        found = super().list(group, kind)
        if not found:
            raise ValueError(f"the test gives no {kind}")
        return [body for body in found if subject_of(body).namespace == namespace]
