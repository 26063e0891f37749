"""CustomResourceDefinitions: which versions of a kind they serve, and the OpenAPI document their schemas make.

A cluster publishes such a document for every CRD it serves; one that is only declared, or stands in a recording, is
turned into the same form here, so that everything that reads OpenAPI reads it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gitops_audit.model.resource import JsonObject, mapping

GROUP, KIND = "apiextensions.k8s.io", "CustomResourceDefinition"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_REF = "#/components/schemas/"
_TEXT: JsonObject = {"type": "string"}
_TEXTS: JsonObject = {"type": "object", "additionalProperties": _TEXT}
_OWNER: JsonObject = {
    "type": "object",
    "required": ["apiVersion", "kind", "name", "uid"],
    "properties": dict.fromkeys(("apiVersion", "kind", "name", "uid"), _TEXT)
    | {key: {"type": "boolean"} for key in ("blockOwnerDeletion", "controller")},
}
# The fields of ObjectMeta (Kubernetes API reference), for documents that no server wrote.
_OBJECT_META: JsonObject = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion"), _TEXT),
        "generation": {"type": "integer", "format": "int64"},
        "creationTimestamp": {"type": "string", "format": "date-time"},
        "deletionTimestamp": {"type": "string", "format": "date-time"},
        "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
        "labels": _TEXTS,
        "annotations": _TEXTS,
        "finalizers": {"type": "array", "items": _TEXT},
        "ownerReferences": {"type": "array", "items": {"$ref": f"{_REF}{_META}OwnerReference"}},
        "managedFields": {"type": "array", "items": {"$ref": f"{_REF}{_META}ManagedFieldsEntry.FieldsV1"}},
    },
}
_SHARED: JsonObject = {
    f"{_META}ObjectMeta": _OBJECT_META,
    f"{_META}OwnerReference": _OWNER,
    f"{_META}ManagedFieldsEntry.FieldsV1": {"type": "object"},
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One CustomResourceDefinition. `served` are the versions it serves, each with its schema (None: without one)."""

    name: str
    group: str
    kind: str
    served: Mapping[str, JsonObject | None]
    body: JsonObject

    @classmethod
    def from_body(cls, body: JsonObject) -> Definition | None:
        """None where the object says neither group nor kind."""
        spec = mapping(body.get("spec"))
        group, kind = spec.get("group"), mapping(spec.get("names")).get("kind")
        if not (isinstance(group, str) and isinstance(kind, str) and group and kind):
            return None
        versions = spec.get("versions")
        served = {
            str(version["name"]): _schema(version)
            for version in (versions if isinstance(versions, list) else ())
            if isinstance(version, dict) and version.get("name") and version.get("served") is True
        }
        return cls(str(mapping(body.get("metadata")).get("name", "")), group, kind, MappingProxyType(served), body)

    def component(self, version: str) -> JsonObject:
        """The schema of a version as a cluster publishes it: with apiVersion, kind and metadata, and its name.

        Without a schema of its own a version takes every field.
        """
        schema = self.served.get(version) or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        own = mapping(schema.get("properties"))
        fields = {**own, "apiVersion": _TEXT, "kind": _TEXT, "metadata": {"$ref": f"{_REF}{_META}ObjectMeta"}}
        gvk = {"group": self.group, "version": version, "kind": self.kind}
        return {**schema, "properties": fields, "x-kubernetes-group-version-kind": [gvk]}


def is_definition(body: JsonObject) -> bool:
    return body.get("kind") == KIND and str(body.get("apiVersion", "")).startswith(f"{GROUP}/")


class Definitions:
    """The CustomResourceDefinitions among some objects; where two define a kind, the first one holds."""

    __slots__ = ("_by_kind",)

    def __init__(self, bodies: Iterable[JsonObject] = ()) -> None:
        self._by_kind: dict[tuple[str, str], Definition] = {}
        for body in bodies:
            if is_definition(body):
                found = Definition.from_body(body)
                if found is not None:
                    self._by_kind.setdefault((found.group, found.kind), found)

    def find(self, group: str, kind: str) -> Definition | None:
        return self._by_kind.get((group, kind))

    def document(self, group: str, version: str) -> JsonObject | None:
        """The OpenAPI v3 document of a group and version; None where nothing of it is defined."""
        found = {
            f"{group}.{version}.{d.kind}": d.component(version)
            for d in self._by_kind.values()
            if d.group == group and version in d.served
        }
        return openapi_document(found) if found else None


def openapi_document(components: JsonObject) -> JsonObject:
    """A document of these schemas, with the types of Kubernetes that they may refer to."""
    return {"components": {"schemas": _SHARED | components}}


def _schema(version: Mapping[str, Any]) -> JsonObject | None:
    found = mapping(version.get("schema")).get("openAPIV3Schema")
    return found if isinstance(found, dict) else None
