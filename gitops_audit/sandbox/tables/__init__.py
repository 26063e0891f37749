"""Reads the tables of the built-in types that stand beside this module.

A table is one Go package of the Kubernetes API. Each type is `Name: field type; field type`, continued on indented
lines. A type is a scalar, the name of another type, `[T]` or `{T}`. `*T` is a pointer (kept when empty), `!` is
required, `!?` is always written yet not required, `=JSON` a published default. Words after the type: `set`,
`map(key+key)` and `atomic` for server-side apply, `merge`, `merge(key)` and `retainKeys` for strategic merge.
Source of the facts: the published OpenAPI of Kubernetes 1.36 and its API types.
"""

from __future__ import annotations

import functools
import json
import re
from importlib import resources
from typing import Any, Literal

from gitops_audit.sandbox.types import ANY, MISSING, Field, Type

SCALARS = frozenset({"string", "bytes", "time", "microtime", "bool", "int32", "int64", "intstr", "quantity"})
_SHARED = ("io.k8s.api.core.v1", "io.k8s.apimachinery.pkg.apis.meta.v1")
_FIELD = re.compile(r"(?P<name>\S+) (?P<type>[^\s!=]+)(?P<mark>!\??)?(?:=(?P<default>\S+))?(?P<words>( \S+)*)")
_ZERO_TEXT = {"string": "", "int32": 0, "int64": 0, "bool": False}


@functools.cache
def builtin(name: str) -> Type:
    """A built-in type by its full name, `io.k8s.api.apps.v1.Deployment`; KeyError where no table has it."""
    return _type(name, _definitions()[name])


@functools.cache
def _definitions() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in sorted(resources.files(__name__).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".txt"):
            found |= _table(entry.read_text(encoding="utf-8"))
    return found


def _table(text: str) -> dict[str, str]:
    package, types, current = "", dict[str, str](), ""
    for line in (raw.rstrip() for raw in text.splitlines()):
        if line.startswith("package "):
            package = line.split()[1]
        elif line.startswith(" "):
            types[current] += line
        elif line and not line.startswith("#"):
            name, _, rest = line.partition(":")
            current = f"{package}.{name}"
            types[current] = rest
    return types


def _type(name: str, definition: str) -> Type:
    package = name.rpartition(".")[0]
    parts = [part.strip() for part in definition.split(";") if part.strip()]
    is_atomic = "atomic" in parts
    fields = dict(_field(package, part) for part in parts if part != "atomic")
    if not fields:
        return Type("any", name=name)
    if name.endswith(".ObjectMeta"):
        return Type("struct", fields=fields, is_atomic=is_atomic, name=name)
    header = _header() if "metadata" in fields and not name.endswith(("TemplateSpec", "ClaimTemplate")) else {}
    return Type("struct", fields=header | fields, is_atomic=is_atomic, name=name)


def _header() -> dict[str, Field]:
    text = Field(Type("scalar", scalar="string"))
    return {"apiVersion": text, "kind": text}


def _field(package: str, text: str) -> tuple[str, Field]:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise ValueError(f"this field of a type table cannot be read: {text!r}")
    written, words = match["type"], match["words"].split()
    is_pointer = written.startswith("*")
    schema = _spelled(package, written.lstrip("*"), words)
    is_struct = schema.shape == "struct" and not is_pointer
    return match["name"], Field(
        schema,
        default=_default(match["default"], match["mark"], schema, is_pointer),
        is_required=match["mark"] == "!",
        is_kept=is_pointer or schema.scalar == "intstr",
        is_emitted=is_struct or match["mark"] is not None,
        merge_key=_argument(words, "merge"),
        strategy=tuple(word.partition("(")[0] for word in words if word.startswith(("merge", "retainKeys"))),
    )


def _default(written: str | None, mark: str | None, schema: Type, is_pointer: bool) -> Any:
    if written is not None:
        return json.loads(written)
    if is_pointer:
        return MISSING
    if schema.shape == "struct":
        return {}
    return _ZERO_TEXT.get(schema.scalar, MISSING) if mark else MISSING


def _spelled(package: str, written: str, words: list[str]) -> Type:
    inner = written[1:-1]
    if written.startswith("["):
        list_type: Literal["set", "map", "atomic"] = "set" if "set" in words else "atomic"
        keys = _argument(words, "map")
        return Type(
            "list",
            element=_named(package, inner),
            list_type="map" if keys else list_type,
            keys=tuple(keys.split("+")) if keys else (),
        )
    if written.startswith("{"):
        return Type("map", element=_named(package, inner), is_atomic="atomic" in words)
    return _named(package, written)


def _argument(words: list[str], word: str) -> str:
    return next((w[len(word) + 1 : -1] for w in words if w.startswith(f"{word}(")), "")


def _named(package: str, name: str) -> Type:
    if name in SCALARS:
        return Type("scalar", scalar=name)
    if name == "any":
        return ANY
    for place in (package, *_SHARED):
        if f"{place}.{name}" in _definitions():
            return builtin(f"{place}.{name}")
    raise ValueError(f"no type table has {name!r}, which {package} uses")
