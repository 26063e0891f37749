"""`x509_decode`: certificates and signing requests with RSA keys, as the fields that Go's crypto/x509 shows.

Fields of rarer extensions are left out; to an expression they are keys that are not there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from gitops_audit.model.resource import JsonObject

Signed = x509.Certificate | x509.CertificateSigningRequest

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s(.*?)-----END \1-----", re.DOTALL)
_MAX_CHARS = 200_000
_RSA = 1
_SIGNATURES = {
    SignatureAlgorithmOID.RSA_WITH_MD5: 2,
    SignatureAlgorithmOID.RSA_WITH_SHA1: 3,
    SignatureAlgorithmOID.RSA_WITH_SHA256: 4,
    SignatureAlgorithmOID.RSA_WITH_SHA384: 5,
    SignatureAlgorithmOID.RSA_WITH_SHA512: 6,
}
_NAMES = {
    NameOID.COUNTRY_NAME: "Country",
    NameOID.ORGANIZATION_NAME: "Organization",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OrganizationalUnit",
    NameOID.LOCALITY_NAME: "Locality",
    NameOID.STATE_OR_PROVINCE_NAME: "Province",
    NameOID.STREET_ADDRESS: "StreetAddress",
    NameOID.POSTAL_CODE: "PostalCode",
}
_SINGLE_NAMES = {NameOID.COMMON_NAME: "CommonName", NameOID.SERIAL_NUMBER: "SerialNumber"}
_ALTERNATIVE_NAMES: dict[type[x509.GeneralName], str] = {
    x509.RFC822Name: "EmailAddresses",
    x509.DNSName: "DNSNames",
    x509.IPAddress: "IPAddresses",
}


def decode(text: str) -> JsonObject:
    """The first PEM block of a text. Raises ValueError for what is neither a certificate nor a request, is broken, or
    has another kind of key."""
    found = _PEM.search(text) if len(text) <= _MAX_CHARS else None
    if found is None:
        raise ValueError("there is no PEM block")
    if found[1] not in ("CERTIFICATE", "CERTIFICATE REQUEST"):
        raise ValueError("the PEM block is neither a CERTIFICATE nor a CERTIFICATE REQUEST")
    try:
        data = base64.b64decode("".join(found[2].split()), validate=True)
        if found[1] == "CERTIFICATE":
            return _certificate(x509.load_der_x509_certificate(data))
        return _request(x509.load_der_x509_csr(data))
    # the library warns of certificates that it will refuse one day, which is an error in some test runs
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, UserWarning) as error:
        raise ValueError(f"the {found[1].lower()} cannot be read: {error}") from None


def _certificate(found: x509.Certificate) -> JsonObject:
    return {
        **_common(found),
        "RawTBSCertificate": _base64(found.tbs_certificate_bytes),
        "RawIssuer": _base64(found.issuer.public_bytes()),
        "Version": found.version.value + 1,
        "SerialNumber": found.serial_number,
        "Issuer": _name(found.issuer),
        "NotBefore": found.not_valid_before_utc.isoformat().replace("+00:00", "Z"),
        "NotAfter": found.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        **_constraints(found.extensions),
    }


def _request(found: x509.CertificateSigningRequest) -> JsonObject:
    # the only version that requests have
    return {**_common(found), "RawTBSCertificateRequest": _base64(found.tbs_certrequest_bytes), "Version": 0}


def _common(found: Signed) -> JsonObject:
    key = found.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the key is not an RSA key")
    numbers = key.public_numbers()
    return {
        "Raw": _base64(found.public_bytes(Encoding.DER)),
        "RawSubject": _base64(found.subject.public_bytes()),
        "RawSubjectPublicKeyInfo": _base64(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        "Signature": _base64(found.signature),
        "SignatureAlgorithm": _SIGNATURES.get(found.signature_algorithm_oid, 0),
        "PublicKeyAlgorithm": _RSA,
        "PublicKey": {"N": str(numbers.n), "E": numbers.e},
        "Subject": _name(found.subject),
        **_alternatives(found.extensions),
    }


def _name(name: x509.Name) -> JsonObject:
    found: JsonObject = dict.fromkeys(_NAMES.values()) | dict.fromkeys(_SINGLE_NAMES.values(), "")
    listed = []
    for attribute in name:
        oid, text = attribute.oid, attribute.value
        text = text if isinstance(text, str) else text.decode("latin-1")
        listed.append({"Type": [int(part) for part in oid.dotted_string.split(".")], "Value": text})
        if oid in _NAMES:
            found[_NAMES[oid]] = [*(found[_NAMES[oid]] or ()), text]
        elif oid in _SINGLE_NAMES:
            found[_SINGLE_NAMES[oid]] = text
    return found | {"Names": listed or None, "ExtraNames": None}


def _alternatives(extensions: x509.Extensions) -> JsonObject:
    found: JsonObject = dict.fromkeys(_ALTERNATIVE_NAMES.values())
    for value in _values(extensions, x509.SubjectAlternativeName):
        for name in value:
            key = _ALTERNATIVE_NAMES.get(type(name))
            if key:
                found[key] = [*(found[key] or ()), str(name.value)]
    return found


def _constraints(extensions: x509.Extensions) -> JsonObject:
    basic = next(_values(extensions, x509.BasicConstraints), None)
    usage = next(_values(extensions, x509.KeyUsage), None)
    return {
        "IsCA": basic is not None and basic.ca,
        "BasicConstraintsValid": basic is not None,
        "KeyUsage": _usage(usage) if usage is not None else 0,
    }


def _values(extensions: x509.Extensions, kind: type[Any]) -> Iterator[Any]:
    return (extension.value for extension in extensions if isinstance(extension.value, kind))


def _usage(usage: x509.KeyUsage) -> int:
    """Go numbers the bits from the left, digitalSignature as 1; the last two count beside key agreement only."""
    agrees = usage.key_agreement
    flags = (
        usage.digital_signature,
        usage.content_commitment,
        usage.key_encipherment,
        usage.data_encipherment,
        agrees,
        usage.key_cert_sign,
        usage.crl_sign,
        agrees and usage.encipher_only,
        agrees and usage.decipher_only,
    )
    return sum(flag << index for index, flag in enumerate(flags))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
