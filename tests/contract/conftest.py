"""Every test that takes `server` runs on the sandbox and, where there is one, on a real API server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pytest
import urllib3

from gitops_audit.sandbox import Rule, Sandbox
from tests.contract.client import Server
from tests.e2e.apiserver import ApiServer

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_REVIEWS = 10_000
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Server]:
    with Sandbox() as sandbox, urllib3.PoolManager() as pool:
        sandbox.user("nobody", [])

        def grant(user: str, rules: Sequence[Rule]) -> None:
            sandbox.user(user, rules)

        yield Server("sandbox", sandbox.url, pool, sandbox.expire_continue_tokens, grant)


@pytest.fixture(scope="session")
def real_server(apiserver: ApiServer) -> Iterator[Server]:
    with urllib3.PoolManager(ca_certs=str(apiserver.ca_file)) as pool:

        def grant(user: str, rules: Sequence[Rule]) -> None:
            _grant(real, user, rules)

        real = Server("kube-apiserver", apiserver.url, pool, apiserver.etcd.compact, grant)
        yield real


def _grant(server: Server, user: str, rules: Sequence[Rule]) -> None:
    for rule in rules:
        for namespace in rule.namespaces:
            name = f"{user}-{next(_NUMBERS)}"
            scope, kind = ("", "ClusterRole") if namespace == "*" else (f"/namespaces/{namespace}", "Role")
            plural = f"{kind.lower()}s"
            ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
            subjects = [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]
            role = {"metadata": {"name": name}, "rules": [rule.as_json()]}
            server.create(f"{_RBAC}{scope}/{plural}", role).ok()
            binding = {"metadata": {"name": name}, "roleRef": ref, "subjects": subjects}
            server.create(f"{_RBAC}{scope}/{kind.lower()}bindings", binding).ok()
            _await_right(server, user, rule, "" if namespace == "*" else namespace)


def _await_right(server: Server, user: str, rule: Rule, namespace: str) -> None:
    """The authorizer learns of a binding by a watch, a moment after the binding is stored."""
    resource, _, subresource = rule.resources[-1].partition("/")
    wanted = {
        "verb": rule.verbs[-1],
        "group": rule.groups[-1],
        "resource": resource,
        "subresource": subresource,
        "namespace": namespace,
        "name": rule.names[-1] if rule.names else "",
    }
    review = {"spec": {"user": user, "resourceAttributes": wanted}}
    for _ in range(_REVIEWS):
        if server.create(_ACCESS_REVIEWS, review).ok()["status"]["allowed"]:
            return
    pytest.fail(f"the server never let {user} {wanted['verb']} {resource}")


@pytest.fixture(params=["sandbox", pytest.param("kube-apiserver", marks=pytest.mark.e2e)])
def server(request: pytest.FixtureRequest) -> Server:
    name = "sandbox_server" if request.param == "sandbox" else "real_server"
    found = request.getfixturevalue(name)
    assert isinstance(found, Server)
    return found


def fresh_namespace(server: Server) -> str:
    name = f"contract-{next(_NUMBERS)}"
    server.create("/api/v1/namespaces", {"metadata": {"name": name}}).ok()
    return name


@pytest.fixture
def namespace(server: Server) -> str:
    """A namespace of the test's own."""
    return fresh_namespace(server)


@pytest.fixture
def maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture
def deployments(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"
