"""The grammars of names, keys and values (Kubernetes documentation, "Object Names and IDs", "Labels and Selectors").

Each function gives what a text must be, in words, and an empty text where it is that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

Grammar = Callable[[str], str]

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_PART = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
_is_label = re.compile(_LABEL).fullmatch
_is_label_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?").fullmatch
_is_subdomain = re.compile(rf"{_LABEL}(?:\.{_LABEL})*").fullmatch
_is_part = re.compile(_PART).fullmatch
_is_config_key = re.compile(r"[-._a-zA-Z0-9]+").fullmatch
_is_port_name = re.compile(r"(?=[0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*").fullmatch
_is_variable = re.compile(r"[ -<>-~]+").fullmatch
_is_identifier = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*").fullmatch

_WORDS = "lower case letters, digits and '-', with a letter or digit at both ends"
_NAMED = "letters, digits, '-', '_' and '.', with a letter or digit at both ends"
_SUBDOMAIN = (
    "must be a DNS subdomain of at most 253 characters: lower case letters, digits, '-' and '.', "
    "each part with a letter or digit at both ends"
)
_QUALIFIED = f"must be a name of at most 63 characters ({_NAMED}), after an optional DNS subdomain and '/'"


def label(text: str) -> str:
    """A DNS label (RFC 1123)."""
    return "" if len(text) <= 63 and _is_label(text) else f"must be a DNS label of at most 63 characters: {_WORDS}"


def label_1035(text: str) -> str:
    """A DNS label that starts with a letter (RFC 1035)."""
    is_valid = len(text) <= 63 and _is_label_1035(text)
    return "" if is_valid else f"must be a DNS label of at most 63 characters that starts with a letter: {_WORDS}"


@lru_cache(maxsize=8192)
def subdomain(text: str) -> str:
    """A DNS subdomain (RFC 1123), which most names are."""
    return "" if len(text) <= 253 and _is_subdomain(text) else _SUBDOMAIN


def path_segment(text: str) -> str:
    """What may stand in a URL, the least that any name must be."""
    return "must not be '.' or '..', nor hold '/' or '%'" if text in (".", "..") or "/" in text or "%" in text else ""


@lru_cache(maxsize=8192)
def qualified(text: str) -> str:
    """A key of a label: `name` or `prefix/name`."""
    prefix, slash, name = text.rpartition("/")
    is_valid = len(name) <= 63 and _is_part(name) and (not slash or not subdomain(prefix))
    return "" if is_valid else _QUALIFIED


def annotation_key(text: str) -> str:
    """As the key of a label, in any case."""
    return qualified(text.lower())


@lru_cache(maxsize=8192)
def label_value(text: str) -> str:
    is_valid = not text or (len(text) <= 63 and _is_part(text))
    return "" if is_valid else f"must be empty or at most 63 characters: {_NAMED}"


def config_key(text: str) -> str:
    """A key in the data of a ConfigMap or Secret."""
    is_valid = len(text) <= 253 and _is_config_key(text) and text != "." and not text.startswith("..")
    return "" if is_valid else "a key holds at most 253 letters, digits, '-', '_' and '.', and does not begin with '..'"


def port_name(text: str) -> str:
    """The name of a port of a container (RFC 6335)."""
    words = "lower case letters, digits and single '-' between them, with at least one letter"
    return "" if len(text) <= 15 and _is_port_name(text) else f"must be at most 15 characters: {words}"


def variable(text: str) -> str:
    """The name of an environment variable, since Kubernetes 1.30."""
    return "" if _is_variable(text) else "must be printable ASCII characters without '='"


def identifier(text: str) -> str:
    """The name of an environment variable before Kubernetes 1.30."""
    return "" if _is_identifier(text) else "must be letters, digits, '-', '_' and '.', and not begin with a digit"


def as_prefix(grammar: Grammar, text: str) -> str:
    """What is wrong with a `generateName`, to which characters are added: it may end in a dash."""
    return grammar(f"{text[:-1]}a" if text.endswith("-") and len(text) > 1 else text)
