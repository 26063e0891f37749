"""A sent object on its way into the store: checked against the request, decoded, defaulted."""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.kube.defaults import apply_defaults
from gitops_audit.sandbox import custom
from gitops_audit.sandbox.decode import Decoder, require_object
from gitops_audit.sandbox.field_set import Path
from gitops_audit.sandbox.kinds import Kind
from gitops_audit.sandbox.request import Target
from gitops_audit.sandbox.status import ApiError
from gitops_audit.sandbox.types import JsonObject, zero


@dataclass(slots=True)
class Incoming:
    """The object, and the warnings its sender gets."""

    body: JsonObject
    warnings: list[str] = field(default_factory=list)


def receive(kind: Kind, sent: Any, validation: str) -> Incoming:
    """Decodes what was sent as an object of a kind, and fills in the defaults.

    `validation` is the request's fieldValidation. Raises ApiError 400 where the object cannot be decoded.
    """
    body = copy.deepcopy(require_object(sent))
    _check_header(kind, body)
    decoder = Decoder(kind.name, kind.version, checks_types=not kind.is_custom)
    decoded = decoder.decode(body, kind.schema)
    unknown = list(decoder.unknown)
    if kind.is_custom:
        decoded["metadata"], unknown_metadata = _metadata(kind, body.get("metadata") or {})
        decoded = custom.fill_defaults(decoded, kind.schema)
        unknown += unknown_metadata
    decoded |= {"apiVersion": kind.api_version, "kind": kind.name}
    _default(kind, decoded)
    messages = [f'unknown field "{path}"' for path in unknown]
    if messages and validation == "Strict":
        text = ", ".join(messages)
        raise ApiError(400, f"{kind.name} in version {kind.version!r} cannot be handled: strict decoding error: {text}")
    return Incoming(decoded, messages if validation == "Warn" else [])


def _metadata(kind: Kind, metadata: Any) -> tuple[JsonObject, list[str]]:
    decoder = Decoder(kind.name, kind.version)
    return decoder.decode(metadata, kind.schema.fields["metadata"].type, "metadata"), decoder.unknown


def _default(kind: Kind, body: JsonObject) -> None:
    if not kind.is_custom:
        apply_defaults(kind.group, kind.name, body)


def _check_header(kind: Kind, body: JsonObject) -> None:
    api_version, name = body.get("apiVersion"), body.get("kind")
    if api_version not in (None, "", kind.api_version):
        text = f"the API version in the data ({api_version}) does not match the expected API version"
        raise ApiError(400, f"{text} ({kind.api_version})")
    if name not in (None, "", kind.name):
        raise ApiError(400, f'{name} in version "{kind.version}" cannot be handled as a {kind.name}')


def empty(kind: Kind) -> JsonObject:
    """The object before it exists, against which the fields of a new one count as added."""
    header = {"apiVersion": kind.api_version, "kind": kind.name}
    return header | ({} if kind.is_custom else zero(kind.schema))


def place(target: Target, metadata: JsonObject) -> None:
    """Gives a new object its namespace and name in place. Raises ApiError 400 where they contradict the request."""
    if metadata.get("namespace", target.namespace) != target.namespace:
        text = "the namespace of the provided object does not match the namespace sent on the request"
        raise ApiError(400, text)
    if target.namespace:
        metadata["namespace"] = target.namespace
    if target.name and metadata.setdefault("name", target.name) != target.name:
        text = f"the name of the object ({metadata['name']}) does not match the name on the URL ({target.name})"
        raise ApiError(400, text)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(5))


def tracks(kind: Kind, subresource: str) -> _Tracked:
    """Which paths get an owner by a write: the status by its subresource only, nothing else by that."""
    return _Tracked(has_status=kind.has_status, is_status=subresource == "status")


@dataclass(frozen=True, slots=True)
class _Tracked:
    has_status: bool
    is_status: bool

    def __call__(self, path: Path) -> bool:
        is_below_status = path[:1] == ("f:status",)
        return is_below_status if self.is_status else not (self.has_status and is_below_status)
