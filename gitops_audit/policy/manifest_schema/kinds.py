"""Which kinds an OpenAPI document describes."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.config.suggest import did_you_mean
from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.manifest_schema.explain import SchemaFault


def components_of(document: JsonObject | None) -> JsonObject:
    """The schemas of a document by name; empty where it holds none."""
    components = document.get("components") if document else None
    schemas = components.get("schemas") if isinstance(components, dict) else None
    return schemas if isinstance(schemas, dict) else {}


def component_name(components: JsonObject, wanted: JsonObject) -> str:
    """The component that describes a group, version and kind; empty where none does."""
    for name, node in components.items():
        if wanted in _kinds(node):
            return name
    return ""


def unserved(document: JsonObject | None, body: JsonObject) -> SchemaFault | None:
    """What is wrong with the apiVersion or kind of an object that a document does not describe.

    None where the document describes no kind of the group: it may be one of a CustomResourceDefinition.
    """
    group, version = split_api_version(str(body.get("apiVersion")))
    known = [kind for node in components_of(document).values() for kind in _kinds(node) if kind.get("group") == group]
    if not known:
        return None
    versions = sorted({str(kind.get("version")) for kind in known if kind.get("kind") == body.get("kind")})
    if versions:
        served = " or ".join("/".join(filter(None, (group, other))) for other in versions)
        return SchemaFault("/apiVersion", f"Kubernetes has this kind at {served} only")
    names = sorted({str(kind.get("kind")) for kind in known if kind.get("version") == version})
    hint = did_you_mean(str(body.get("kind")), names)
    return SchemaFault("/kind", f"Kubernetes has no such kind at this apiVersion{f', {hint}' if hint else ''}")


def _kinds(node: object) -> Iterator[JsonObject]:
    kinds = node.get("x-kubernetes-group-version-kind") if isinstance(node, dict) else None
    yield from (kind for kind in kinds if isinstance(kind, dict)) if isinstance(kinds, list) else ()
