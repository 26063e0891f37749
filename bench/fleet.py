"""A made-up fleet of N resources in ten namespaces, as manifests in a Git repository and as objects on a server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import urllib3
import yaml

NAMESPACES = 10


def objects(count: int) -> Iterator[dict[str, Any]]:
    """`count` resources: a fifth each of Deployment, Service, ConfigMap, ServiceAccount and NetworkPolicy.

    They violate no policy of the shipped packs for pods; for that, each namespace has a PodDisruptionBudget besides.
    """
    makers = (_deployment, _service, _config_map, _service_account, _network_policy)
    for number in range(count):
        yield makers[number % 5](f"app-{number // 5:05d}", f"team-{number // 5 % NAMESPACES}")
    yield from map(_budget, range(NAMESPACES))


def namespaces() -> Iterator[dict[str, Any]]:
    for number in range(NAMESPACES):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{number}"}}


def write_repository(root: Path, count: int) -> None:
    """One file per application (five objects), committed; and the configuration beside them."""
    files: dict[Path, list[dict[str, Any]]] = {}
    for body in objects(count):
        meta = body["metadata"]
        files.setdefault(root / "apps" / meta["namespace"] / f"{meta['name']}.yaml", []).append(body)
    for path, bodies in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.dump_all(bodies, Dumper=yaml.CSafeDumper, sort_keys=False))
    git = ["git", "-C", str(root), "-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "The fleet"], check=True)


def deploy(url: str, token: str, ca_file: str, count: int) -> None:
    """Creates everything on a server, as an applier would: server-side apply with a field manager of its own."""
    pool = urllib3.PoolManager(ca_certs=ca_file, maxsize=16, retries=3)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/apply-patch+yaml"}

    def apply(body: dict[str, Any]) -> None:
        address = f"{url}{path(body)}?fieldManager=kustomize-controller&force=true"
        answer = pool.request("PATCH", address, body=json.dumps(body), headers=headers)
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status}: {answer.data[:300]!r}")

    for namespace in namespaces():
        apply(namespace)
    with ThreadPoolExecutor(16) as workers:
        list(workers.map(apply, objects(count)))


_PLURALS = {
    "Namespace": "/api/v1/namespaces",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Service": "/api/v1/namespaces/{}/services",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
}
LISTS = (
    "/apis/apps/v1/deployments",
    "/api/v1/services",
    "/api/v1/configmaps",
    "/api/v1/serviceaccounts",
    "/apis/networking.k8s.io/v1/networkpolicies",
    "/apis/policy/v1/poddisruptionbudgets",
)


def path(body: dict[str, Any]) -> str:
    meta = body["metadata"]
    return f"{_PLURALS[body['kind']].format(meta.get('namespace', ''))}/{meta['name']}"


def _meta(name: str, namespace: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace, "team": namespace}
    return {"name": name, "namespace": namespace, "labels": labels}


def _deployment(name: str, namespace: str) -> dict[str, Any]:
    labels = {"app": name}
    container = {
        "name": "app",
        "image": f"registry.example.com/{namespace}/{name}:1.4.2",
        "args": ["--listen=:8080", f"--name={name}"],
        "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090}],
        "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "REGION", "value": "eu-1"}],
        "envFrom": [{"configMapRef": {"name": name}}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5},
        "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}, "initialDelaySeconds": 10},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    pod = {
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    template = {"metadata": {"labels": labels | {"team": namespace}}, "spec": pod}
    spec = {"replicas": 3, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta(name, namespace), "spec": spec}


def _budget(number: int) -> dict[str, Any]:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": {"team": f"team-{number}"}}}
    meta = _meta("budget", f"team-{number}")
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta, "spec": spec}


def _service(name: str, namespace: str) -> dict[str, Any]:
    # without a cluster IP: the range of the test server has fewer addresses than the fleet has services
    spec = {
        "clusterIP": "None",
        "selector": {"app": name},
        "ports": [{"name": "http", "port": 80, "targetPort": "http"}, {"name": "metrics", "port": 9090}],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": _meta(name, namespace), "spec": spec}


def _config_map(name: str, namespace: str) -> dict[str, Any]:
    data = {"LOG_FORMAT": "json", "FEATURES": "a=1\nb=2\nc=3\n", "ENDPOINT": f"http://{name}.{namespace}.svc"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta(name, namespace), "data": data}


def _service_account(name: str, namespace: str) -> dict[str, Any]:
    meta = _meta(name, namespace)
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta, "automountServiceAccountToken": False}


def _network_policy(name: str, namespace: str) -> dict[str, Any]:
    spec = {
        "podSelector": {"matchLabels": {"app": name}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"role": "front"}}}], "ports": [{"port": 8080}]}],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _meta(name, namespace),
        "spec": spec,
    }
