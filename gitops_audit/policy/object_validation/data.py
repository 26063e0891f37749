"""ConfigMap and Secret: keys, size, and what the type of a Secret asks for. Values of Secrets are never looked at."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.model.path import escaped
from gitops_audit.policy.object_validation.field import Faults, Fields, mapping

_MAX_BYTES = 1 << 20
_KEYS_OF_TYPES = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_BASIC = "kubernetes.io/basic-auth"
_TOKEN, _ACCOUNT = "kubernetes.io/service-account-token", "kubernetes.io/service-account.name"


def config_map(body: Fields, minor: int) -> Faults:
    data, binary = mapping(body.get("data")), mapping(body.get("binaryData"))
    yield from _keys(data, "/data")
    yield from _keys(binary, "/binaryData")
    for key in data.keys() & binary.keys():
        yield f"/data/{escaped(key)}", "the key stands in binaryData too"
    # A value has at most four bytes a character; base64 has three bytes in four characters.
    size = sum(len(value) for value in data.values() if isinstance(value, str))
    packed = sum(len(value) * 3 // 4 - 2 for value in binary.values() if isinstance(value, str))
    if 4 * size + packed > _MAX_BYTES and _bytes(data) + packed > _MAX_BYTES:
        yield "", f"the data takes more than {_MAX_BYTES >> 20} MiB"


def _keys(data: Fields, at: str) -> Faults:
    for key in data:
        if message := name.config_key(key):
            yield f"{at}/{escaped(key)}", message


def _bytes(data: Fields) -> int:
    return sum(len(value.encode("utf-8", "surrogatepass")) for value in data.values() if isinstance(value, str))


def secret(body: Fields, minor: int) -> Faults:
    """`stringData` counts as `data`; redaction has folded it there already."""
    data = {**mapping(body.get("data")), **mapping(body.get("stringData"))}
    yield from _keys({key: None for key in data if key != "<invalid>"}, "/data")
    kind = body.get("type")
    for key in _KEYS_OF_TYPES.get(kind, ()) if isinstance(kind, str) else ():
        if key not in data:
            yield "/data" if "data" in body else "", f"a Secret of this type needs the key {key}"
    if kind == _BASIC and not data.keys() & {"username", "password"}:
        yield "/data" if "data" in body else "", "a Secret of this type needs the key username or password"
    if kind == _TOKEN and not mapping(mapping(body.get("metadata")).get("annotations")).get(_ACCOUNT):
        yield "/metadata", f"a Secret of this type needs the annotation {_ACCOUNT}"
