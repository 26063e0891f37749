"""Which of a document's values are objects for a cluster, which are not, and what is wrong with them.

Lists are taken apart as kubectl does (`unstructured` in k8s.io/apimachinery): whatever has `items` is one, and the
elements of a typed list (`ConfigMapList`) inherit its apiVersion and kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.manifest.compose import Document, Duplicate, Token
from gitops_audit.manifest.spelling import Fault, misspelt_identity
from gitops_audit.model.path import field_path, pointer_of
from gitops_audit.model.resource import JsonObject, split_api_version

# API groups of files that only tools read; no cluster serves them.
_TOOLS = {
    "kustomize.config.k8s.io": "kustomize's own configuration",
    "cli.kyverno.io": "a test of the Kyverno CLI",
    "backstage.io": "an entry of a Backstage catalog",
    "kind.x-k8s.io": "the configuration of kind",
    "skaffold": "the configuration of Skaffold",
    "gitops-audit": "configuration or a policy of gitops-audit",
}
_VERSIONED = re.compile(r"([a-z0-9.-]+/)?v[0-9]+((alpha|beta)[0-9]+)?")
NO_OBJECT = "not a Kubernetes object"
_WORDS = {dict: "a mapping", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Found:
    """One value of a document. `ignored` says why it is no object, `problem` why it cannot be used as one.

    `prefix` is the pointer from the document to it, `line` where it starts.
    """

    body: Any = field(repr=False)
    line: int
    prefix: str = ""
    faults: tuple[Fault, ...] = ()
    ignored: str = ""
    problem: Fault | None = None


def objects_in(document: Document) -> Iterator[Found]:
    """What a document holds, in order. An empty document holds nothing."""
    value = document.value
    if value is None:
        return
    reason = _not_an_object(value)
    misspelt = misspelt_identity(value) if reason else None
    if misspelt is not None:
        yield _unusable(value, document.line, "", misspelt)
    elif reason and _is_misplaced_object(value):
        yield _unusable(value, document.line, "", Fault("", f"{reason}, but {_what_was_meant(value)}"))
    elif reason:
        yield Found(value, document.line, ignored=reason)
    elif isinstance(value.get("apiVersion"), str) and "items" in value:
        yield from _list(value, document)
    else:
        yield _object(value, document.line, "", document.duplicates)


def _not_an_object(value: Any) -> str:
    if not isinstance(value, dict):
        return f"it holds {_word(value)}, {NO_OBJECT}"
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if kind in ("Kustomization", "Component") and not api_version:
        api_version = "kustomize.config.k8s.io/v1beta1"
    tool = _TOOLS.get(split_api_version(api_version)[0]) if isinstance(api_version, str) else None
    if tool is not None:
        return f"{tool}, not an object of a cluster"
    if (api_version and kind) or (isinstance(value.get("metadata"), dict) and (kind or _has_name(value, api_version))):
        return ""
    if isinstance(value.get("spec"), dict) and _VERSIONED.fullmatch(str(api_version)):
        return ""
    return f"it has no apiVersion and kind, so it is {NO_OBJECT}"


def _is_misplaced_object(value: Any) -> bool:
    """Whether manifests were meant by what is none: a list of objects, bare or with a faulty head, or text that lost
    its structure."""
    if isinstance(value, dict):
        return _is_misplaced_object(value.get("items")) if isinstance(value.get("items"), list) else False
    if isinstance(value, list):
        return any(not _not_an_object(item) or misspelt_identity(item) for item in value if isinstance(item, dict))
    return isinstance(value, str) and "apiVersion" in value


def _what_was_meant(value: Any) -> str:
    return (
        "its items are: write `apiVersion: v1` and `kind: List`"
        if isinstance(value, dict)
        else "it names an apiVersion"
    )


def _has_name(value: JsonObject, api_version: Any) -> bool:
    """Whether something without a kind was meant to have one: charts and data sources have an apiVersion as well."""
    return isinstance(api_version, str) and "name" in value["metadata"]


def _list(value: JsonObject, document: Document) -> Iterator[Found]:
    items, lines = value["items"], document.item_lines
    if items is None or items == []:
        yield Found(value, document.line, ignored="an empty list")
        return
    if not isinstance(items, list):
        yield _unusable(value, document.line, "", Fault("/items", f"items must be a list, but is {_word(items)}"))
        return
    for index, item in enumerate(items):
        line = lines[index] if len(lines) == len(items) else document.line
        yield _item(_with_kind(item, value), line, ("items", index), document.duplicates)


def _item(item: Any, line: int, path: tuple[Token, ...], duplicates: tuple[Duplicate, ...]) -> Found:
    prefix = pointer_of(path)
    if not isinstance(item, dict):
        return _unusable(item, line, prefix, Fault("", f"an element of a list must be an object, but is {_word(item)}"))
    if isinstance(item.get("items"), list):
        return _unusable(item, line, prefix, Fault("", "a list within a list: kubectl takes only one level"))
    own = (Duplicate(d.path[len(path) :], d.line) for d in duplicates if d.path[: len(path)] == path)
    return _object(item, line, prefix, tuple(own))


def _with_kind(item: Any, parent: JsonObject) -> Any:
    if not isinstance(item, dict) or item.get("kind") or item.get("apiVersion") or misspelt_identity(item):
        return item
    return {"apiVersion": parent.get("apiVersion"), "kind": str(parent.get("kind")).removesuffix("List"), **item}


def _object(body: JsonObject, line: int, prefix: str, duplicates: tuple[Duplicate, ...]) -> Found:
    problem = _identity_problem(body)
    if problem is not None:
        return _unusable(body, line, prefix, problem)
    twice = (Fault(pointer_of(d.path), "the key stands twice here: the last one counts", d.line) for d in duplicates)
    return Found(body, line, prefix, (*twice, *_metadata_faults(body["metadata"])))


def _unusable(body: Any, line: int, prefix: str, problem: Fault) -> Found:
    return Found(body, line, prefix, problem=problem)


def _identity_problem(body: JsonObject) -> Fault | None:
    return misspelt_identity(body) or _unnamed(body)


def _unnamed(body: JsonObject) -> Fault | None:
    for key in ("apiVersion", "kind"):
        if not isinstance(body.get(key), str) or not body[key]:
            return Fault(f"/{key}", _expected(key, body.get(key)))
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return Fault("/metadata", _expected("metadata", metadata, "a mapping"))
    for key in ("name", "generateName", "namespace"):
        if not isinstance(metadata.get(key), (str, type(None))):
            return Fault(f"/metadata/{key}", _expected(f"metadata.{key}", metadata[key]))
    if not metadata.get("name") and not metadata.get("generateName"):
        return Fault("/metadata", "metadata.name is missing")
    return None


def _metadata_faults(metadata: JsonObject) -> Iterator[Fault]:
    for key in ("labels", "annotations"):
        values = metadata.get(key)
        if values is not None and not isinstance(values, dict):
            yield Fault(f"/metadata/{key}", _expected(f"metadata.{key}", values, "a mapping"))
        for name, value in values.items() if isinstance(values, dict) else ():
            if not isinstance(value, (str, type(None))):
                pointer = pointer_of(("metadata", key, name))
                yield Fault(pointer, f"must be a string, but is {_word(value)}: put it in quotes")


def _expected(what: str, value: Any, wanted: str = "a string") -> str:
    if value is None or value == "":
        return f"{what} is missing"
    quotes = ": put it in quotes" if wanted == "a string" and not isinstance(value, (dict, list)) else ""
    return f"{what} must be {wanted}, but is {_word(value)}{quotes}"


def _word(value: Any) -> str:
    return _WORDS.get(type(value), "null")


def display_path(fault: Fault, body: Any) -> str:
    """The field of a fault as people read it."""
    return field_path(fault.pointer, body) if fault.pointer else ""
