"""Objects beside what sops made of them: which are Secrets, whether they are the same, and what is taken in clear."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

import yaml

from gitops_audit.deployer.stand_in import is_encrypted, is_left_encrypted, separated
from gitops_audit.manifest import file as manifest
from gitops_audit.manifest.stream import parts
from gitops_audit.model.resource import JsonObject, Manifest, Rendered, StandIn, mapping

MARK = b"ENC[AES256_GCM,"
SECTIONS = ("data", "stringData")
_NOT_ALIKE = "`sops` made other objects of it"
_LOST = "`sops` loses a value of it (text that starts with a tab): give that in `data`, as base64"
# Characters that JSON takes as they are, and YAML as an end of a line or not at all.
_NOT_IN_YAML = {code: f"\\u{code:04x}" for code in (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)}


class UndecryptedError(Exception):
    """Something stays encrypted. The message says why and what to do; it holds no value, and no word of sops."""


def is_sealed_secret(one: Manifest) -> bool:
    return is_secret(one.body) and any(stand_in.kind == "sops" for stand_in in one.stand_ins)


def is_secret(body: JsonObject) -> bool:
    return body.get("apiVersion") == "v1" and body.get("kind") == "Secret"


def secret_of(document: bytes) -> JsonObject | None:
    """The object of a document, where it is a Secret that SOPS encrypted."""
    if MARK not in document:
        return None
    found, problems = manifest.documents(document, "")
    body = mapping(found[0][1]) if len(found) == 1 and not problems else {}
    return body if is_secret(body) and is_encrypted(body) and not is_left_encrypted(body) else None


def documents_of(found: Rendered, data: bytes) -> list[tuple[bytes, tuple[Manifest, ...]]]:
    """The documents of a file with their objects; none where it is only one, or cannot be read as a whole."""
    texts = [part.data for part in parts(data)] if not found.problems else []
    counts = [len(manifest.load(text, "").manifests) for text in texts]
    if len(texts) < 2 or sum(counts) != len(found.manifests):
        return []
    pairs = zip(texts, counts, accumulate(counts), strict=True)
    return [(text, found.manifests[end - count : end]) for text, count, end in pairs]


def in_clear(closed: Sequence[Manifest], clear: Rendered) -> Iterator[Manifest]:
    """The objects of a file, the Secrets among them in clear. Raises UndecryptedError where they are other ones."""
    if len(clear.manifests) != len(closed):
        raise UndecryptedError(_NOT_ALIKE)
    for one, other in zip(closed, clear.manifests, strict=True):
        if not is_sealed_secret(one):
            yield one
        elif identity(one.body) != identity(other.body):
            raise UndecryptedError(_NOT_ALIKE)
        else:
            body, stand_ins = separated(one.body | _sections(one.body, other.body))
            yield replace(one, body=body, stand_ins=stand_ins)


def _sections(closed: JsonObject, clear: JsonObject) -> JsonObject:
    """What a Secret holds, in clear. Raises UndecryptedError where it is not the same but for that."""
    found: JsonObject = {}
    for name in (name for name in SECTIONS if closed.get(name) is not None):
        before, after = closed[name], clear.get(name)
        if not (isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys()):
            raise UndecryptedError(_NOT_ALIKE)
        if any(value is None and before[key] is not None for key, value in after.items()):
            raise UndecryptedError(_LOST)
        found[name] = after
    return found


def with_sections(document: bytes, body: JsonObject, clear: bytes) -> bytes:
    """The text of an object with its sections in clear. Raises UndecryptedError.

    It stays YAML as Go writes it, as far as Flux may replace variables in it.
    """
    found, problems = manifest.documents(clear, "")
    sections = _sections(body, mapping(found[0][1]) if len(found) == 1 and not problems else {})
    wanted = {name: value for name, value in body.items() if name != "sops"} | sections
    others = b"\n".join(_other_lines(document))
    for text in (_as_yaml(sections) if b"$" in clear else b"", _as_json(sections)):
        made, problems = manifest.documents(b"\n".join([others, text]), "")
        if [value for _, value in made] == [wanted] and not problems:
            return b"\n".join([others, text])
    raise UndecryptedError(_NOT_ALIKE)


def _as_yaml(sections: JsonObject) -> bytes:
    text: str = yaml.safe_dump(sections, allow_unicode=True, sort_keys=False, width=math.inf)
    return text.rstrip("\n").encode()


def _as_json(sections: JsonObject) -> bytes:
    lines = (f"{name}: {json.dumps(section, ensure_ascii=False)}" for name, section in sections.items())
    return "\n".join(lines).translate(_NOT_IN_YAML).encode()


def _other_lines(document: bytes) -> Iterator[bytes]:
    """The lines of an object without the fields that are decrypted, and without what SOPS says of itself."""
    is_other = True
    for line in document.rstrip(b"\n").split(b"\n"):
        if line[:1] not in (b"", b" ", b"-"):
            is_other = line.partition(b":")[0] not in (b"data", b"stringData", b"sops")
        if is_other:
            yield line


def told(one: Manifest, words: str) -> Manifest:
    """An object whose encrypted values say why they are."""
    found = tuple(StandIn(s.pointer, s.kind, words) if s.kind == "sops" else s for s in one.stand_ins)
    return one if found == one.stand_ins else replace(one, stand_ins=found)


def identity(body: JsonObject) -> tuple[str, str, str]:
    """(kind, namespace, name) as they are written."""
    metadata = mapping(body.get("metadata"))
    return str(body.get("kind")), str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
