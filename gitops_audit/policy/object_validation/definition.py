"""CustomResourceDefinition: names, versions, and schemas that are structural."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.kube.structural import schema_faults
from gitops_audit.policy.object_validation.field import Faults, Fields, duplicates, mapping, objects, one_of, required
from gitops_audit.policy.regex import is_regex


def definition(body: Fields, minor: int) -> Faults:
    spec, at = mapping(body.get("spec")), "/spec"
    if body.get("apiVersion") != "apiextensions.k8s.io/v1" or not spec:
        return
    names, group = mapping(spec.get("names")), spec.get("group")
    yield from _names(names, f"{at}/names")
    yield from required(spec, at, "group", _group)
    yield from one_of(spec, at, "scope", ("Cluster", "Namespaced"))
    own, plural = mapping(body.get("metadata")).get("name"), names.get("plural")
    if isinstance(plural, str) and isinstance(group, str) and own != f"{plural}.{group}":
        yield "/metadata/name", "must be the plural and the group of the definition, with a dot between them"
    yield from _versions(spec, f"{at}/versions")


def _names(names: Fields, at: str) -> Faults:
    yield from required(names, at, "plural", name.label_1035)
    yield from required(names, at, "kind", lambda text: name.label_1035(text.lower()))
    for key in ("singular", "listKind"):
        if names.get(key):
            yield from required(names, at, key, lambda text: name.label_1035(text.lower()))
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        yield f"{at}/listKind", "must not be the kind itself"


def _group(text: str) -> str:
    return name.subdomain(text) or ("" if "." in text else "must be a domain with at least one dot")


def _versions(spec: Fields, at: str) -> Faults:
    found = list(objects(spec.get("versions"), at))
    if sum(version.get("storage") is True for _, version in found) != 1:
        yield at if "versions" in spec else "/spec", "must have exactly one version with storage: true"
    names = ((f"{p}/name", v["name"]) for p, v in found if isinstance(v.get("name"), str))
    yield from duplicates(names, "name of the version")
    for pointer, version in found:
        yield from required(version, pointer, "name", name.label_1035)
        schema = mapping(version.get("schema")).get("openAPIV3Schema")
        if isinstance(schema, dict):
            place = f"{pointer}/schema/openAPIV3Schema"
            yield from ((f"{place}{where}", message) for where, message in schema_faults(schema, is_regex))
        elif version.get("schema") is None or schema is None:
            yield pointer, "schema.openAPIV3Schema is missing"
