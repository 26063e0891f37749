"""What the pack `danger` calls immutable, a real API server refuses; what it lets pass, the server takes."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gitops_audit.config.settings import PolicyRef
from gitops_audit.model.resource import JsonObject, group_of, split_api_version
from gitops_audit.policy.declared import as_admitted
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load.policies import load_all
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client

pytestmark = pytest.mark.e2e

NAMESPACE = "immutable"
POD: JsonObject = {"containers": [{"name": "c", "image": "i:1"}]}
TEMPLATE: JsonObject = {"metadata": {"labels": {"app": "web", "tier": "a"}}, "spec": POD}
SELECTOR: JsonObject = {"matchLabels": {"app": "web"}}
REQUEST: JsonObject = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
RBAC = "rbac.authorization.k8s.io"


def body(api_version: str, kind: str, **fields: Any) -> JsonObject:
    metadata = (
        {"name": "web"} if kind in ("StorageClass", "ClusterRoleBinding") else {"name": "web", "namespace": NAMESPACE}
    )
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata} | fields


def workload(kind: str, **spec: Any) -> JsonObject:
    return body("apps/v1", kind, spec={"selector": SELECTOR, "template": TEMPLATE} | spec)


STATEFUL = workload(
    "StatefulSet", serviceName="web", volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": REQUEST}]
)
JOB = body("batch/v1", "Job", spec={"suspend": True, "template": {"spec": POD | {"restartPolicy": "Never"}}})
SERVICE = body("v1", "Service", spec={"clusterIP": "10.0.0.77", "ports": [{"port": 80}]})
CLAIM = body("v1", "PersistentVolumeClaim", spec=REQUEST | {"storageClassName": "fast"})
CLASS = body("storage.k8s.io/v1", "StorageClass", provisioner="csi.example.com", parameters={"a": "1"})
BINDING = body(
    f"{RBAC}/v1",
    "ClusterRoleBinding",
    roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
    subjects=[{"kind": "User", "name": "alice", "apiGroup": RBAC}],
)
MAP = body("v1", "ConfigMap", immutable=True, data={"a": "1"})


def changed(old: JsonObject, **fields: Any) -> JsonObject:
    """With other fields, `spec_x` below `spec`."""
    new = copy.deepcopy(old)
    for name, value in fields.items():
        place, _, key = name.rpartition("spec_")
        (new["spec"] if key != name and not place else new)[key] = value
    return new


CASES: dict[str, tuple[JsonObject, JsonObject]] = {
    "replicas": (workload("Deployment"), workload("Deployment", replicas=3)),
    "selector": (workload("Deployment"), workload("Deployment", selector={"matchLabels": {"tier": "a"}})),
    "selector of a DaemonSet": (workload("DaemonSet"), workload("DaemonSet", selector={"matchLabels": {"tier": "a"}})),
    "scaled StatefulSet": (STATEFUL, changed(STATEFUL, spec_replicas=2)),
    "service of a StatefulSet": (STATEFUL, changed(STATEFUL, spec_serviceName="db")),
    "claims of a StatefulSet": (STATEFUL, changed(STATEFUL, spec_volumeClaimTemplates=[])),
    "pods of a StatefulSet": (STATEFUL, changed(STATEFUL, spec_podManagementPolicy="Parallel")),
    "image of a Job": (
        JOB,
        changed(JOB, spec_template={"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:2"}]}}),
    ),
    "backoff of a Job": (JOB, changed(JOB, spec_backoffLimit=2)),
    "address of a Service": (SERVICE, changed(SERVICE, spec_clusterIP="10.0.0.78")),
    "no address of a Service": (
        SERVICE,
        changed(SERVICE, spec={"type": "ExternalName", "externalName": "a.example.com"}),
    ),
    "port of a Service": (SERVICE, changed(SERVICE, spec_ports=[{"port": 81}])),
    "class of a claim": (CLAIM, changed(CLAIM, spec_storageClassName="slow")),
    "modes of a claim": (CLAIM, changed(CLAIM, spec_accessModes=["ReadWriteMany"])),
    "smaller claim": (CLAIM, changed(CLAIM, spec_resources={"requests": {"storage": "512Mi"}})),
    "same claim": (CLAIM, changed(CLAIM, spec_resources={"requests": {"storage": "1024Mi"}})),
    "provisioner": (CLASS, changed(CLASS, provisioner="other.example.com")),
    "parameters": (CLASS, changed(CLASS, parameters={"a": "2"})),
    "binding mode": (CLASS, changed(CLASS, volumeBindingMode="WaitForFirstConsumer")),
    "expansion": (CLASS, changed(CLASS, allowVolumeExpansion=True)),
    "role": (BINDING, changed(BINDING, roleRef=BINDING["roleRef"] | {"name": "edit"})),
    "subjects": (BINDING, changed(BINDING, subjects=[])),
    "immutable data": (MAP, changed(MAP, data={"a": "2"})),
    "mutable again": (MAP, changed(MAP, immutable=False)),
    "labels of what is immutable": (MAP, changed(MAP, metadata=MAP["metadata"] | {"labels": {"a": "b"}})),
}

Kubectl = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="module")
def kubectl(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    client = Client(apiserver, tmp_path_factory.mktemp("immutable"))

    def run(*arguments: str, given: JsonObject | None = None) -> subprocess.CompletedProcess[bytes]:
        command = [client.kubectl, f"--kubeconfig={client.kubeconfig}", *arguments]
        return subprocess.run(command, input=json.dumps(given).encode() if given else b"", capture_output=True)

    run("create", "namespace", NAMESPACE)
    return run


def is_refused_by_server(kubectl: Kubectl, old: JsonObject, new: JsonObject) -> bool:
    made = kubectl("apply", "--server-side", "--field-manager=a", "-f", "-", given=old)
    assert made.returncode == 0, made.stderr
    try:
        done = kubectl(
            "apply", "--server-side", "--field-manager=a", "--dry-run=server", "--force-conflicts", "-f", "-", given=new
        )
        return done.returncode != 0
    finally:
        kubectl("delete", "--wait=false", "--grace-period=0", "--force", "-f", "-", given=old)


def is_refused_by_pack(old: JsonObject, new: JsonObject) -> bool:
    (policy,) = (p for p in load_all([PolicyRef(pack="danger")]) if p.metadata.name == "danger-immutable-fields")
    admitted = [
        as_admitted(group_of(one), split_api_version(one["apiVersion"])[1], one["kind"], one) for one in (old, new)
    ]
    subject = replace(subject_of(admitted[1]), operation="UPDATE", old=admitted[0])
    results = policy.evaluate(subject, GivenWorld())
    assert not [r for r in results if r.result == "error"]
    return any(r.result == "fail" for r in results)


@pytest.mark.parametrize("name", CASES)
def test_the_pack_and_the_server_agree(kubectl: Kubectl, name: str) -> None:
    old, new = CASES[name]
    assert is_refused_by_pack(old, new) == is_refused_by_server(kubectl, old, new)
