"""What `x509_decode` shows of certificates and requests (made with openssl)."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from gitops_audit.policy.form.kyverno import certificate, jmes

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIC4DCCAkmgAwIBAgIUIjaoD94w7hcwMTfEtnIrDD8MhyQwDQYJKoZIhvcNAQEL
BQAwUzELMAkGA1UEBhMCREUxDjAMBgNVBAoMBUF1ZGl0MQ4wDAYDVQQKDAVUZXN0
czENMAsGA1UECwwEVW5pdDEVMBMGA1UEAwwMc2hvcC5leGFtcGxlMB4XDTI2MTEy
NjA5NTcxNloXDTM2MTEyMzA5NTcxNlowUzELMAkGA1UEBhMCREUxDjAMBgNVBAoM
BUF1ZGl0MQ4wDAYDVQQKDAVUZXN0czENMAsGA1UECwwEVW5pdDEVMBMGA1UEAwwM
c2hvcC5leGFtcGxlMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8pFYYIvUi
QAbtFyQkKuwPdnGoHOsL89ZWPklr7h1JE5hthEhkX2KA5M6PORL+Ufunx2jwypWB
QS7/dl52vF4oSO4TQcesmFgX1bQp7ipv0uC8yh9GCuOMLrc72iyD5RoqKM3ce40E
PFo1I5x4jjEDmfCzqESqflamjtM9VWZzMwIDAQABo4GwMIGtMB0GA1UdDgQWBBT5
r4FkyC7F/HGP9v+DGXw7f/1kFzAfBgNVHSMEGDAWgBT5r4FkyC7F/HGP9v+DGXw7
f/1kFzAPBgNVHRMBAf8EBTADAQH/ME0GA1UdEQRGMESCDHNob3AuZXhhbXBsZYIQ
d3d3LnNob3AuZXhhbXBsZYcECgAAAYEQb3BzQHNob3AuZXhhbXBsZYYKc3BpZmZl
Oi8veDALBgNVHQ8EBAMCAoQwDQYJKoZIhvcNAQELBQADgYEADu4eae41K8Of1UZW
mh04P3mDz54hHhGcpAvJhNaZy8TKnlwGPMWz7snPRUMUw0Mccv0rWktClZEjgXa4
f39V1dShgSusNG6fFiWeXTgQj9fPJlNkFgDZEFsQG34gZ6nIyPtitkN7dTZV12VK
dEAjvgq1O0HucQGOWeVlgZs6shM=
-----END CERTIFICATE-----
"""
REQUEST = """\
-----BEGIN CERTIFICATE REQUEST-----
MIIBWTCBwwIBADAaMRgwFgYDVQQDDA9yZXF1ZXN0LmV4YW1wbGUwgZ8wDQYJKoZI
hvcNAQEBBQADgY0AMIGJAoGBALykVhgi9SJABu0XJCQq7A92cagc6wvz1lY+SWvu
HUkTmG2ESGRfYoDkzo85Ev5R+6fHaPDKlYFBLv92Xna8XihI7hNBx6yYWBfVtCnu
Km/S4LzKH0YK44wutzvaLIPlGioozdx7jQQ8WjUjnHiOMQOZ8LOoRKp+VqaO0z1V
ZnMzAgMBAAGgADANBgkqhkiG9w0BAQsFAAOBgQBQlX1w59uZtqk6ybs7sGPom8l7
5lHe8Wl/PzGrjjUczItVhsMprr2DsP5HqaND/8RjN1OCK+cQbmv0rFhGn5Klvunq
hqlKn7NDR2Wg7b8FldiM11O6iLQLDFpig2/pR7Gy4Xl6YrOI6swU/jQjJXbm+8J5
INFpoewfEWQSCJB08A==
-----END CERTIFICATE REQUEST-----
"""
ELLIPTIC = """\
-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUM5bCiJqdLD9qr14ZlVvzq1yKVeAwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKZWMuZXhhbXBsZTAeFw0yNjExMjYwOTU3MTZaFw0zNjExMjMw
OTU3MTZaMBUxEzARBgNVBAMMCmVjLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARSqSzlXP1LJSb5ciCbPaGOK3mwPyYvMp3PrDCtDXbb1ospStciGGHw
x36Y+cSVieKrHkmRtGUuEldpGV+2tQm/o1MwUTAdBgNVHQ4EFgQURgQWOoVyGeSv
Z55LlNrbRXCSt3UwHwYDVR0jBBgwFoAURgQWOoVyGeSvZ55LlNrbRXCSt3UwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAytjl7RXQHrk7KP4P98iM
7bLkwJ2NUinhLR+2YER31/wCIDB2qbg07QI1QsU+eUkTsc9ClXosZo6bNStcrJhm
ekpm
-----END CERTIFICATE-----
"""


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Version", 3),
        ("SerialNumber", 0x2236A80FDE30EE17303137C4B6722B0C3F0C8724),
        ("NotBefore", "2026-11-26T09:57:16Z"),
        ("NotAfter", "2036-11-23T09:57:16Z"),
        ("Issuer.Country", ["DE"]),
        ("Subject.CommonName", "shop.example"),
        ("Subject.Organization", ["Audit", "Tests"]),
        ("Subject.Locality", None),
        ("Subject.Names[0]", {"Type": [2, 5, 4, 6], "Value": "DE"}),
        ("DNSNames", ["shop.example", "www.shop.example"]),
        ("IPAddresses", ["10.0.0.1"]),
        ("EmailAddresses", ["ops@shop.example"]),
        ("IsCA", True),
        ("KeyUsage", 33),
        ("PublicKey.E", 65537),
        ("SignatureAlgorithm", 4),
        ("time_before('2030-01-01T00:00:00Z', NotAfter)", True),
    ],
)
def test_a_certificate_shows_its_fields(field: str, expected: object) -> None:
    assert jmes.search(f"x509_decode(@) | {field}", CERTIFICATE) == expected


