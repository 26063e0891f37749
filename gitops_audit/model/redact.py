"""Secrets become tokens the moment they are loaded, so that nothing later can print them (DESIGN section 8).

A token is a keyed digest: the same value gives the same token within one run (or one snapshot), so comparison still
works, and neither a report nor a log, traceback or pickled message can hold the value.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Any

from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.redact_fields import RedactionRule, matching_fields, replace_at
from gitops_audit.model.redact_secret import (
    PACKED_COPIES,
    decoded,
    is_copy,
    is_secret,
    is_stray,
    is_stray_metadata,
    quotes_copy,
    values_of,
)
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.secret_value import SecretValues, texts_in

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TOKEN = re.compile(r"<redacted:[0-9a-f]{12}>")
_IDENTITY = frozenset({"apiVersion", "kind"})
_SECRET_IDENTITY = _IDENTITY | {"data", "stringData"}
_CLOSED_METADATA = frozenset(
    {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"}
)
_IDENTITY_LABELS = frozenset(
    {
        "app",
        "app.kubernetes.io/component",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/managed-by",
        "app.kubernetes.io/name",
        "app.kubernetes.io/part-of",
        "argocd.argoproj.io/instance",
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
        "meta.helm.sh/release-name",
        "meta.helm.sh/release-namespace",
    }
)
_METADATA_WORDS = frozenset({"annotations", "labels", "finalizers", "ownerReferences"})
_PLAIN_WORD = re.compile(r"[A-Za-z]+(?:-[a-z]+)*")


class Redactor:
    """Replaces Secret values by tokens. Never changes its input; gives back the same object where nothing is secret.

    `rules` name further fields (`redact:` of the configuration) whose values become tokens too, whatever their type.
    A text that looks like a token is a value as any other, save in what this tool recorded (`of_recording`).
    """

    __slots__ = ("keeps_tokens", "key", "known", "rules")

    def __init__(
        self,
        key: bytes | None = None,
        *,
        rules: Sequence[RedactionRule] = (),
        keeps_tokens: bool = False,
        known: KnownSecrets | None = None,
    ) -> None:
        """`known` is to remember the values that are redacted, of other redactors of the run too."""
        self.key = key or secrets.token_bytes(32)
        self.rules = tuple(rules)
        self.keeps_tokens = keeps_tokens
        self.known = known

    def __repr__(self) -> str:
        return "Redactor(...)"

    def of_recording(self) -> Redactor:
        """For objects that were recorded with this key: their tokens stay what they are."""
        return Redactor(self.key, rules=self.rules, keeps_tokens=True, known=self.known)

    def of_key(self, key: bytes) -> Redactor:
        """For a cluster that was recorded with a key of its own; what is known stays known."""
        return Redactor(key, rules=self.rules, known=self.known)

    def token(self, value: bytes) -> str:
        digest = hashlib.blake2b(value, key=self.key, digest_size=6).hexdigest()
        return f"<redacted:{digest}>"

    def redact(self, body: JsonObject) -> JsonObject:
        """A copy of `body` without Secret values; `stringData` is folded into `data`, as the API server does."""
        if not is_secret(body):
            return self._by_rules(body) if self.rules else body
        clean = self._secret(body)
        return self.of_recording()._by_rules(clean) if self.rules else clean

    def covers(self, body: JsonObject) -> bool:
        """Whether tokens stand (or would stand) for values of this object, so that it must not be sent to a server."""
        return is_secret(body) or bool(self.rules and matching_fields(self.rules, body))

    def aligned(self, live: JsonObject, declared: JsonObject) -> JsonObject:
        """The live object, with labels and annotations as the declared one shows them where they are the same text.

        A text that holds a value of one side alone is a digest there, and stands in clear on the other.
        """
        metadata, wanted = live.get("metadata"), declared.get("metadata")
        if not isinstance(metadata, dict) or not isinstance(wanted, dict):
            return live
        changed = {name: self._alike(metadata.get(name), wanted.get(name)) for name in ("labels", "annotations")}
        changed = {name: found for name, found in changed.items() if found is not None}
        return {**live, "metadata": {**metadata, **changed}} if changed else live

    def _alike(self, live: Any, declared: Any) -> JsonObject | None:
        """None where nothing differs so."""
        if live == declared or not isinstance(live, dict) or not isinstance(declared, dict):
            return None
        same = {key: declared[key] for key in live.keys() & declared.keys() if self._is_same(live[key], declared[key])}
        return {**live, **same} if same else None

    def _is_same(self, one: Any, other: Any) -> bool:
        if not (isinstance(one, str) and isinstance(other, str)) or is_redacted(one) == is_redacted(other):
            return False
        token, text = (one, other) if is_redacted(one) else (other, one)
        return token == self.token(_text(text))

    def _by_rules(self, body: JsonObject) -> JsonObject:
        fields = matching_fields(self.rules, body)
        return self._tokens_at(body, fields) if fields else body

    def _tokens_at(self, body: JsonObject, fields: Sequence[tuple[str, ...]]) -> JsonObject:
        known: list[bytes] = []
        clean = body
        for segments in fields:
            clean = replace_at(clean, segments, partial(self._noted, known))
        metadata = clean.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
            copies = {k: self._copy_by_rules(k, v, fields, known) for k, v in metadata["annotations"].items()}
            clean = {**clean, "metadata": {**metadata, "annotations": copies}}
        if self.known is not None:
            self.known.add(known)
        return self._without(known, clean, _IDENTITY)

    def without_copies(self, body: JsonObject, is_telling: Callable[[str], bool]) -> JsonObject:
        """An object with tokens for the texts that repeat a secret of another one; the same object where none does."""
        texts = {text for _, value in _open_fields(body, _IDENTITY) for text in _searched_texts(value)}
        telling = frozenset(filter(is_telling, texts))
        clean = self._with_tokens(body, telling, _IDENTITY) if telling else body
        metadata = clean.get("metadata")
        if not isinstance(metadata, dict) or not isinstance(metadata.get("annotations"), dict):
            return clean
        applied = metadata["annotations"].get(LAST_APPLIED)
        if not isinstance(applied, str) or is_redacted(applied) or not is_telling(applied):
            return clean
        annotations = metadata["annotations"] | {LAST_APPLIED: self.token(_text(applied))}
        return {**clean, "metadata": {**metadata, "annotations": annotations}}

    def value_without_copies(self, value: Any, is_telling: Callable[[str], bool]) -> Any:
        """As `without_copies`, for the value of one field."""
        telling = frozenset(filter(is_telling, _searched_texts(value)))
        return self._instead(value, telling) if telling else value

    def _noted(self, known: list[bytes], value: Any) -> Any:
        known += [text.encode("utf-8", "surrogatepass") for text in texts_in(value) if not is_redacted(text)]
        return self._value(value)

    def _copy_by_rules(self, key: str, text: Any, fields: Sequence[tuple[str, ...]], known: list[bytes]) -> Any:
        """An annotation with the same fields redacted where it is a copy of the object."""
        if not isinstance(text, str) or self._is_kept(text):
            return text
        if key in PACKED_COPIES:
            return self.token(_text(text))
        copy = found = _parsed(text)
        if found is None:
            return self.token(_text(text)) if key == LAST_APPLIED else text
        for segments in fields:
            copy = replace_at(copy, segments, partial(self._noted, known))
        return text if copy == found else json.dumps(copy, separators=(",", ":"))

    def _value(self, value: Any) -> Any:
        if value in (None, "") or self._is_kept(value):
            return value
        return self.token(_text(value) if isinstance(value, str) else json.dumps(value, sort_keys=True).encode())

    def _is_kept(self, value: Any) -> bool:
        return self.keeps_tokens and is_redacted(value)

    def _secret(self, body: JsonObject, known: Sequence[bytes] = ()) -> JsonObject:
        """What stands where no Secret has a field may be a value in the wrong place, so it becomes a token too."""
        clean = {k: self._value(v) if is_stray(body, k) else v for k, v in body.items()}
        data = self._values(clean.pop("data", None), _bytes) | self._values(clean.pop("stringData", None), _text)
        metadata = body.get("metadata")
        known = [*known, *values_of(body), *_values_of_copies(metadata)]
        if self.known is not None:
            self.known.add(known)
        if metadata is not None:
            clean["metadata"] = self._metadata(metadata, known) if isinstance(metadata, dict) else self._value(metadata)
        clean = self._without(known, clean, _SECRET_IDENTITY)
        if data or "data" in body or "stringData" in body:
            clean["data"] = data
        return clean

    def _values(self, values: Any, to_bytes: Any) -> JsonObject:
        if not isinstance(values, Mapping):
            return {} if values is None else {"<invalid>": self.token(repr(values).encode())}
        return {k: v if v in (None, "") or self._is_kept(v) else self.token(to_bytes(v)) for k, v in values.items()}

    def _metadata(self, metadata: JsonObject, known: Sequence[bytes]) -> JsonObject:
        clean = {k: self._value(v) if is_stray_metadata(k) else v for k, v in metadata.items()}
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            clean["annotations"] = {k: self._annotation(k, v, known) for k, v in annotations.items()}
        elif annotations is not None:
            clean["annotations"] = self._value(annotations)
        return clean

    def _annotation(self, key: str, text: Any, known: Sequence[bytes]) -> Any:
        """Copies of the Secret are read; what cannot be read becomes a token as a whole."""
        if not isinstance(text, str) or self._is_kept(text):
            return text if isinstance(text, str) else self._value(text)
        copy = _parsed(text) if text.lstrip().startswith("{") else None
        if copy is not None and (key == LAST_APPLIED or is_copy(copy)):
            return json.dumps(self._secret(copy, known), separators=(",", ":"))
        is_telling = key == LAST_APPLIED or key in PACKED_COPIES or quotes_copy(text)
        return self.token(_text(text)) if is_telling else text

    def _without(self, known: Sequence[bytes], body: JsonObject, kept: frozenset[str]) -> JsonObject:
        """The object without the texts that hold a known value in any form, its identity and own copy apart."""
        texts = [text for _, value in _open_fields(body, kept) for text in _searched_texts(value)]
        if not known or not texts:
            return body
        metadata = body.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        values = SecretValues(
            (value for value in known if not is_redacted(value.decode("utf-8", "replace"))),
            longest=max(map(len, texts)),
            public=(str(metadata.get("name")), str(metadata.get("namespace"))),
        )
        telling = {text for text in texts if values.is_in(text)}
        return self._with_tokens(body, telling, kept) if telling else body

    def _with_tokens(self, body: JsonObject, telling: Set[str], kept: frozenset[str]) -> JsonObject:
        metadata = body.get("metadata")
        clean = body | {key: self._instead(value, telling) for key, value in _open_fields(body, kept)}
        if isinstance(metadata, dict):
            clean["metadata"] |= {key: metadata[key] for key in _CLOSED_METADATA if key in metadata}
        return clean

    def _instead(self, value: Any, telling: Set[str]) -> Any:
        """The value with tokens for the telling texts, where they are searched for."""
        if isinstance(value, dict):
            return {
                self._instead(k, telling) if _is_open_name(k) else k: self._instead(v, telling) if _is_open(k, v) else v
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self._instead(item, telling) for item in value]
        return self._value(value) if str(value) in telling and not isinstance(value, bool) else value


def _searched_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            if _is_open_name(key):
                yield key
            if _is_open(key, child):
                yield from _searched_texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _searched_texts(child)
    elif value is not None and not isinstance(value, bool) and not is_redacted(value):
        yield str(value)


def _is_open_name(key: Any) -> bool:
    """Names of fields, and of labels that are known everywhere, repeat no value."""
    return isinstance(key, str) and key not in _METADATA_WORDS and "kubernetes.io/" not in key


def _is_open(key: Any, value: Any) -> bool:
    """Last-applied was redacted by its fields, and is compared by them.

    Labels by which deployers know their objects may be a plain word, which may be the name of a user as well.
    """
    if key == LAST_APPLIED:
        return not (isinstance(value, str) and value.startswith("{"))
    return not (key in _IDENTITY_LABELS and isinstance(value, str) and _PLAIN_WORD.fullmatch(value))


def _open_fields(body: JsonObject, kept: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """The fields that may repeat a value. What says which object it is, and what the server wrote, may not."""
    for key, value in body.items():
        if key == "metadata" and isinstance(value, dict):
            yield key, {k: v for k, v in value.items() if k not in _CLOSED_METADATA}
        elif key not in kept:
            yield key, value


def _values_of_copies(metadata: Any) -> Iterator[bytes]:
    """Values that stand in the annotations' copies alone: those of an earlier day may be repeated as well."""
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    for text in annotations.values() if isinstance(annotations, dict) else ():
        copy = _parsed(text) if isinstance(text, str) and text.lstrip().startswith("{") else None
        if copy is not None and is_copy(copy):
            yield from values_of(copy)


def is_redacted(value: Any) -> bool:
    """Whether a value is a token, so that displays can say so."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def has_stand_in(value: Any) -> bool:
    """Whether a token stands for a value or a key anywhere in an object."""
    if isinstance(value, dict):
        return any(is_redacted(key) or has_stand_in(child) for key, child in value.items())
    return any(map(has_stand_in, value)) if isinstance(value, list) else is_redacted(value)


def faulty_secret_keys(body: JsonObject) -> Iterable[str]:
    """The keys under a Secret's `data` that are not base64 (the API server refuses such an object)."""
    data = body.get("data") if body.get("kind") == "Secret" else None
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, str) and not is_redacted(value) and decoded(value) is None:
            yield key


def _parsed(text: Any) -> JsonObject | None:
    try:
        applied = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    return applied if isinstance(applied, dict) else None


def _bytes(value: Any) -> bytes:
    data = decoded(value) if isinstance(value, str) else None
    return data if data is not None else _text(value)


def _text(value: Any) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()
