"""What Kyverno adds to CEL, as far as an audit can answer it: image references, other resources, hashes, JSON.

Facts from https://kyverno.io/docs/policy-types/cel-libraries/. What asks a server or a registry is not supported.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from gitops_audit.kube.builtin import kind_of
from gitops_audit.kube.image import Reference, parse_for_registry
from gitops_audit.kube.match import labels_of
from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.cel.declarations import IMAGE, Overload
from gitops_audit.policy.cel.world import current
from gitops_audit.policy.contract import World
from gitops_audit.policy.form.kyverno import certificate
from gitops_audit.policy.form.kyverno.jmes import yaml_text

# gzip.compress: the runtime cuts bytes that a function gives it at the first zero
UNSUPPORTED = re.compile(
    r"\b(http\.[Cc]lient|resource\.(?:[Pp]ost|[Tt]oGVR)|random(?:\.random)?|gzip\.compress"
    r"|verifyImageSignatures|verifyAttestationSignatures|getImageData)\s*\("
)
ASKING = re.compile(r"\b(http\.(?:[Gg]et|[Pp]ost)|globalContext\.[Gg]et|image\.[Gg]etMetadata)\s*\(")
"""What a test may answer, and nobody in an audit."""
_MOST_UNPACKED = 10_000_000
_NOT_IN_CEL = frozenset({"Subject", "Version", "SignatureAlgorithm"})


def _held() -> World:
    """Where resources are looked up: all that are audited, or what a test says a cluster holds."""
    world = current()
    return getattr(world, "looked_up", world)


def _kind(api_version: str, resource: str) -> tuple[str, str]:
    group, _ = split_api_version(api_version)
    kind = kind_of(group, resource) or _kind_in_world(group, resource)
    if not kind:
        raise ValueError(f"{resource} of {api_version} cannot be looked up: its kind is not known")
    return group, kind


def _kind_in_world(group: str, resource: str) -> str:
    """Of a custom resource, where the world is a test's."""
    found = getattr(_held(), "kind_of", None)
    return str(found(group, resource)) if found else ""


def _get(api_version: str, resource: str, namespace: str, name: str) -> JsonObject:
    group, kind = _kind(api_version, resource)
    found = _held().get(group, kind, namespace, name)
    if found is None:
        raise ValueError(f"{resource} {namespace}/{name} not found")
    return found


def _get_cluster_scoped(api_version: str, resource: str, name: str) -> JsonObject:
    return _get(api_version, resource, "", name)


def _list(api_version: str, resource: str, namespace: str, labels: Mapping[str, str] | None = None) -> JsonObject:
    group, kind = _kind(api_version, resource)
    wanted = (labels or {}).items()
    items = [b for b in _held().list(group, kind, namespace) if all(labels_of(b).get(k) == v for k, v in wanted)]
    return {"apiVersion": api_version, "kind": f"{kind}List", "items": items}


def _asked(method: str, *arguments: Any) -> Any:
    """What the world says, where it is a test's. Raises ValueError."""
    answer = getattr(current(), method, None)
    if answer is None:
        raise ValueError("an audit asks nothing but Git and the cluster's objects")
    return answer(*arguments)


def _metadata(reference: str) -> Any:
    found = _asked("image_metadata", reference)
    if found is None:
        raise ValueError(f"the metadata of image {reference!r} is not known")
    return found


def _http_get(url: str, _headers: Any = None) -> Any:
    return _asked("http", "GET", url)


def _http_post(url: str, _data: Any, _headers: Any = None) -> Any:
    return _asked("http", "POST", url)


def _global(name: str, projection: str = "") -> Any:
    return _asked("global_entry", name, projection)


def _image(text: str) -> bytes:
    parse_for_registry(text)
    return text.encode()


def _is_image(text: str) -> bool:
    try:
        parse_for_registry(text)
    except ValueError:
        return False
    return True


def _reference(value: bytes) -> Reference:
    return parse_for_registry(value.decode())


def _digest_of(algorithm: str, text: str) -> str:
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


def _service_account(username: str) -> JsonObject:
    namespace, colon, name = username.removeprefix(_ACCOUNT).partition(":")
    is_account = username.startswith(_ACCOUNT) and bool(colon)
    return {"Name": name if is_account else "", "Namespace": namespace if is_account else ""}


def _paired(keys: list[Any], values: list[Any], key_name: str, value_name: str) -> JsonObject:
    if len(keys) != len(values):
        raise ValueError(f"listObjToMap takes lists of the same length, not {len(keys)} and {len(values)}")
    return {_text_of(key, key_name): value.get(value_name) for key, value in zip(keys, values, strict=True)}


def _text_of(item: JsonObject, name: str) -> str:
    text = item.get(name)
    if not isinstance(text, str):
        raise ValueError(f"{name} of an element is not a text")
    return text


def _unpacked(data: bytes) -> str:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = unpacker.decompress(data, _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"gzip.decompress: {error}") from None
    if unpacker.unconsumed_tail:
        raise ValueError(f"gzip.decompress: more than {_MOST_UNPACKED} bytes")
    return text.decode("utf-8", "replace")


def _now() -> datetime:
    return datetime.now(UTC)


def _as_cron(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.minute} {at.hour} {at.day} {at.month} {at.isoweekday() % 7}"


def _truncated(moment: datetime, step: timedelta) -> datetime:
    return moment - (moment - _GO_ZERO) % step if step > timedelta() else moment


