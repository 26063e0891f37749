"""CustomResourceDefinitions at work: accepted at once, their kinds served until they are deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.sandbox.custom import kinds_of
from gitops_audit.sandbox.kinds import Kinds
from gitops_audit.sandbox.status import ApiError, Cause, invalid, invalid_value, required
from gitops_audit.sandbox.store import Store
from gitops_audit.sandbox.types import JsonObject

_GROUP = "apiextensions.k8s.io"
_KIND = "CustomResourceDefinition"


def check_definition(sent: Any) -> tuple[str, ...]:
    """Warnings about what the sandbox leaves out. Raises ApiError 422, or 501 for what it does not do."""
    spec = sent.get("spec") if isinstance(sent, dict) else None
    if not isinstance(spec, dict) or not isinstance(spec.get("versions"), list):
        return ()
    if (spec.get("conversion") or {}).get("strategy", "None") != "None":
        raise ApiError(501, "the sandbox does not convert custom resources by webhook")
    faults = list(_faults(sent, spec))
    if faults:
        raise invalid(_GROUP, _KIND, (sent.get("metadata") or {}).get("name", ""), faults)
    has_rules = any(_has_rules(version.get("schema")) for version in spec["versions"] if isinstance(version, dict))
    return ("sandbox: x-kubernetes-validations are not evaluated",) if has_rules else ()


def _faults(sent: JsonObject, spec: JsonObject) -> Iterator[Cause]:
    name, plural = (sent.get("metadata") or {}).get("name"), (spec.get("names") or {}).get("plural")
    wanted = f"{plural}.{spec.get('group')}"
    if plural and spec.get("group") and name and name != wanted:
        yield invalid_value("metadata.name", name, f'must be spec.names.plural+"."+spec.group, {wanted}')
    versions = [version for version in spec["versions"] if isinstance(version, dict)]
    for index, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            yield required(f"spec.versions[{index}].schema.openAPIV3Schema", "schemas are required")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        yield invalid_value("spec.versions", len(versions), "must have exactly one version marked as storage version")


def _has_rules(schema: Any) -> bool:
    if isinstance(schema, dict):
        return "x-kubernetes-validations" in schema or any(_has_rules(child) for child in schema.values())
    return isinstance(schema, list) and any(_has_rules(child) for child in schema)


def established(body: JsonObject, now: str) -> JsonObject:
    """The definition with the status that the server's own controllers give it."""
    spec = body["spec"]
    stored = [version["name"] for version in spec["versions"] if version["storage"]]
    conditions = [
        _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
        _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
    ]
    return body | {"status": {"acceptedNames": spec["names"], "conditions": conditions, "storedVersions": stored}}


def _condition(name: str, reason: str, message: str, now: str) -> JsonObject:
    return {"type": name, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}


def serve(kinds: Kinds, body: JsonObject) -> None:
    """Serves the kinds of a definition, in place of those it had before."""
    kinds.remove(body["spec"]["group"], body["spec"]["names"]["plural"])
    for kind in kinds_of(body):
        kinds.add(kind)


def withdraw(kinds: Kinds, store: Store, body: JsonObject) -> None:
    """Stops serving the kinds of a definition; their objects are gone."""
    group, plural = body["spec"]["group"], body["spec"]["names"]["plural"]
    kinds.remove(group, plural)
    store.drop((group, plural))
