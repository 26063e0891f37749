"""Kyverno's functions beside the standard ones of JMESPath; method names are jmespath's (`_func_<name>`).

The list, the argument types and the results are those of https://kyverno.io/docs/policy-types/cluster-policy/jmespath/.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import json
import posixpath
from typing import Any, NoReturn
from urllib.parse import urlsplit

from gitops_audit.kube import semver
from gitops_audit.policy.form.kyverno import image, version_range, wildcard
from gitops_audit.policy.form.kyverno.jmes import arithmetic, yaml_text
from gitops_audit.policy.form.kyverno.jmes.clock import TimeFunctions
from gitops_audit.policy.form.kyverno.jmes.error import MAX_CHARS, JmesError, TooMuch, Unsupported
from gitops_audit.policy.form.kyverno.jmes.signature import ANY, ARRAY, COLLECTION, NUMBER, OBJECT, STRING, TEXT, takes
from gitops_audit.policy.form.kyverno.jmes.standard import StandardFunctions
from gitops_audit.policy.form.kyverno.value import is_number, marshal, same, whole
from gitops_audit.policy.regex import RegexError, is_match, replace_all, replace_all_literal


class KyvernoFunctions(TimeFunctions, StandardFunctions):
    @takes(STRING, STRING)
    def _func_compare(self, left: str, right: str) -> int:
        a, b = left.encode(), right.encode()
        return (a > b) - (a < b)

    @takes(STRING, STRING)
    def _func_equal_fold(self, left: str, right: str) -> bool:
        return left.casefold() == right.casefold()

    @takes(STRING, STRING, STRING, NUMBER)
    def _func_replace(self, text: str, old: str, new: str, count: float) -> str:
        return _replaced(text, old, new, int(count))

    @takes(STRING, STRING, STRING)
    def _func_replace_all(self, text: str, old: str, new: str) -> str:
        return _replaced(text, old, new, -1)

    @takes(STRING)
    def _func_to_upper(self, text: str) -> str:
        return text.upper()

    @takes(STRING)
    def _func_to_lower(self, text: str) -> str:
        return text.lower()

    @takes(STRING, STRING)
    def _func_trim(self, text: str, characters: str) -> str:
        return text.strip(characters) if characters else text

    @takes(STRING, STRING)
    def _func_trim_prefix(self, text: str, prefix: str) -> str:
        return text.removeprefix(prefix)

    @takes(STRING, STRING)
    def _func_split(self, text: str, separator: str) -> list[str]:
        return text.split(separator) if separator else list(text)

    @takes(STRING, TEXT)
    def _func_regex_match(self, pattern: str, text: str | float) -> bool:
        return bool(_regex(is_match, pattern, _text(text)))

    @takes(STRING, TEXT, TEXT)
    def _func_regex_replace_all(self, pattern: str, text: str | float, replacement: str | float) -> str:
        return str(_regex(replace_all, pattern, _text(text), _text(replacement)))

    @takes(STRING, TEXT, TEXT)
    def _func_regex_replace_all_literal(self, pattern: str, text: str | float, replacement: str | float) -> str:
        return str(_regex(replace_all_literal, pattern, _text(text), _text(replacement)))

    @takes(STRING, TEXT)
    def _func_pattern_match(self, pattern: str, text: str | float) -> bool:
        return wildcard.is_match(pattern, _text(text))

    @takes(OBJECT, OBJECT)
    def _func_label_match(self, wanted: dict[str, Any], labels: dict[str, Any]) -> bool:
        return all(key in labels and same(value, labels[key]) for key, value in wanted.items())

    @takes(STRING)
    def _func_to_boolean(self, text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise JmesError(f"to_boolean: {text!r} is neither true nor false")
        return text.lower() == "true"

    @takes(ANY, ANY)
    def _func_add(self, left: Any, right: Any) -> Any:
        return arithmetic.add(left, right)

    @takes(ARRAY)
    def _func_sum(self, values: list[Any]) -> Any:
        return arithmetic.total(values)

    @takes(ANY, ANY)
    def _func_subtract(self, left: Any, right: Any) -> Any:
        return arithmetic.subtract(left, right)

    @takes(ANY, ANY)
    def _func_multiply(self, left: Any, right: Any) -> Any:
        return arithmetic.multiply(left, right)

    @takes(ANY, ANY)
    def _func_divide(self, left: Any, right: Any) -> Any:
        return arithmetic.divide(left, right)

    @takes(ANY, ANY)
    def _func_modulo(self, left: Any, right: Any) -> Any:
        return arithmetic.modulo(left, right)

    @takes(NUMBER, NUMBER)
    def _func_round(self, value: float, digits: float) -> float:
        return arithmetic.rounded(value, digits)

    @takes(STRING)
    def _func_base64_decode(self, text: str) -> str:
        try:
            return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode("utf-8", "replace")
        except binascii.Error as error:
            raise JmesError(f"base64_decode: {error}") from None

    @takes(STRING)
    def _func_base64_encode(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    @takes(STRING)
    def _func_path_canonicalize(self, path: str) -> str:
        return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else path and posixpath.normpath(path)

    @takes(STRING, NUMBER)
    def _func_truncate(self, text: str, length: float) -> str:
        return text[: max(0, int(length))]

    @takes(STRING, STRING)
    def _func_semver_compare(self, version: str, wanted: str) -> bool:
        try:
            return version_range.is_in_range(semver.read(version) or _NO_VERSION, wanted)
        except ValueError as error:
            raise JmesError(f"semver_compare: {error}") from None

    @takes(STRING)
    def _func_parse_json(self, text: str) -> Any:
        try:
            return json.loads(text, parse_constant=_no_constant)
        except ValueError as error:
            raise JmesError(f"parse_json: {error}") from None

    @takes(STRING)
    def _func_parse_yaml(self, text: str) -> Any:
        return yaml_text.parse(text)

    @takes(COLLECTION, TEXT)
    def _func_lookup(self, collection: Any, key: str | float) -> Any:
        if isinstance(collection, dict):
            return collection.get(_of_type(str, "lookup", key))
        index = whole(_of_type(float, "lookup", key))
        if not isinstance(index, int):
            raise JmesError(f"lookup: {index} is not a position in a list")
        return collection[index] if 0 <= index < len(collection) else None

    @takes(COLLECTION, STRING, STRING)
    def _func_items(self, collection: Any, key_name: str, value_name: str) -> list[dict[str, Any]]:
        pairs = sorted(collection.items()) if isinstance(collection, dict) else enumerate(collection)
        return [{key_name: key, value_name: value} for key, value in pairs]

    @takes(ARRAY, ARRAY)
    def _func_object_from_lists(self, keys: list[Any], values: list[Any]) -> dict[str, Any]:
        padded = values + [None] * (len(keys) - len(values))
        return {_key_text(key): value for key, value in zip(keys, padded, strict=False)}

    @takes(ARRAY, ARRAY)
    def _func_zip(self, left: list[Any], right: list[Any]) -> list[list[Any]]:
        return [list(pair) for pair in zip(left, right, strict=False)]

    @takes(STRING)
    def _func_random(self, _pattern: str) -> NoReturn:
        raise Unsupported("random() is not evaluated: an audit must give the same answer twice")

    @takes(STRING)
    def _func_x509_decode(self, text: str) -> dict[str, Any]:
        # reading certificates loads a large library, which few policies need
        from gitops_audit.policy.form.kyverno import certificate

        return certificate.decode(text)

    @takes(STRING)
    def _func_image_normalize(self, text: str) -> str:
        return image.normalised(text)

    @takes(STRING)
    def _func_is_external_url(self, url: str) -> bool:
        try:
            host = urlsplit(url).hostname or ""
            address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
        except ValueError:
            raise Unsupported(
                "is_external_url() is evaluated for addresses only: a name would need the network"
            ) from None
        return not address.is_loopback and not any(address in network for network in _PRIVATE)

    @takes(STRING)
    def _func_sha256(self, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    @takes(STRING)
    def _func_sha1(self, text: str) -> str:
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    @takes(STRING)
    def _func_md5(self, text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def _replaced(text: str, old: str, new: str, count: int) -> str:
    found = text.count(old) if count < 0 else min(count, text.count(old))
    if len(text) + found * len(new) > MAX_CHARS:
        raise TooMuch
    return text.replace(old, new, count)


_NO_VERSION = semver.Version(0, 0, 0)


def _regex(function: Any, *arguments: str) -> Any:
    try:
        return function(*arguments)
    except RegexError as error:
        raise JmesError(str(error)) from None


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else marshal(value)


def _key_text(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, str) or is_number(key):
        return _text(key)
    raise JmesError("object_from_lists: a key is not a text")


def _of_type(wanted: type, function: str, value: Any) -> Any:
    fits = is_number(value) if wanted is float else isinstance(value, wanted)
    if not fits:
        raise JmesError(f"{function}: {value!r} cannot be looked up in this collection")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
