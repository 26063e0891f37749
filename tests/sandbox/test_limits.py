"""What the sandbox does not do it says; what is hostile it refuses, and goes on."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from gitops_audit.sandbox import Sandbox
from gitops_audit.sandbox.request import Request

MAPS = "/api/v1/namespaces/default/configmaps"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
APPLY = "application/apply-patch+yaml"


def definition(**spec: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {"spec": {"type": "object"}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "gizmos", "kind": "Gizmo"}
    body = {"group": "example.com", "scope": "Cluster", "names": names, "versions": [version]} | spec
    return {"metadata": {"name": "gizmos.example.com"}, "spec": body}


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", f"{MAPS}?watch=true", 501),
        ("GET", f"{MAPS}?watch=1", 501),
        ("GET", "/api/v1/namespaces/default/pods/a/log", 404),
        ("POST", "/api/v1/namespaces/default/pods/a/exec", 405),
        ("GET", "/api/v1/nodes", 404),
        ("GET", "/openapi/v2", 404),
        ("GET", "/metrics", 404),
        ("PUT", MAPS, 405),
        ("POST", f"{MAPS}/a", 405),
        ("PATCH", MAPS, 405),
        ("POST", "/api/v1/configmaps", 405),
        ("POST", "/version", 405),
        ("DELETE", "/apis/apps/v1/namespaces/default/deployments/web/scale", 405),
        ("GET", "/apis/apps/v1/deployments/web", 404),
        ("GET", "/api/v1/namespaces/default/namespaces/default", 404),
        ("GET", "/api/v1/namespaces/default/configmaps/a/b/c", 404),
        ("OPTIONS", MAPS, 405),
    ],
)
def test_what_it_does_not_do_is_refused(sandbox: Sandbox, method: str, path: str, code: int) -> None:
    plain, _, query = path.partition("?")
    parameters = dict([query.split("=")]) if query else {}
    headers = {"authorization": "Bearer admin-token"}
    assert sandbox.api.handle(Request(method, plain, parameters, headers, b"{}")).code == code


def test_conversion_by_webhook_is_not_implemented(sandbox: Sandbox) -> None:
    code, body = sandbox.call("POST", DEFINITIONS, definition(conversion={"strategy": "Webhook"}))
    assert (code, body["reason"]) == (501, "NotImplemented")


def test_rules_in_cel_are_accepted_with_a_warning(sandbox: Sandbox) -> None:
    rules = [{"rule": "self.size > 1"}]
    schema = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-validations": rules}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    headers = {"authorization": "Bearer admin-token"}
    sent = json.dumps(definition(versions=[version])).encode()
    response = sandbox.api.handle(Request("POST", DEFINITIONS, {}, headers, sent))
    assert (response.code, response.warnings) == (201, ("sandbox: x-kubernetes-validations are not evaluated",))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b'{"metadata": "text"}',
        b'{"metadata": {"name": 5}}',
        b'{"metadata": {"name": "a", "labels": {"a": {"b": 1}}}}',
        b'{"metadata": {"name": "a"}, "data": [1]}',
        b'{"metadata": {"name": "a", "managedFields": "x"}}',
        b'{"metadata": {"name": "a", "creationTimestamp": "yesterday"}}',
        b'{"apiVersion": 3, "kind": [], "metadata": {"name": "a"}}',
        b'{"metadata": {"name": "a"}, "binaryData": {"a": "no base64!"}}',
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", APPLY, "application/merge-patch+json"])
def test_a_hostile_body_is_refused_with_a_status(sandbox: Sandbox, body: bytes, content_type: str) -> None:
    is_post = content_type == "application/json"
    path = MAPS if is_post else f"{MAPS}/a"
    if not is_post:
        sandbox.call("POST", MAPS, {"metadata": {"name": "a"}})
    headers = {"authorization": "Bearer admin-token", "content-type": content_type}
    request = Request("POST" if is_post else "PATCH", path, {"fieldManager": "m"}, headers, body)
    response = sandbox.api.handle(request)
    assert 400 <= response.code < 500, response.body
    assert json.loads(response.body)["kind"] == "Status"


@pytest.mark.parametrize(
    "bomb",
    [
        b"a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n",
        b"a: &a {b: *a}\n",
        b"? {complex: key}\n: value\n",
        b"!!python/object/apply:os.system ['true']",
    ],
)
def test_hostile_yaml_is_refused_with_a_status(sandbox: Sandbox, bomb: bytes) -> None:
    headers = {"authorization": "Bearer admin-token", "content-type": APPLY}
    response = sandbox.api.handle(Request("PATCH", f"{MAPS}/a", {"fieldManager": "m"}, headers, bomb))
    assert 400 <= response.code < 500, response.body


@pytest.mark.parametrize(
    "line", [b"GET\r\n\r\n", b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
)
def test_what_is_no_http_does_not_stop_the_server(sandbox: Sandbox, line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert sandbox.call("GET", "/version")[0] == 200


@pytest.mark.parametrize("items", [["text"], [{"other": 1}], [None], [{"name": {"a": 1}}, {"name": {"a": 1}}]])
def test_list_items_that_cannot_be_told_apart_are_invalid(sandbox: Sandbox, items: list[Any]) -> None:
    entry = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    rules = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": entry}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"rules": rules}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    sandbox.call("POST", DEFINITIONS, definition(versions=[version]))
    body = {"apiVersion": "example.com/v1", "kind": "Gizmo", "metadata": {"name": "a"}, "spec": {"rules": items}}
    assert sandbox.call("POST", "/apis/example.com/v1/gizmos", body)[0] == 422
