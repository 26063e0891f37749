"""Kyverno's `Values`: what a test says that a cluster or a request would say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gitops_audit.kube.match import labels_of
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import Subject
from gitops_audit.policy.document import Document

_KEYS = (
    "apiVersion",
    "globalValues",
    "kind",
    "metadata",
    "namespaceSelector",
    "namespaces",
    "policies",
    "subresources",
)


@dataclass(frozen=True, slots=True)
class Values:
    """Variables by policy and resource or rule, and labels of namespaces."""

    common: Mapping[str, Any] = field(default_factory=dict)
    by_resource: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    by_rule: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    namespaces: tuple[JsonObject, ...] = ()
    subresources: tuple[JsonObject, ...] = ()

    @classmethod
    def from_document(cls, document: Document, at: str = "") -> Values:
        """Raises PolicyError for unknown fields. `at` is the place of values that stand within a test."""
        document.only(at, _KEYS)
        by_resource: dict[tuple[str, str], Mapping[str, Any]] = {}
        by_rule: dict[tuple[str, str], Mapping[str, Any]] = {}
        for index in range(len(document.sequence(f"{at}/policies"))):
            here = f"{at}/policies/{index}"
            document.only(here, ("name", "resources", "rules"))
            policy = document.text(f"{here}/name")
            by_resource |= _named_values(document, f"{here}/resources", policy)
            by_rule |= _named_values(document, f"{here}/rules", policy)
        return cls(
            document.mapping(f"{at}/globalValues"),
            by_resource,
            by_rule,
            _namespaces(document, at),
            tuple(
                _subresource(document, f"{at}/subresources/{i}")
                for i in range(len(document.sequence(f"{at}/subresources")))
            ),
        )

    def of_resource(self, policy: str, name: str) -> dict[str, Any]:
        return {**self.common, **self.by_resource.get((policy, name), {})}

    def labels_of(self, namespace: str) -> Mapping[str, str]:
        """The labels that the values give a namespace; objects of the test do not count, as in Kyverno's CLI."""
        named = (item for item in self.namespaces if item["metadata"].get("name") == namespace)
        return labels_of(next(named, {}))

    def parent_of(self, subject: Subject) -> tuple[Subject, str]:
        """A subresource (`PodExecOptions`) as policies select it: by the kind of its parent and its own name."""
        for item in self.subresources:
            own, parent = item["subresource"], item["parentResource"]
            if _kind(own) == (subject.group, subject.version, subject.kind):
                group, version, kind = _kind(parent)
                found = replace(subject, group=group, version=version, kind=kind)
                return found, str(own.get("name", "")).partition("/")[2]
        return subject, ""

    def of_rules(self, policy: str) -> dict[str, Mapping[str, Any]]:
        return {rule: values for (owner, rule), values in self.by_rule.items() if owner == policy}


def _kind(resource: JsonObject) -> tuple[str, str, str]:
    return str(resource.get("group", "")), str(resource.get("version", "")), str(resource.get("kind", ""))


def _named_values(document: Document, at: str, policy: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for index in range(len(document.sequence(at))):
        here = f"{at}/{index}"
        document.only(here, ("foreachValues", "name", "values"))
        first = {key: items[0] for key, items in document.mapping(f"{here}/foreachValues").items() if items}
        found[policy, document.text(f"{here}/name")] = {**first, **document.mapping(f"{here}/values")}
    return found


def _namespaces(document: Document, at: str) -> tuple[JsonObject, ...]:
    """Namespace objects, made of their labels where only these are given."""
    selected = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": document.text(f"{at}/namespaceSelector/{index}/name"),
                "labels": document.mapping(f"{at}/namespaceSelector/{index}/labels"),
            },
        }
        for index in range(len(document.sequence(f"{at}/namespaceSelector")))
    ]
    whole = (_namespace(document, f"{at}/namespaces/{i}") for i in range(len(document.sequence(f"{at}/namespaces"))))
    return (*whole, *selected)


def _namespace(document: Document, at: str) -> JsonObject:
    for key, label in document.mapping(f"{at}/metadata/labels").items():
        if not isinstance(label, str):
            raise document.fault(f"{at}/metadata/labels/{key}", "a label must be a string")
    return {
        **document.mapping(at),
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": document.mapping(f"{at}/metadata"),
    }


def _subresource(document: Document, at: str) -> JsonObject:
    return {key: document.mapping(f"{at}/{key}") for key in ("subresource", "parentResource")}
