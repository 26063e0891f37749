"""The named formats of the Kubernetes CEL library (k8s.io/apiserver/pkg/cel/library/format.go)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import date

from gitops_audit.policy.cel.library import url

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = rf"({_NAME})?"
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))", re.ASCII)
_ALPHANUMERIC = "an alphanumeric character"

Check = Callable[[str], list[str]]


def _matching(pattern: str, longest: int, message: str, *examples: str, is_prefix: bool = False) -> Check:
    compiled = re.compile(pattern, re.ASCII)
    shown = " or ".join(f"'{e}', " for e in examples)
    wrong = f"{message} (e.g. {shown}regex used for validation is '{pattern}')"

    def check(text: str) -> list[str]:
        # a prefix may end in a dash: the rest of the name follows
        text = text[:-2] + "a" if is_prefix and len(text) > 1 and text.endswith("-") else text
        too_long = [_too_long(longest)] if len(text.encode()) > longest else []
        return too_long + ([] if compiled.fullmatch(text) else [wrong])

    return check


def _too_long(longest: int) -> str:
    return f"must be no more than {longest} characters"


def _dns_label(is_prefix: bool) -> Check:
    message = (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        f"and must start and end with {_ALPHANUMERIC}"
    )
    return _matching(_LABEL, 63, message, "my-name", "123-abc", is_prefix=is_prefix)


def _dns_subdomain(is_prefix: bool) -> Check:
    message = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
        f"and must start and end with {_ALPHANUMERIC}"
    )
    return _matching(_SUBDOMAIN, 253, message, "example.com", is_prefix=is_prefix)


def _dns1035(is_prefix: bool) -> Check:
    message = (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        f"character, and end with {_ALPHANUMERIC}"
    )
    return _matching(_DNS1035, 63, message, "my-name", "abc-123", is_prefix=is_prefix)


_LABEL_VALUE = _matching(
    _VALUE,
    63,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    f"and must start and end with {_ALPHANUMERIC}",
    "MyValue",
    "my_value",
    "12345",
)
_NAME_PART = _matching(
    _NAME,
    63,
    f"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with {_ALPHANUMERIC}",
    "MyName",
    "my.name",
    "123-abc",
)


def _qualified_name(text: str) -> list[str]:
    parts = text.split("/")
    if len(parts) > 2:
        message = (
            "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
            f"{_ALPHANUMERIC} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME}') "
            "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )
        return [message]
    prefix = _prefix_faults(parts[0]) if len(parts) == 2 else []
    name = ["name part must be non-empty"] if not parts[-1] else []
    return prefix + name + [f"name part {fault}" for fault in _NAME_PART(parts[-1])]


def _prefix_faults(prefix: str) -> list[str]:
    if not prefix:
        return ["prefix part must be non-empty"]
    return [f"prefix part {fault}" for fault in FORMATS["dns1123Subdomain"](prefix)]


def _uri(text: str) -> list[str]:
    try:
        url.parse(text)
    except ValueError as error:
        return [f'parse "{text}": {error}']
    return []


def _test(is_valid: Callable[[str], bool], message: str) -> Check:
    return lambda text: [] if is_valid(text) else [message]


def _is_base64(text: str) -> bool:
    try:
        return bool(text) and bool(base64.b64decode(text, validate=True) or True)
    except (binascii.Error, ValueError):
        return False


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text if text[:4] != "0000" else f"0004{text[4:]}")
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    parts = text.lower().split("t")
    time = _TIME.fullmatch(parts[1]) if len(parts) > 1 and _is_date(parts[0]) else None
    return time is not None and time[1] <= "23" and time[2] <= "59" and time[3] <= "59"


FORMATS: dict[str, Check] = {
    "dns1123Label": _dns_label(is_prefix=False),
    "dns1123Subdomain": _dns_subdomain(is_prefix=False),
    "dns1035Label": _dns1035(is_prefix=False),
    "qualifiedName": _qualified_name,
    "dns1123LabelPrefix": _dns_label(is_prefix=True),
    "dns1123SubdomainPrefix": _dns_subdomain(is_prefix=True),
    "dns1035LabelPrefix": _dns1035(is_prefix=True),
    "labelValue": _LABEL_VALUE,
    "uri": _uri,
    "uuid": _test(lambda text: _UUID.fullmatch(text) is not None, "does not match the UUID format"),
    "byte": _test(_is_base64, "invalid base64"),
    "date": _test(_is_date, "invalid date"),
    "datetime": _test(_is_datetime, "invalid datetime"),
}


def named(name: str) -> bytes:
    """The carrier of a format is its name; empty where there is none of that name."""
    return name.encode() if name in FORMATS else b""


def validate(value: bytes, text: str) -> Sequence[str]:
    """What is wrong with `text`, empty where nothing is."""
    return FORMATS[bytes(value).decode()](text)
