"""One request and its answer, free of HTTP machinery; where a path leads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gitops_audit.sandbox.status import ApiError, Cause
from gitops_audit.sandbox.types import JsonObject

JSON = "application/json"
_VALIDATION = ("Ignore", "Warn", "Strict")


@dataclass(frozen=True, slots=True)
class Request:
    """`query` holds the last value of each parameter; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", JSON).partition(";")[0].strip()

    @property
    def accept(self) -> str:
        return self.headers.get("accept", "*/*")

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1")


@dataclass(frozen=True, slots=True)
class Response:
    """`warnings` become Warning headers."""

    code: int
    body: bytes
    content_type: str = JSON
    warnings: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(body: Any, code: int = 200, *, warnings: tuple[str, ...] = (), content_type: str = JSON) -> Response:
    return Response(code, orjson.dumps(body), content_type, warnings)


@dataclass(frozen=True, slots=True)
class Target:
    """What a resource path means: `plural` with its subresource, a name or (empty) the collection."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def target_of(path: str) -> Target | None:
    """The resource a path addresses, None where it is no resource path."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        group, rest = "", parts[1:]
    elif parts[:1] == ["apis"]:
        group, rest = (parts[1] if len(parts) > 1 else ""), parts[2:]
    else:
        return None
    if len(rest) < 2:
        return None
    version, *rest = rest
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (len(rest) == 3 and rest[2] in ("status", "finalize")):
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource, *more = [*rest, "", "", ""][: max(3, len(rest))]
    return None if any(more) else Target(group, version, plural, namespace, name, subresource)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The options that all writes share."""

    manager: str
    is_dry_run: bool = False
    force: bool = False
    validation: str = "Warn"

    @classmethod
    def of(cls, request: Request, *, kind: str) -> WriteOptions:
        """Raises ApiError 422 for values the API does not know. `kind` is the options' kind, for messages."""
        is_apply = request.content_type == "application/apply-patch+yaml"
        faults = list(_faults(request, is_apply=is_apply))
        if faults:
            raise _invalid_options(kind, faults)
        return cls(
            request.query.get("fieldManager") or default_manager(request.headers.get("user-agent", "")),
            is_dry_run=request.query.get("dryRun") == "All",
            force=request.flag("force"),
            validation=request.query.get("fieldValidation") or "Warn",
        )


def default_manager(user_agent: str) -> str:
    """The field manager of a request that names none: the user agent up to the first slash."""
    return re.sub(r"[^\x20-\x7e]", "", user_agent.partition("/")[0])[:128]


def _faults(request: Request, *, is_apply: bool) -> list[Cause]:
    found = []
    if request.query.get("dryRun", "All") != "All":
        text = f'Unsupported value: {[request.query["dryRun"]]}: supported values: "All"'
        found.append(Cause("FieldValueNotSupported", "dryRun", text))
    if request.query.get("fieldValidation", "Warn") not in _VALIDATION:
        text = f'Unsupported value: "{request.query["fieldValidation"]}": supported values: "Ignore", "Strict", "Warn"'
        found.append(Cause("FieldValueNotSupported", "fieldValidation", text))
    if is_apply and not request.query.get("fieldManager"):
        found.append(Cause("FieldValueRequired", "fieldManager", "Required value: is required for apply patch"))
    if "force" in request.query and not is_apply and request.method == "PATCH":
        found.append(Cause("FieldValueForbidden", "force", "Forbidden: may not be specified for non-apply patch"))
    return found


def _invalid_options(kind: str, faults: list[Cause]) -> ApiError:
    text = ", ".join(f"{cause.field}: {cause.message}" for cause in faults)
    text = text if len(faults) == 1 else f"[{text}]"
    details: JsonObject = {"group": "meta.k8s.io", "kind": kind, "causes": [cause.as_json() for cause in faults]}
    return ApiError(422, f'{kind}.meta.k8s.io "" is invalid: {text}', details=details)