def _certificate(text: str) -> dict[str, Any]:
    """Kyverno's library leaves out three fields of a certificate, and its serial numbers are the lowest 64 bits."""
    found = certificate.decode(text)
    if "SerialNumber" in found:
        found = {key: value for key, value in found.items() if key not in _NOT_IN_CEL}
        found["SerialNumber"] = (found["SerialNumber"] + 2**63) % 2**64 - 2**63
    return found


def _marshalled(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


_GO_ZERO = datetime(1, 1, 1, tzinfo=UTC)
_TIME, _DURATION = "google.protobuf.Timestamp", "google.protobuf.Duration"
_ACCOUNT = "system:serviceaccount:"
_HEADERS = _LABELS = "map<string,string>"


def _looked_up(get: str, search: str) -> Iterator[Overload]:
    yield Overload(get, ("string",) * 4, "dyn", _get)
    yield Overload(get, ("string",) * 3, "dyn", _get_cluster_scoped)
    yield Overload(search, ("string",) * 3, "dyn", _list)
    yield Overload(search, ("string", "string", "string", _LABELS), "dyn", _list)


def _answered(http: str, read: str, send: str, metadata: str) -> Iterator[Overload]:
    yield Overload(f"{http}.{read}", ("string",), "dyn", _http_get)
    yield Overload(f"{http}.{read}", ("string", _HEADERS), "dyn", _http_get)
    yield Overload(f"{http}.{send}", ("string", "dyn"), "dyn", _http_post)
    yield Overload(f"{http}.{send}", ("string", "dyn", _HEADERS), "dyn", _http_post)
    yield Overload(f"globalContext.{read}", ("string",), "dyn", _global)
    yield Overload(f"globalContext.{read}", ("string", "string"), "dyn", _global)
    yield Overload(f"image.{metadata}", ("string",), "dyn", _metadata)


def _prefixed(prefix: str) -> Iterator[Overload]:
    yield Overload(f"{prefix}sha256", ("string",), "string", lambda text: _digest_of("sha256", text))
    yield Overload(f"{prefix}sha1", ("string",), "string", lambda text: _digest_of("sha1", text))
    yield Overload(f"{prefix}md5", ("string",), "string", lambda text: _digest_of("md5", text))


FUNCTIONS: tuple[Overload, ...] = (
    *_looked_up("resource.Get", "resource.List"),
    *_looked_up("resource.get", "resource.list"),
    *_answered("http", "Get", "Post", "GetMetadata"),
    *_answered("http", "get", "post", "getMetadata"),
    *_prefixed(""),
    *_prefixed("hash."),
    Overload("image", ("string",), IMAGE, _image),
    Overload("parseImageReference", ("string",), IMAGE, _image),
    Overload("isImage", ("string",), "bool", _is_image),
    Overload("registry", (IMAGE,), "string", lambda v: _reference(v).registry, is_member=True),
    Overload("repository", (IMAGE,), "string", lambda v: _reference(v).repository, is_member=True),
    Overload("tag", (IMAGE,), "string", lambda v: _reference(v).tag, is_member=True),
    Overload("digest", (IMAGE,), "string", lambda v: _reference(v).digest, is_member=True),
    Overload("identifier", (IMAGE,), "string", lambda v: _reference(v).identifier, is_member=True),
    Overload("containsDigest", (IMAGE,), "bool", lambda v: bool(_reference(v).digest), is_member=True),
    Overload("json.unmarshal", ("string",), "dyn", orjson.loads),
    Overload("json.marshal", ("dyn",), "string", _marshalled),
    Overload("yaml.parse", ("string",), "dyn", yaml_text.parse),
    Overload("gzip.decompress", ("bytes",), "string", _unpacked),
    Overload("x509.decode", ("string",), "dyn", _certificate),
    Overload("time.now", (), _TIME, _now),
    Overload("time.toCron", (_TIME,), "string", _as_cron),
    Overload("time.truncate", (_TIME, _DURATION), _TIME, _truncated),
    Overload("parseServiceAccount", ("string",), "dyn", _service_account),
    Overload("user.parseServiceAccount", ("string",), "dyn", _service_account),
    Overload("listObjToMap", ("list<dyn>", "list<dyn>", "string", "string"), "dyn", _paired),
    Overload("transform.listObjToMap", ("list<dyn>", "list<dyn>", "string", "string"), "dyn", _paired),
)


@lru_cache(maxsize=64)
def functions(namespace: str = "") -> tuple[Overload, ...]:
    """What a policy may call. One of a namespace looks there, and names no namespace."""
    if not namespace:
        return FUNCTIONS

    def get(api_version: str, resource: str, name: str) -> JsonObject:
        return _get(api_version, resource, namespace, name)

    def search(api_version: str, resource: str, labels: Mapping[str, str] | None = None) -> JsonObject:
        return _list(api_version, resource, namespace, labels)

    kept = (item for item in FUNCTIONS if not item.name.startswith("resource."))
    own = (item for names in (("Get", "List"), ("get", "list")) for item in _looked_up_within(*names, get, search))
    return (*kept, *own)


def _looked_up_within(get: str, search: str, getter: Any, searcher: Any) -> Iterator[Overload]:
    yield Overload(f"resource.{get}", ("string",) * 3, "dyn", getter)
    yield Overload(f"resource.{search}", ("string",) * 2, "dyn", searcher)
    yield Overload(f"resource.{search}", ("string", "string", _LABELS), "dyn", searcher)
