"""`x509_decode`: certificates and signing requests with RSA keys, as the fields that Go's crypto/x509 shows.

Fields of rarer extensions are left out; to an expression they are keys that are not there.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.form.kyverno.der import Element, children, parse

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s(.*?)-----END \1-----", re.DOTALL)
_MAX_CHARS = 200_000
_RSA = "1.2.840.113549.1.1.1"
_SIGNATURES = {
    "1.2.840.113549.1.1.4": 2,
    "1.2.840.113549.1.1.5": 3,
    "1.2.840.113549.1.1.11": 4,
    "1.2.840.113549.1.1.12": 5,
    "1.2.840.113549.1.1.13": 6,
}
_NAMES = {
    "2.5.4.6": "Country",
    "2.5.4.10": "Organization",
    "2.5.4.11": "OrganizationalUnit",
    "2.5.4.7": "Locality",
    "2.5.4.8": "Province",
    "2.5.4.9": "StreetAddress",
    "2.5.4.17": "PostalCode",
}
_SINGLE_NAMES = {"2.5.4.3": "CommonName", "2.5.4.5": "SerialNumber"}
_ALTERNATIVE_NAMES = {1: "EmailAddresses", 2: "DNSNames", 7: "IPAddresses"}
_SUBJECT_ALT_NAME, _BASIC_CONSTRAINTS, _KEY_USAGE = "2.5.29.17", "2.5.29.19", "2.5.29.15"


def decode(text: str) -> JsonObject:
    """The first PEM block of a text. Raises ValueError for what is neither a certificate nor a request, is broken, or
    has another kind of key."""
    found = _PEM.search(text) if len(text) <= _MAX_CHARS else None
    if found is None:
        raise ValueError("there is no PEM block")
    reader = {"CERTIFICATE": _certificate, "CERTIFICATE REQUEST": _request}.get(found[1])
    if reader is None:
        raise ValueError("the PEM block is neither a CERTIFICATE nor a CERTIFICATE REQUEST")
    try:
        return reader(parse(base64.b64decode("".join(found[2].split()), validate=True)))
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"the {found[1].lower()} cannot be read: {error}") from None


def _certificate(whole: Element) -> JsonObject:
    body, algorithm, signature = children(whole)
    fields = list(children(body))
    version = fields.pop(0).inner().integer() + 1 if fields[0].is_context(0) else 1
    serial, _, issuer, validity, subject, key = fields[:6]
    start, end = children(validity)
    extensions = next((field.inner() for field in fields[6:] if field.is_context(3)), None)
    return {
        **_common(whole, algorithm, signature, subject, key),
        **_extended(extensions),
        "RawTBSCertificate": _base64(body.whole),
        "RawIssuer": _base64(issuer.whole),
        "Version": version,
        "SerialNumber": serial.integer(),
        "Issuer": _name(issuer),
        "NotBefore": _time(start),
        "NotAfter": _time(end),
    }


def _request(whole: Element) -> JsonObject:
    body, algorithm, signature = children(whole)
    version, subject, key, *_ = children(body)
    names: JsonObject = dict.fromkeys(_ALTERNATIVE_NAMES.values())
    return {
        **_common(whole, algorithm, signature, subject, key),
        **names,
        "RawTBSCertificateRequest": _base64(body.whole),
        "Version": version.integer(),
    }


def _common(whole: Element, algorithm: Element, signature: Element, subject: Element, key: Element) -> JsonObject:
    return {
        "Raw": _base64(whole.whole),
        "RawSubject": _base64(subject.whole),
        "RawSubjectPublicKeyInfo": _base64(key.whole),
        "Signature": _base64(signature.bits()),
        "SignatureAlgorithm": _SIGNATURES.get(algorithm.inner().oid(), 0),
        "PublicKeyAlgorithm": 1,
        "PublicKey": _public_key(key),
        "Subject": _name(subject),
    }


def _public_key(key: Element) -> JsonObject:
    algorithm, bits = children(key)
    if algorithm.inner().oid() != _RSA:
        raise ValueError("the key is not an RSA key")
    modulus, exponent = children(parse(bits.bits()))
    return {"N": str(modulus.integer()), "E": exponent.integer()}


def _name(name: Element) -> JsonObject:
    found: JsonObject = dict.fromkeys(_NAMES.values()) | dict.fromkeys(_SINGLE_NAMES.values(), "")
    listed = []
    for kind, value in (children(pair) for group in children(name) for pair in children(group)):
        text, oid = value.text(), kind.oid()
        listed.append({"Type": [int(part) for part in oid.split(".")], "Value": text})
        if oid in _NAMES:
            found[_NAMES[oid]] = [*(found[_NAMES[oid]] or ()), text]
        elif oid in _SINGLE_NAMES:
            found[_SINGLE_NAMES[oid]] = text
    return found | {"Names": listed or None, "ExtraNames": None}


def _time(moment: Element) -> str:
    text = moment.text()
    if not moment.is_generalized_time:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def _extended(extensions: Element | None) -> JsonObject:
    found: JsonObject = dict.fromkeys(_ALTERNATIVE_NAMES.values())
    found |= {"IsCA": False, "BasicConstraintsValid": False, "KeyUsage": 0}
    for extension in children(extensions) if extensions is not None else ():
        oid, *_, value = children(extension)
        content = parse(value.content)
        if oid.oid() == _SUBJECT_ALT_NAME:
            for key, name in _alternatives(content):
                found[key] = [*(found[key] or ()), name]
        elif oid.oid() == _BASIC_CONSTRAINTS:
            found |= {"BasicConstraintsValid": True, "IsCA": any(item.is_true for item in children(content))}
        elif oid.oid() == _KEY_USAGE:
            found["KeyUsage"] = _usage(content.bits())
    return found


def _alternatives(names: Element) -> Iterator[tuple[str, Any]]:
    for name in children(names):
        key = _ALTERNATIVE_NAMES.get(name.number)
        if key == "IPAddresses":
            yield key, str(ipaddress.ip_address(name.content))
        elif key:
            yield key, name.content.decode("ascii", "replace")


def _usage(bits: bytes) -> int:
    """Go numbers the bits from the left, digitalSignature as 1."""
    flags = (byte >> (7 - bit) & 1 for byte in bits for bit in range(8))
    return sum(flag << index for index, flag in enumerate(flags))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
