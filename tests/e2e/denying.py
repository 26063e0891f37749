"""An admission webhook that allows everything, but what it is told to deny or to leave without an answer."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitops_audit.model.resource import JsonObject
from tests.e2e.truth_server import Client

PATH = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
NAME = "moody"
WORDS = "not today"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`order` is a file with `deny NAME` or `hang NAME`; dry runs pass."""

    order: Path

    def deny(self, name: str) -> None:
        self.order.write_text(f"deny {name}")

    def hang(self, name: str) -> None:
        self.order.write_text(f"hang {name}")

    def relent(self) -> None:
        self.order.write_text("")


@contextmanager
def webhook(client: Client, folder: Path, *more: str) -> Iterator[Webhook]:
    """Registered with the API server for some kinds (and `more`), and heeded, from here to the end."""
    found, released = Webhook(folder / "order"), threading.Event()
    found.relent()
    certificate, key = _certificate(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found, released))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        client.request("POST", PATH, _registration(server.server_port, certificate.read_bytes(), more))
        _wait_until_heeded(client, found)
        yield found
    finally:
        client.request("DELETE", f"{PATH}/{NAME}")
        released.set()
        server.shutdown()
        server.server_close()


def _handler(webhook: Webhook, released: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["content-length"])))["request"]
            mood, _, name = webhook.order.read_text().partition(" ")
            is_meant = name == review["name"] and not review.get("dryRun")
            if is_meant and mood == "hang":
                released.wait(5)
            answer = {"uid": review["uid"], "allowed": not (is_meant and mood == "deny"), "status": {"message": WORDS}}
            data = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer})
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data.encode())

        def log_message(self, *arguments: Any) -> None:
            """Says nothing."""

    return Handler


def _registration(port: int, certificate: bytes, more: Sequence[str]) -> JsonObject:
    rule = {
        "apiGroups": ["", "apps"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["configmaps", "services", "deployments", *more],
    }
    hook = {
        "name": "moody.example.com",
        "clientConfig": {"url": f"https://127.0.0.1:{port}/", "caBundle": base64.b64encode(certificate).decode()},
        "rules": [rule],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "failurePolicy": "Fail",
    }
    return {"metadata": {"name": NAME}, "webhooks": [hook]}


def _wait_until_heeded(client: Client, webhook: Webhook) -> None:
    webhook.deny("probe")
    path = "/api/v1/namespaces/default/configmaps"
    for _ in range(400):
        status, _ = client.request("POST", path, {"metadata": {"name": "probe"}})
        if status >= 400 and status != 409:
            break
        client.request("DELETE", f"{path}/probe")
    else:
        raise RuntimeError("the API server does not ask the webhook")
    webhook.relent()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(address, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate, secret = folder / "webhook.crt", folder / "webhook.key"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(private)
    return certificate, secret
