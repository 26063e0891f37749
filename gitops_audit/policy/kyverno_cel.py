"""What Kyverno adds to CEL, as far as an audit can answer it: image references, other resources, hashes, JSON.

Facts from https://kyverno.io/docs/policy-types/cel-libraries/. What asks a server or a registry is not supported.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.builtin_kind import kind_of
from gitops_audit.policy.cel.declarations import IMAGE, Overload
from gitops_audit.policy.cel.world import current
from gitops_audit.policy.image_reference import Reference, parse
from gitops_audit.policy.selector import labels_of

UNSUPPORTED = re.compile(
    r"\b(http\.(?:Get|Post|Client)|resource\.(?:Post|ToGVR)|globalContext\.Get|random|time\.now|x509\.\w+"
    r"|yaml\.parse|gzip|verifyImageSignatures|verifyAttestationSignatures|getImageData)\s*\("
)


def _kind(api_version: str, resource: str) -> tuple[str, str]:
    group, _ = split_api_version(api_version)
    kind = kind_of(group, resource)
    if not kind:
        raise ValueError(f"{resource} of {api_version} cannot be looked up: its kind is not known")
    return group, kind


def _get(api_version: str, resource: str, namespace: str, name: str) -> JsonObject:
    group, kind = _kind(api_version, resource)
    found = current().get(group, kind, namespace, name)
    if found is None:
        raise ValueError(f"{resource} {namespace}/{name} not found")
    return found


def _get_cluster_scoped(api_version: str, resource: str, name: str) -> JsonObject:
    return _get(api_version, resource, "", name)


def _list(api_version: str, resource: str, namespace: str, labels: Mapping[str, str] | None = None) -> JsonObject:
    group, kind = _kind(api_version, resource)
    wanted = (labels or {}).items()
    items = [b for b in current().list(group, kind, namespace) if all(labels_of(b).get(k) == v for k, v in wanted)]
    return {"apiVersion": api_version, "kind": f"{kind}List", "items": items}


def _metadata(reference: str) -> Any:
    """Given by tests only: no audit asks a registry."""
    lookup = getattr(current(), "image_metadata", None)
    found = lookup(reference) if lookup else None
    if found is None:
        raise ValueError(f"the metadata of image {reference!r} is not known")
    return found


def _image(text: str) -> bytes:
    parse(text)
    return text.encode()


def _is_image(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _reference(value: bytes) -> Reference:
    return parse(value.decode())


def _digest_of(algorithm: str, text: str) -> str:
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


FUNCTIONS: tuple[Overload, ...] = (
    Overload("resource.Get", ("string",) * 4, "dyn", _get),
    Overload("resource.Get", ("string",) * 3, "dyn", _get_cluster_scoped),
    Overload("resource.List", ("string",) * 3, "dyn", _list),
    Overload("resource.List", ("string", "string", "string", "map<string,string>"), "dyn", _list),
    Overload("image", ("string",), IMAGE, _image),
    Overload("isImage", ("string",), "bool", _is_image),
    Overload("registry", (IMAGE,), "string", lambda v: _reference(v).registry, is_member=True),
    Overload("repository", (IMAGE,), "string", lambda v: _reference(v).repository, is_member=True),
    Overload("tag", (IMAGE,), "string", lambda v: _reference(v).tag, is_member=True),
    Overload("digest", (IMAGE,), "string", lambda v: _reference(v).digest, is_member=True),
    Overload("identifier", (IMAGE,), "string", lambda v: _reference(v).identifier, is_member=True),
    Overload("containsDigest", (IMAGE,), "bool", lambda v: bool(_reference(v).digest), is_member=True),
    Overload("sha256", ("string",), "string", lambda text: _digest_of("sha256", text)),
    Overload("sha1", ("string",), "string", lambda text: _digest_of("sha1", text)),
    Overload("md5", ("string",), "string", lambda text: _digest_of("md5", text)),
    Overload("json.unmarshal", ("string",), "dyn", orjson.loads),
    Overload("image.GetMetadata", ("string",), "dyn", _metadata),
)
