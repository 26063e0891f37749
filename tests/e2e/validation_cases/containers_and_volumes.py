"""What the API server's validation refuses and takes: containers and volumes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.validation_cases.objects import (
    C,
    Case,
    c,
    dep,
    pod,
    svc,
)


def containers_and_volumes() -> Iterator[Case]:
    yield ("svc 1name", svc("1web"))
    yield ("svc dot", svc("web.a"))
    yield ("svc Web", svc("Web"))
    yield ("sts dup containers", dep("StatefulSet", containers=[C, C]))
    yield ("sts name dot", dep("StatefulSet") | {"metadata": {"name": "a.b"}})
    yield ("sts svcName bad", dep("StatefulSet", {"serviceName": "A_b"}))
    yield (
        "sts mount no vol",
        dep("StatefulSet", containers=[C | {"volumeMounts": [{"name": "x", "mountPath": "/x"}]}]),
    )
    yield ("sts restartPolicy", dep("StatefulSet", restartPolicy="Never"))
    yield ("dep term -1", dep(terminationGracePeriodSeconds=-1))
    yield ("pod term -1", pod(terminationGracePeriodSeconds=-1))
    yield ("env name space", c(env=[{"name": "a b"}]))
    yield ("env =", c(env=[{"name": "a=b"}]))
    yield ("env dup", c(env=[{"name": "a"}, {"name": "a"}]))
    yield ("env unicode", c(env=[{"name": "é"}]))
    yield ("env empty", c(env=[{"name": ""}]))
    yield ("env both", c(env=[{"name": "a", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]))
    yield ("valueFrom none", c(env=[{"name": "a", "valueFrom": {}}]))
    yield ("secretKeyRef noname", c(env=[{"name": "a", "valueFrom": {"secretKeyRef": {"key": "k"}}}]))
    yield ("fieldPath bad", c(env=[{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "metadata.foo"}}}]))
    yield ("secretKeyRef badname", c(env=[{"name": "a", "valueFrom": {"secretKeyRef": {"key": "k", "name": "A_"}}}]))
    yield ("secretKeyRef badkey", c(env=[{"name": "a", "valueFrom": {"secretKeyRef": {"key": "k/", "name": "a"}}}]))
    yield ("envFrom none", c(envFrom=[{}]))
    yield ("envFrom prefix", c(envFrom=[{"prefix": "1 ", "configMapRef": {"name": "a"}}]))
    yield ("envFrom noname", c(envFrom=[{"configMapRef": {}}]))
    yield ("image space", c(image=" i"))
    yield ("image empty", c(image=""))
    yield ("image none", dep(containers=[{"name": "c"}]))
    yield ("image tab in", c(image="a b"))
    yield ("port dup names", c(ports=[{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]))
    yield ("port dup num", c(ports=[{"containerPort": 1}, {"containerPort": 1}]))
    yield ("port name long", c(ports=[{"containerPort": 1, "name": "abcdefghijklmnop"}]))
    yield ("port name digits", c(ports=[{"containerPort": 1, "name": "80"}]))
    yield ("port name --", c(ports=[{"containerPort": 1, "name": "a--b"}]))
    yield ("port name up", c(ports=[{"containerPort": 1, "name": "Ab"}]))
    yield ("port 0", c(ports=[{"containerPort": 0}]))
    yield ("hostPort big", c(ports=[{"containerPort": 1, "hostPort": 70000}]))
    yield ("proto", c(ports=[{"containerPort": 1, "protocol": "tcp"}]))
    yield ("hostport dup", c(ports=[{"containerPort": 1, "hostPort": 5}, {"containerPort": 2, "hostPort": 5}]))
    yield (
        "hostnet dup dep",
        dep(hostNetwork=True, containers=[C | {"ports": [{"containerPort": 1}, {"containerPort": 1}]}]),
    )
    yield (
        "hostnet dup pod",
        pod(hostNetwork=True, containers=[C | {"ports": [{"containerPort": 1}, {"containerPort": 1}]}]),
    )
    yield ("hostnet mismatch", dep(hostNetwork=True, containers=[C | {"ports": [{"containerPort": 1, "hostPort": 2}]}]))
    yield (
        "cross container port names",
        dep(
            containers=[
                C | {"ports": [{"containerPort": 1, "name": "a"}]},
                C | {"name": "d", "ports": [{"containerPort": 1, "name": "a"}]},
            ]
        ),
    )
    yield ("mount no vol", c(volumeMounts=[{"name": "x", "mountPath": "/x"}]))
    yield (
        "mount path dup",
        dep(
            volumes=[{"name": "v"}],
            containers=[C | {"volumeMounts": [{"name": "v", "mountPath": "/x"}, {"name": "v", "mountPath": "/x"}]}],
        ),
    )
    yield (
        "mount colon",
        dep(volumes=[{"name": "v"}], containers=[C | {"volumeMounts": [{"name": "v", "mountPath": "/x:y"}]}]),
    )
    yield (
        "mount relative",
        dep(volumes=[{"name": "v"}], containers=[C | {"volumeMounts": [{"name": "v", "mountPath": "x"}]}]),
    )
    yield (
        "subPath ..",
        dep(
            volumes=[{"name": "v"}],
            containers=[C | {"volumeMounts": [{"name": "v", "mountPath": "/x", "subPath": "../a"}]}],
        ),
    )
    yield (
        "subPath abs",
        dep(
            volumes=[{"name": "v"}],
            containers=[C | {"volumeMounts": [{"name": "v", "mountPath": "/x", "subPath": "/a"}]}],
        ),
    )
    yield ("vol dup", dep(volumes=[{"name": "v"}, {"name": "v"}]))
    yield ("vol two src", dep(volumes=[{"name": "v", "emptyDir": {}, "hostPath": {"path": "/a"}}]))
    yield ("vol cm noname", dep(volumes=[{"name": "v", "configMap": {}}]))
    yield ("vol secret noname", dep(volumes=[{"name": "v", "secret": {}}]))
    yield ("vol name up", dep(volumes=[{"name": "V"}]))
    yield ("vol mode", dep(volumes=[{"name": "v", "configMap": {"name": "a", "defaultMode": 1000}}]))
    yield (
        "vol items path",
        dep(volumes=[{"name": "v", "configMap": {"name": "a", "items": [{"key": "a", "path": "../b"}]}}]),
    )
    yield (
        "vol items nopath",
        dep(volumes=[{"name": "v", "configMap": {"name": "a", "items": [{"key": "a", "path": ""}]}}]),
    )
    yield ("vol hostPath ..", dep(volumes=[{"name": "v", "hostPath": {"path": "/a/.."}}]))
    yield ("vol hostPath rel", dep(volumes=[{"name": "v", "hostPath": {"path": "a"}}]))
    yield ("vol cm bad name", dep(volumes=[{"name": "v", "configMap": {"name": "A_"}}]))
    yield ("pvc bad name", dep(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "A_"}}]))
    yield ("pvc empty name", dep(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": ""}}]))
    yield ("init dup w container", dep(initContainers=[C]))
    yield ("init probe", dep(initContainers=[C | {"name": "i", "livenessProbe": {"exec": {"command": ["a"]}}}]))
    yield (
        "init sidecar probe",
        dep(
            initContainers=[C | {"name": "i", "restartPolicy": "Always", "livenessProbe": {"exec": {"command": ["a"]}}}]
        ),
    )
    yield ("ephemeral", dep(ephemeralContainers=[C | {"name": "e"}]))
    yield ("pod ephemeral", pod(ephemeralContainers=[C | {"name": "e"}]))
    yield ("container restartPolicy", c(restartPolicy="Always"))
    yield ("no containers", dep(containers=[]))
    yield ("req>lim", c(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}))
    yield ("neg", c(resources={"requests": {"cpu": "-1"}}))
    yield ("unknown res", c(resources={"requests": {"foo": "1"}}))
    yield ("gpu req only", c(resources={"requests": {"nvidia.com/gpu": "1"}}))
    yield ("gpu frac", c(resources={"limits": {"nvidia.com/gpu": "500m"}}))
    yield ("gpu differ", c(resources={"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "1"}}))
    yield ("hugepages alone", c(resources={"limits": {"hugepages-2Mi": "2Mi"}}))
    yield ("pods res", c(resources={"limits": {"pods": "2"}}))
    yield ("storage res", c(resources={"limits": {"storage": "2"}}))
    yield ("cpu 0.0001", c(resources={"limits": {"cpu": "0.0001"}}))