def test_a_request_shows_its_subject() -> None:
    request = certificate.decode(REQUEST)
    assert (request["Subject"]["CommonName"], request["DNSNames"]) == ("request.example", None)


def test_the_first_block_of_a_chain_counts() -> None:
    assert certificate.decode(CERTIFICATE + ELLIPTIC) == certificate.decode(CERTIFICATE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no PEM block"),
        (CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY"), "neither a CERTIFICATE nor"),
        (ELLIPTIC, "not an RSA key"),
        (CERTIFICATE.replace("MIIC4DCC", "MIIC3DCC"), "cannot be read"),
        (CERTIFICATE.replace("MIIC4DCC", "!!!!!!!!"), "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\nMAIwAA==\n-----END CERTIFICATE-----", "cannot be read"),
    ],
)
def test_what_is_no_rsa_certificate_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        certificate.decode(text)


def test_any_cut_certificate_is_an_error() -> None:
    lines = CERTIFICATE.splitlines(keepends=True)
    for at in range(1, len(lines) - 1):
        with pytest.raises(ValueError, match="cannot be read"):
            certificate.decode("".join([*lines[:at], lines[-1]]))


def test_a_request_shows_the_names_it_asks_for() -> None:
    key = rsa.generate_private_key(65537, 2048)
    names = x509.SubjectAlternativeName([x509.DNSName("shop.example"), x509.IPAddress(IPv4Address("10.0.0.1"))])
    made = x509.CertificateSigningRequestBuilder(x509.Name([]), [x509.Extension(names.oid, False, names)])
    request = certificate.decode(made.sign(key, hashes.SHA384()).public_bytes(Encoding.PEM).decode())
    assert (request["DNSNames"], request["IPAddresses"]) == (["shop.example"], ["10.0.0.1"])
    assert (request["SignatureAlgorithm"], request["Version"], request["EmailAddresses"]) == (5, 0, None)
