"""Refusals as the API server words them: one exception that knows its `Status` object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.sandbox.types import JsonObject

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ApiError(Exception):
    """A request that is refused. `details` and `metadata` go into the Status object as they are."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str | None = None,
        details: JsonObject | None = None,
        metadata: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = REASONS.get(code, "") if reason is None else reason
        self.details = details
        self.metadata = metadata or {}

    def status(self) -> JsonObject:
        status: JsonObject = {"kind": "Status", "apiVersion": "v1", "metadata": self.metadata, "status": "Failure"}
        status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return status | {"code": self.code}


@dataclass(frozen=True, slots=True)
class Cause:
    """One fault of an object: `reason` as in `FieldValueRequired`."""

    reason: str
    field: str
    message: str

    def as_json(self) -> JsonObject:
        return {"reason": self.reason, "message": self.message, "field": self.field}


def required(field: str, detail: str = "") -> Cause:
    return Cause("FieldValueRequired", field, "Required value" + (f": {detail}" if detail else ""))


def invalid_value(field: str, value: Any, detail: str, reason: str = "FieldValueInvalid") -> Cause:
    return Cause(reason, field, f"Invalid value: {shown(value)}: {detail}")


def shown(value: Any) -> str:
    """A value as messages quote it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def unserved() -> ApiError:
    """There is no such group, version or resource."""
    return ApiError(404, "the server could not find the requested resource", details={})


def resource_name(group: str, plural: str) -> str:
    return f"{plural}.{group}" if group else plural


def _about(group: str, kind: str, name: str) -> JsonObject:
    found = {"name": name, "group": group, "kind": kind}
    return {key: value for key, value in found.items() if value}


def not_found(group: str, plural: str, name: str) -> ApiError:
    message = f'{resource_name(group, plural)} "{name}" not found'
    return ApiError(404, message, details=_about(group, plural, name))


def already_exists(group: str, plural: str, name: str) -> ApiError:
    message = f'{resource_name(group, plural)} "{name}" already exists'
    return ApiError(409, message, reason="AlreadyExists", details=_about(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource_name(group, plural)} "{name}": {why}'
    return ApiError(409, message, details=_about(group, plural, name))


def stale(group: str, plural: str, name: str) -> ApiError:
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(group, plural, name, why)


def forbidden(group: str, plural: str, name: str, why: str) -> ApiError:
    subject = f'{resource_name(group, plural)} "{name}"' if name else resource_name(group, plural)
    return ApiError(403, f"{subject} is forbidden: {why}", details=_about(group, plural, name))


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """The object as a whole was read, but some of its values may not be."""
    faults = [f"{cause.field}: {cause.message}" for cause in causes]
    text = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
    qualified = f"{kind}.{group}" if group else kind
    details = _about(group, kind, name) | {"causes": [cause.as_json() for cause in causes]}
    return ApiError(422, f'{qualified} "{name}" is invalid: {text}', details=details)
