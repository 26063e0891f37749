"""Reading: one object, or a list by pages, in full or its metadata only."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from gitops_audit.sandbox.kinds import Kind
from gitops_audit.sandbox.request import Request, Target
from gitops_audit.sandbox.selectors import matcher
from gitops_audit.sandbox.status import ApiError, not_found
from gitops_audit.sandbox.store import Name, Resource, Store
from gitops_audit.sandbox.types import JsonObject

_PARTIAL = "meta.k8s.io/v1"
_LATEST = -1


def read(store: Store, kind: Kind, target: Target) -> JsonObject:
    """One object as it is served. Raises ApiError 404."""
    body = store.get((kind.group, kind.plural), (target.namespace, target.name))
    if body is None:
        raise not_found(kind.group, kind.plural, target.name)
    return served(kind, body)


def served(kind: Kind, body: JsonObject) -> JsonObject:
    """A stored object in the API version that was asked for."""
    return {"kind": kind.name, "apiVersion": kind.api_version} | {
        key: value for key, value in body.items() if key not in ("kind", "apiVersion")
    }


def as_metadata(body: JsonObject) -> JsonObject:
    return {"kind": "PartialObjectMetadata", "apiVersion": _PARTIAL, "metadata": body["metadata"]}


def wants_metadata(accept: str, what: str) -> bool:
    """Whether a client asks for `PartialObjectMetadata` or `PartialObjectMetadataList` first."""
    first = accept.partition(",")[0].replace(" ", "").split(";")
    return f"as={what}" in first and "g=meta.k8s.io" in first


@dataclass(frozen=True, slots=True)
class _Token:
    """Where a list goes on: after `last`, in the state of `revision` (-1: whatever is there by then)."""

    revision: int
    last: Name

    @classmethod
    def parse(cls, text: str) -> _Token:
        try:
            fields = orjson.loads(base64.urlsafe_b64decode(text))
            return cls(int(fields["rv"]), (fields["start"][0], fields["start"][1]))
        except (binascii.Error, ValueError, KeyError, TypeError, IndexError) as error:
            raise ApiError(400, f"invalid continue token: continue key is not valid: {error}") from error

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps({"rv": self.revision, "start": self.last})).decode()


def list_page(store: Store, kind: Kind, target: Target, request: Request, *, expire: bool) -> JsonObject:
    """A list, or the page of it that `limit` and `continue` ask for.

    Raises ApiError 410 where the continue token is too old (`expire` makes it so), 400 for selectors and tokens that
    cannot be read.
    """
    resource = (kind.group, kind.plural)
    token = _Token.parse(request.query["continue"]) if request.query.get("continue") else None
    revision = store.revision if token is None or token.revision == _LATEST else token.revision
    candidates = _candidates(store, resource, token, expire=expire)
    labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
    chosen = _chosen(candidates, target.namespace, token, matcher(labels, fields))
    limit = _limit(request)
    page, rest = (chosen[:limit], chosen[limit:]) if limit else (chosen, [])
    metadata: JsonObject = {"resourceVersion": str(revision)}
    if rest:
        if store.snapshot(resource, revision) is None:
            store.remember(resource)
        metadata["continue"] = str(_Token(revision, page[-1][0]))
        metadata |= {} if labels or fields else {"remainingItemCount": len(rest)}
    return _list(kind, metadata, [body for _, body in page], request.accept)


def _candidates(
    store: Store, resource: Resource, token: _Token | None, *, expire: bool
) -> list[tuple[Name, JsonObject]]:
    if token is None or token.revision == _LATEST:
        return store.items(resource)
    snapshot = None if expire else store.snapshot(resource, token.revision)
    if snapshot is None:
        raise _expired(token)
    return snapshot


def _expired(token: _Token) -> ApiError:
    why = "The provided continue parameter is too old to display a consistent list result."
    how = "Start a new list without it, or go on with the token of this answer, which is not consistent."
    return ApiError(410, f"{why} {how}", metadata={"continue": str(_Token(_LATEST, token.last))})


def _chosen(
    candidates: list[tuple[Name, JsonObject]], namespace: str, token: _Token | None, is_selected: Any
) -> list[tuple[Name, JsonObject]]:
    return [
        (name, body)
        for name, body in candidates
        if (not namespace or name[0] == namespace) and (token is None or name > token.last) and is_selected(body)
    ]


def _limit(request: Request) -> int:
    text = request.query.get("limit") or "0"
    try:
        return max(0, int(text))
    except ValueError as error:
        raise ApiError(400, f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _list(kind: Kind, metadata: JsonObject, bodies: list[JsonObject], accept: str) -> JsonObject:
    if wants_metadata(accept, "PartialObjectMetadataList"):
        items = [as_metadata(body) for body in bodies]
        return {"kind": "PartialObjectMetadataList", "apiVersion": _PARTIAL, "metadata": metadata, "items": items}
    items = bodies if not kind.is_custom else [served(kind, body) for body in bodies]
    bare = items if kind.is_custom else [_headless(body) for body in items]
    return {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": metadata, "items": bare}


def _headless(body: JsonObject) -> JsonObject:
    return {key: value for key, value in body.items() if key not in ("kind", "apiVersion")}
