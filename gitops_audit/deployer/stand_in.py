"""Values that Git does not hold: what SOPS encrypted, variables that Flux replaces, and pointers of Git LFS.

SOPS: github.com/getsops/sops (`sops` is its own key, and never reaches a server). Flux replaces variables in what was
built: fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution. LFS: its pointer is
specified in github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from gitops_audit.deployer import flux
from gitops_audit.model.path import escaped
from gitops_audit.model.resource import JsonObject, StandIn, StandInKind, mapping

CODES: dict[StandInKind, str] = {"sops": "GA222", "variable": "GA223", "lfs": "GA224"}
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
IDENTITY = ("/apiVersion", "/kind", "/metadata/name", "/metadata/generateName", "/metadata/namespace")

VARIABLE = re.compile(r"(?<!\$)\$\{[A-Za-z_][A-Za-z0-9_]*[^{}\n]*\}")
_ENCRYPTED = "ENC[AES256_GCM,data:"
_LFS = re.compile(r"version https://git-lfs\.github\.com/spec/.*?oid sha256:[0-9a-f]{64}", re.DOTALL)
_SIGNS = (b"${", b"ENC[AES256_GCM", b"git-lfs.github.com/spec", b"Secret")
_MEANING: dict[StandInKind, str] = {
    "sops": "encrypted by SOPS, so only its keys can be compared",
    "variable": "it holds {}, which Flux replaces after the build (postBuild), so it is not known from Git",
    "lfs": "a Git LFS pointer stands for its content, which is not in the repository",
}


def may_hold(data: bytes) -> bool:
    """Whether it is worth looking for stand-ins in the objects of a text: no sign of one means that there is none."""
    return any(sign in data for sign in _SIGNS)


def is_encrypted(body: JsonObject) -> bool:
    """Whether SOPS wrote a file: its key holds the code that guards it."""
    sops = body.get("sops")
    return isinstance(sops, dict) and "mac" in sops and ("version" in sops or "lastmodified" in sops)


def is_left_encrypted(body: JsonObject) -> bool:
    """Whether Flux is told to apply an object as SOPS encrypted it: somebody else decrypts it."""
    annotations = mapping(mapping(body.get("metadata")).get("annotations"))
    return str(annotations.get(flux.DECRYPT, "")).lower() == "disabled"


def separated(body: JsonObject) -> tuple[JsonObject, tuple[StandIn, ...]]:
    """The object as it is meant for a server, without the key of SOPS, and the places where something stands for a
    value. `stringData` of a Secret counts as `data`, where it ends up."""
    encrypted = is_encrypted(body)
    content = {key: value for key, value in body.items() if key != "sops"} if encrypted else body
    if not encrypted and not _has_sign(content):
        return body, ()
    has_variables = not _keeps_variables(content)
    found = dict.fromkeys(_in_object(content))
    return content, tuple(s for s in found if has_variables or s.kind != "variable")


def reason(stand_in: StandIn) -> str:
    """Why a value cannot be compared."""
    if stand_in.kind == "sops" and stand_in.text:
        return f"encrypted by SOPS, and {stand_in.text}"
    return _MEANING[stand_in.kind].format(f"`{stand_in.text}`")


def _has_sign(value: Any) -> bool:
    return value.get("kind") == "Secret" or next(_walk(value, ""), None) is not None


def _keeps_variables(body: JsonObject) -> bool:
    """Whether Flux is told to leave the variables of an object alone."""
    metadata = body.get("metadata")
    marks = [metadata.get(place) for place in ("labels", "annotations")] if isinstance(metadata, dict) else []
    return any(isinstance(mark, dict) and mark.get(flux.SUBSTITUTE) == "disabled" for mark in marks)


def _in_object(body: JsonObject) -> Iterator[StandIn]:
    yield from _walk(body, "")
    if body.get("kind") != "Secret":
        return
    for section in ("data", "stringData"):
        values = body.get(section)
        for key, value in values.items() if isinstance(values, dict) else ():
            pointer = f"/data/{escaped(key)}"
            text = value if section == "stringData" else _decoded(value)
            yield from (s for s in _in_text(text, pointer) if section == "stringData" or s.kind != "variable")


def _walk(value: Any, pointer: str) -> Iterator[StandIn]:
    if isinstance(value, str):
        yield from _in_text(value, pointer)
    elif isinstance(value, dict):
        for key, child in value.items():
            below = f"{pointer}/{escaped(key)}"
            yield from (StandIn(below, "variable", text) for text in VARIABLE.findall(key))
            yield from _walk(child, below)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _walk(child, f"{pointer}/{index}")


def _in_text(text: Any, pointer: str) -> Iterator[StandIn]:
    if not isinstance(text, str):
        return
    if _ENCRYPTED in text:
        yield StandIn(pointer, "sops")
    elif "git-lfs" in text and _LFS.search(text):
        yield StandIn(pointer, "lfs")
    elif "${" in text:
        yield from (StandIn(pointer, "variable", found) for found in VARIABLE.findall(text)[:1])


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(value, validate=False).decode("utf-8", "replace") if isinstance(value, str) else ""
    except (binascii.Error, ValueError):
        return ""
