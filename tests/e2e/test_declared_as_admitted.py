"""What policies are told of a declared object is what the real API server makes of it: nothing more, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy import pod_security
from gitops_audit.policy.declared import as_admitted
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct

pytestmark = pytest.mark.e2e

LABELS = {"app": "web"}
POD: JsonObject = {
    "hostNetwork": None,
    "volumes": [
        {"name": "scratch"},
        {"name": "c", "configMap": {"name": "c"}},
        {"name": "h", "hostPath": {"path": "/h"}},
    ],
    "initContainers": [{"name": "i", "image": "i@sha256:" + "0" * 64}],
    "containers": [
        {
            "name": "web",
            "image": "web",
            "ports": [{"containerPort": 80}],
            "env": [
                {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "N", "value": None},
            ],
            "resources": {"limits": {"cpu": "1"}},
            "livenessProbe": {"httpGet": {"port": 80}},
            "lifecycle": {"preStop": {"httpGet": {"port": 80}}},
            "securityContext": {"privileged": None},
        },
        {"name": "side", "image": "side:1"},
    ],
}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": POD}
JOB_TEMPLATE = {"metadata": {"labels": LABELS}, "spec": POD | {"restartPolicy": "Never"}}
SELECTOR = {"matchLabels": LABELS}


def made(api_version: str, kind: str, spec: Any, **fields: Any) -> JsonObject:
    metadata = {"name": "web", "namespace": "default", "labels": None}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, **fields}


CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
OBJECTS = [
    made("v1", "Pod", POD),
    made("v1", "Pod", POD | {"hostNetwork": True, "serviceAccountName": "default"}),
    made("apps/v1", "Deployment", {"selector": SELECTOR, "template": TEMPLATE}),
    made("apps/v1", "Deployment", {"selector": SELECTOR, "template": TEMPLATE, "strategy": {"type": "Recreate"}}),
    made("apps/v1", "ReplicaSet", {"selector": SELECTOR, "template": TEMPLATE, "replicas": None}),
    made("apps/v1", "DaemonSet", {"selector": SELECTOR, "template": TEMPLATE}),
    made("apps/v1", "StatefulSet", {"selector": SELECTOR, "template": TEMPLATE, "serviceName": "web"}),
    made(
        "apps/v1",
        "StatefulSet",
        {
            "selector": SELECTOR,
            "template": TEMPLATE,
            "volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": CLAIM}],
        },
    ),
    made("batch/v1", "Job", {"template": JOB_TEMPLATE}),
    made("batch/v1", "CronJob", {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": JOB_TEMPLATE}}}),
    made("v1", "Service", {"ports": [{"port": 80}]}),
    made("v1", "Service", {"ports": [{"port": 80, "protocol": None}], "type": "LoadBalancer"}),
    made("v1", "Service", {"type": "ExternalName", "externalName": "a.example.com"}),
    made("v1", "PersistentVolumeClaim", CLAIM),
    made("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}),
    made(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    ),
]


@pytest.fixture(scope="module")
def server(apiserver: ApiServer) -> Iterator[Direct]:
    client = Direct(apiserver)
    yield client
    client.close()


@pytest.mark.parametrize("body", OBJECTS, ids=lambda b: b["kind"])
def test_what_is_filled_in_is_what_the_server_fills_in(body: JsonObject, server: Direct) -> None:
    answer = server.dry_run(body, "default")
    group, version = split_api_version(body["apiVersion"])
    filled = as_admitted(group, version, body["kind"], body)

    assert answer.status < 300, answer.message
    assert list(differences(filled, answer.body)) == []
    assert filled != body


def differences(ours: Any, servers: Any, path: str = "") -> Iterator[str]:
    """What we have and the server has not, or has otherwise."""
    if isinstance(ours, dict) and isinstance(servers, dict):
        for key, value in ours.items():
            yield from differences(value, servers[key], f"{path}.{key}") if key in servers else (f"{path}.{key}",)
    elif isinstance(ours, list) and isinstance(servers, list):
        for index, value in enumerate(ours):
            yield from differences(value, servers[index], f"{path}[{index}]") if index < len(servers) else (path,)
    elif ours != servers:
        yield f"{path}: {ours!r} is {servers!r} on the server"


def test_a_volume_without_a_source_passes_the_restricted_profile() -> None:
    pod = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": "scratch"}],
        "containers": [
            {
                "name": "web",
                "image": "web:1",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    }
    body = made(
        "apps/v1", "Deployment", {"selector": SELECTOR, "template": {"metadata": {"labels": LABELS}, "spec": pod}}
    )

    assert pod_security.check("restricted", "latest", as_admitted("apps", "v1", "Deployment", body)) == ()
