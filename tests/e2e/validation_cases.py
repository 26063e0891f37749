"""Objects of many kinds, valid ones and such as a rule of the API server's validation refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.model.resource import JsonObject

Case = tuple[str, JsonObject]

C: Any = {"name": "c", "image": "i"}


def pod(**s: Any) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [dict(C)], "serviceAccountName": "default", "automountServiceAccountToken": False} | s,
    }


def dep(kind: Any = "Deployment", spec: Any = None, tmpl: Any = None, **ps: Any) -> JsonObject:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [dict(C)]} | ps},
        }
        | (spec or {}),
    }


def c(**k: Any) -> JsonObject:
    return dep(containers=[C | k])


def cm(name: Any, **m: Any) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name} | m}


def svc(name: Any = "s", **s: Any) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}]} | s}


def job(spec: Any = None, **ps: Any) -> JsonObject:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j"},
        "spec": {"template": {"spec": {"containers": [dict(C)], "restartPolicy": "Never"} | ps}} | (spec or {}),
    }


def P(k: Any = "livenessProbe", **p: Any) -> JsonObject:
    return c(**{k: p})


E: Any = {"exec": {"command": ["a"]}}


def na(t: Any) -> JsonObject:
    return dep(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": t}})


def ts(**k: Any) -> JsonObject:
    return dep(topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"} | k])


def ds(**ru: Any) -> JsonObject:
    return dep("DaemonSet", {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": ru}})


S = "StatefulSet"


def cj(name: Any = "c", **s: Any) -> JsonObject:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {
            "schedule": "* * * * *",
            "jobTemplate": {"spec": {"template": {"spec": {"containers": [dict(C)], "restartPolicy": "Never"}}}},
        }
        | s,
    }


def hpa(**s: Any) -> JsonObject:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, "maxReplicas": 3} | s,
    }


cpu: Any = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}


def h1(**s: Any) -> JsonObject:
    x: JsonObject = hpa(**s)
    x["apiVersion"] = "autoscaling/v1"
    return x


def pdb(**s: Any) -> JsonObject:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "p"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}} | s,
    }


def ing(**s: Any) -> JsonObject:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"}, "spec": s}


B: Any = {"service": {"name": "s", "port": {"number": 80}}}


def ip(**p: Any) -> JsonObject:
    return ing(rules=[{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": B} | p]}}])


def o(av: Any, k: Any, n: Any = "x", **f: Any) -> JsonObject:
    return {"apiVersion": av, "kind": k, "metadata": {"name": n}} | f


N: Any = "networking.k8s.io/v1"


def np(**s: Any) -> JsonObject:
    return o(N, "NetworkPolicy", spec={"podSelector": {}} | s)


R: Any = "rbac.authorization.k8s.io/v1"


def role(k: Any = "Role", n: Any = "x", **r: Any) -> JsonObject:
    return o(R, k, n, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]} | r])


def rb(k: Any = "RoleBinding", ref: Any = None, subs: Any = None, n: Any = "x") -> JsonObject:
    return o(
        R,
        k,
        n,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"} | (ref or {}),
        subjects=subs or [],
    )


SA: Any = {"kind": "ServiceAccount", "name": "a", "namespace": "b"}


def sec(t: Any = None, **d: Any) -> JsonObject:
    return o("v1", "Secret", data=d) | ({"type": t} if t else {})


def pvc(**s: Any) -> JsonObject:
    return o(
        "v1",
        "PersistentVolumeClaim",
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}} | s,
    )


def pv(**s: Any) -> JsonObject:
    return o(
        "v1",
        "PersistentVolume",
        spec={"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a"}} | s,
    )


SC: Any = "storage.k8s.io/v1"

PC: Any = "scheduling.k8s.io/v1"

A: Any = "admissionregistration.k8s.io/v1"


def wh(k: Any = "ValidatingWebhookConfiguration", **w: Any) -> JsonObject:
    return o(
        A,
        k,
        webhooks=[
            {
                "name": "a.b.c",
                "clientConfig": {"url": "https://a.b"},
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
            }
            | w
        ],
    )


def crd(s: Any, name: Any = "xs.e.io", **v: Any) -> JsonObject:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": "e.io",
            "scope": "Namespaced",
            "names": {"kind": "X", "plural": "xs"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": s}} | v],
        },
    }


def cf(f: Any, **k: Any) -> JsonObject:
    return crd({"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": f} | k}}})


def meta(**fields: Any) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"} | fields}


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


def pods_and_workloads() -> Iterator[Case]:
    yield ("probe none", P())
    yield ("probe two", P(**E, tcpSocket={"port": 1}))
    yield ("probe exec empty", P(exec={"command": []}))
    yield ("exec null", P(exec={}))
    yield ("http port 0", P(httpGet={"port": 0}))
    yield ("http port name bad", P(httpGet={"port": "A b"}))
    yield ("http port str num", P(httpGet={"port": "80"}))
    yield ("http scheme", P(httpGet={"port": 80, "scheme": "http"}))
    yield ("grpc 0", P(grpc={"port": 0}))
    yield ("neg", P(**E, periodSeconds=-1))
    yield ("live success 2", P(**E, successThreshold=2))
    yield ("ready success 2", P("readinessProbe", **E, successThreshold=2))
    yield ("ready term", P("readinessProbe", **E, terminationGracePeriodSeconds=2))
    yield ("term 0", P(**E, terminationGracePeriodSeconds=0))
    yield ("lifecycle none", c(lifecycle={"preStop": {}}))
    yield ("lifecycle two", c(lifecycle={"preStop": E | {"httpGet": {"port": 1}}}))
    yield ("lifecycle sleep big", c(lifecycle={"preStop": {"sleep": {"seconds": 99999}}}))
    yield ("lifecycle sleep 0", c(lifecycle={"preStop": {"sleep": {"seconds": 0}}}))
    yield ("dns None none", dep(dnsPolicy="None"))
    yield ("dns None no ns", dep(dnsPolicy="None", dnsConfig={"searches": ["a.b"]}))
    yield ("dns 4", dep(dnsConfig={"nameservers": ["1.1.1.1"] * 4}))
    yield ("dns bad ip", dep(dnsConfig={"nameservers": ["x"]}))
    yield ("dns option noname", dep(dnsConfig={"options": [{"value": "1"}]}))
    yield ("dns search _", dep(dnsConfig={"searches": ["_a.b"]}))
    yield ("dns search bad", dep(dnsConfig={"searches": ["A b"]}))
    yield ("dns search dot", dep(dnsConfig={"searches": ["."]}))
    yield ("ads 0", job({}, activeDeadlineSeconds=0))
    yield ("dep ads", dep(activeDeadlineSeconds=5))
    yield ("sa bad", dep(serviceAccountName="A_"))
    yield ("nodeSelector bad value", dep(nodeSelector={"a": "b c"}))
    yield ("pull secret empty", dep(imagePullSecrets=[{}]))
    yield ("hostAliases ip", dep(hostAliases=[{"ip": "x", "hostnames": ["a"]}]))
    yield ("hostAliases name", dep(hostAliases=[{"ip": "1.1.1.1", "hostnames": ["A b"]}]))
    yield ("hostAliases up", dep(hostAliases=[{"ip": "1.1.1.1", "hostnames": ["ABC"]}]))
    yield ("hostAliases _", dep(hostAliases=[{"ip": "1.1.1.1", "hostnames": ["a_b"]}]))
    yield ("tol exists val", dep(tolerations=[{"key": "a", "operator": "Exists", "value": "x"}]))
    yield ("tol empty key", dep(tolerations=[{"operator": "Equal"}]))
    yield ("tol secs", dep(tolerations=[{"key": "a", "operator": "Exists", "tolerationSeconds": 3}]))
    yield ("tol effect", dep(tolerations=[{"key": "a", "operator": "Exists", "effect": "No"}]))
    yield ("tol op", dep(tolerations=[{"key": "a", "operator": "Has"}]))
    yield ("tol value bad", dep(tolerations=[{"key": "a", "value": "b c"}]))
    yield ("tol Lt", dep(tolerations=[{"key": "a", "operator": "Lt", "value": "5"}]))
    yield ("na empty", na({"nodeSelectorTerms": []}))
    yield ("na In empty", na({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In"}]}]}))
    yield (
        "na Exists vals",
        na({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}]}),
    )
    yield (
        "na Gt two",
        na({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1", "2"]}]}]}),
    )
    yield (
        "na Gt text",
        na({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["x"]}]}]}),
    )
    yield ("na op", na({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Is"}]}]}))
    yield ("na empty term", na({"nodeSelectorTerms": [{}]}))
    yield (
        "na value bad",
        na({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["b c"]}]}]}),
    )
    yield (
        "pref weight 0",
        dep(
            affinity={
                "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 0, "preference": {}}]}
            }
        ),
    )
    yield (
        "pa no topo",
        dep(
            affinity={
                "podAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {}, "topologyKey": ""}]
                }
            }
        ),
    )
    yield (
        "pa weight 101",
        dep(
            affinity={
                "podAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 101, "podAffinityTerm": {"topologyKey": "a"}}
                    ]
                }
            }
        ),
    )
    yield (
        "pa sel bad",
        dep(
            affinity={
                "podAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"labelSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}, "topologyKey": "a"}
                    ]
                }
            }
        ),
    )
    yield ("ts skew 0", ts(maxSkew=0))
    yield ("ts key", ts(topologyKey=""))
    yield ("ts when", ts(whenUnsatisfiable="x"))
    yield (
        "ts dup",
        dep(topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}] * 2),
    )
    yield ("ts minDomains soft", ts(whenUnsatisfiable="ScheduleAnyway", minDomains=2))
    yield ("sec priv+noesc", c(securityContext={"privileged": True, "allowPrivilegeEscalation": False}))
    yield (
        "sec sysadmin",
        c(securityContext={"capabilities": {"add": ["SYS_ADMIN"]}, "allowPrivilegeEscalation": False}),
    )
    yield (
        "sec CAP_SYS_ADMIN",
        c(securityContext={"capabilities": {"add": ["CAP_SYS_ADMIN"]}, "allowPrivilegeEscalation": False}),
    )
    yield ("runAsUser -1", c(securityContext={"runAsUser": -1}))
    yield ("runAsUser big", c(securityContext={"runAsUser": 2**31}))
    yield ("seccomp localhost", c(securityContext={"seccompProfile": {"type": "Localhost"}}))
    yield ("seccomp extra", c(securityContext={"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "a"}}))
    yield ("seccomp type", c(securityContext={"seccompProfile": {"type": "x"}}))
    yield ("fsGroup neg", dep(securityContext={"fsGroup": -1}))
    yield ("hostPID+share", dep(hostPID=True, shareProcessNamespace=True))
    yield ("sysctl", dep(securityContext={"sysctls": [{"name": "A b", "value": "1"}]}))
    yield ("sysctl dup", dep(securityContext={"sysctls": [{"name": "a.b", "value": "1"}] * 2}))
    yield ("readiness gate", dep(readinessGates=[{"conditionType": "a b"}]))
    yield ("priorityClassName", dep(priorityClassName="A_"))
    yield ("hostname up", dep(hostname="A"))
    yield ("subdomain", dep(subdomain="a.b"))
    yield ("preemption", dep(preemptionPolicy="x"))
    yield ("pullPolicy", c(imagePullPolicy="always"))
    yield ("termMsg", c(terminationMessagePolicy="x"))
    yield ("restart x", dep(restartPolicy="x"))
    yield ("dnsPolicy x", dep(dnsPolicy="x"))
    yield ("container name up", dep(containers=[C | {"name": "C"}]))
    yield ("container name .", dep(containers=[C | {"name": "c.d"}]))
    yield ("workingDir", c(workingDir="a"))
    yield ("os windows hostnet", dep(os={"name": "windows"}, hostNetwork=True))
    yield ("os x", dep(os={"name": "x"}))
    yield ("schedulerName", dep(schedulerName="A B"))
    yield ("nodeName", dep(nodeName="A_B"))
    yield ("replicas -1", dep(spec={"replicas": -1}))
    yield ("minReady -1", dep(spec={"minReadySeconds": -1}))
    yield ("hist -1", dep(spec={"revisionHistoryLimit": -1}))
    yield ("progress -1", dep(spec={"progressDeadlineSeconds": -1}))
    yield ("progress<ready", dep(spec={"progressDeadlineSeconds": 5, "minReadySeconds": 5}))
    yield ("ready 600 dflt", dep(spec={"minReadySeconds": 600}))
    yield ("recreate ru", dep(spec={"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}}))
    yield ("both 0", dep(spec={"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}}))
    yield ("unav 101%", dep(spec={"strategy": {"rollingUpdate": {"maxUnavailable": "101%"}}}))
    yield ("surge 200%", dep(spec={"strategy": {"rollingUpdate": {"maxSurge": "200%"}}}))
    yield ("surge text", dep(spec={"strategy": {"rollingUpdate": {"maxSurge": "5"}}}))
    yield ("strategy x", dep(spec={"strategy": {"type": "x"}}))
    yield ("surge0 only", dep(spec={"strategy": {"rollingUpdate": {"maxSurge": 0}}}))
    yield ("type missing w/ ru null", dep(spec={"strategy": {"type": "RollingUpdate", "rollingUpdate": None}}))
    yield ("sel mismatch", dep(spec={"selector": {"matchLabels": {"a": "x"}}}))
    yield ("sel empty", dep(spec={"selector": {}}))
    yield ("sel expr", dep(spec={"selector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}}))
    yield ("sel expr bad", dep(spec={"selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}))
    yield (
        "sel notin",
        dep(spec={"selector": {"matchExpressions": [{"key": "z", "operator": "NotIn", "values": ["b"]}]}}),
    )
    yield ("sel op", dep(spec={"selector": {"matchExpressions": [{"key": "a", "operator": "is", "values": ["b"]}]}}))
    yield ("sel val", dep(spec={"selector": {"matchLabels": {"a": "b c"}}}))
    yield ("sel DoesNotExist", dep(spec={"selector": {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}}))
    for k in ("DaemonSet", "StatefulSet", "ReplicaSet"):
        yield (k + " empty", dep(k, {"selector": {}}))
        yield (k + " mismatch", dep(k, {"selector": {"matchLabels": {"a": "x"}}}))
        yield (k + " rp", dep(k, restartPolicy="OnFailure"))
    yield ("ds both", ds(maxSurge=1, maxUnavailable=1))
    yield ("ds none", ds(maxSurge=0, maxUnavailable=0))
    yield ("ds surge only", ds(maxSurge=1))
    yield ("ds unav 0", ds(maxUnavailable=0))
    yield ("ds unav 101%", ds(maxUnavailable="101%"))
    yield ("ds surge 101%", ds(maxSurge="101%", maxUnavailable=0))
    yield (
        "ds OnDelete ru",
        dep(
            "DaemonSet", {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}}
        ),
    )
    yield ("ds type", dep("DaemonSet", {"updateStrategy": {"type": "x"}}))
    yield ("ds min -1", dep("DaemonSet", {"minReadySeconds": -1}))
    yield ("ds hist -1", dep("DaemonSet", {"revisionHistoryLimit": -1}))
    yield ("sts pmp", dep(S, {"podManagementPolicy": "x"}))
    yield ("sts us", dep(S, {"updateStrategy": {"type": "x"}}))
    yield ("sts part -1", dep(S, {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": -1}}}))
    yield ("sts OnDelete ru", dep(S, {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}}))
    yield ("sts rep -1", dep(S, {"replicas": -1}))
    yield ("sts maxun 0", dep(S, {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}}}))
    yield ("sts ordinals -1", dep(S, {"ordinals": {"start": -1}}))
    yield ("sts vct no spec", dep(S, {"volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": {}}]}))
    yield (
        "sts vct ok mount",
        dep(
            S,
            {
                "volumeClaimTemplates": [
                    {
                        "metadata": {"name": "v"},
                        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
                    }
                ]
            },
            containers=[C | {"volumeMounts": [{"name": "v", "mountPath": "/x"}]}],
        ),
    )
    yield ("sts hist -1", dep(S, {"revisionHistoryLimit": -1}))
    yield ("sts ads", dep(S, activeDeadlineSeconds=5))
    yield ("rs rep -1", dep("ReplicaSet", {"replicas": -1}))
    yield ("rs ads", dep("ReplicaSet", activeDeadlineSeconds=5))
    yield ("ds ads", dep("DaemonSet", activeDeadlineSeconds=5))
    yield (
        "tmpl label bad",
        dep(spec={"template": {"metadata": {"labels": {"a": "b", "c": "d e"}}, "spec": {"containers": [C]}}}),
    )
    yield (
        "tmpl anno bad",
        dep(
            spec={
                "template": {
                    "metadata": {"labels": {"a": "b"}, "annotations": {"a b": "x"}},
                    "spec": {"containers": [C]},
                }
            }
        ),
    )
    yield (
        "tmpl name bad",
        dep(spec={"template": {"metadata": {"name": "A_", "labels": {"a": "b"}}, "spec": {"containers": [C]}}}),
    )


def batch_and_network() -> Iterator[Case]:
    yield (
        "job rp default",
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "j"},
            "spec": {"template": {"spec": {"containers": [C]}}},
        },
    )
    yield ("job Always", job(restartPolicy="Always"))
    yield ("job backoff -1", job({"backoffLimit": -1}))
    yield ("job par -1", job({"parallelism": -1}))
    yield ("job compl -1", job({"completions": -1}))
    yield ("job ttl -1", job({"ttlSecondsAfterFinished": -1}))
    yield ("job ads -1", job({"activeDeadlineSeconds": -1}))
    yield ("job ads 0", job({"activeDeadlineSeconds": 0}))
    yield ("job selector", job({"selector": {"matchLabels": {"a": "b"}}}))
    yield ("job sel manual mism", job({"manualSelector": True, "selector": {"matchLabels": {"a": "b"}}}))
    yield ("job manual no sel", job({"manualSelector": True}))
    yield ("job Indexed", job({"completionMode": "Indexed"}))
    yield ("job mode", job({"completionMode": "x"}))
    yield ("job name 64", job() | {"metadata": {"name": "a" * 64}})
    yield ("job name 63", job() | {"metadata": {"name": "a" * 63}})
    yield ("job dot name", job() | {"metadata": {"name": "a.b"}})
    yield ("job blpi", job({"backoffLimitPerIndex": 1}))
    yield ("job selector empty", job({"selector": {}}))
    yield ("job podReplacement", job({"podReplacementPolicy": "x"}))
    for x in [
        "* * * * *",
        "@daily",
        "@every 5m",
        "@every x",
        "@Daily",
        "@reboot",
        "",
        "60 * * * *",
        "* * * *",
        "* * * * * *",
        "*/5 * * * *",
        "0-60 * * * *",
        "5-3 * * * *",
        "* * * * 7",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * jan *",
        "* * * JAN-mar mon",
        "* * ? * ?",
        "L * * * *",
        "* * 30 2 *",
        "TZ=UTC * * * * *",
        "CRON_TZ=UTC * * * * *",
        "*/0 * * * *",
        "1,2,3 * * * *",
        "1,,2 * * * *",
        "a * * * *",
        "*/70 * * * *",
        "1/5 * * * *",
        "  0 0 * * *",
        "0 0 * * * ",
        "@every 1s",
        "@every -5m",
        "@every 1h30m",
        "* * L * *",
        "0 0 * * 1#2",
        "*-5 * * * *",
        "?/5 * * * *",
        "1-5/2 * * * *",
        "+5 * * * *",
        "0 0 * * sunday",
        "@hourly ",
        "@every  5m",
        "* * * * */2",
        "1/ * * * *",
        "-1 * * * *",
        "* */24 * * *",
    ]:
        yield (f"cron {x!r}", cj(schedule=x))
    yield ("cj tz", cj(timeZone="Nowhere/X"))
    yield ("cj tz empty", cj(timeZone=""))
    yield ("cj tz Local", cj(timeZone="Local"))
    yield ("cj tz ok", cj(timeZone="Europe/Berlin"))
    yield ("cj tz lower", cj(timeZone="europe/berlin"))
    yield ("cj 53", cj("a" * 53))
    yield ("cj 52", cj("a" * 52))
    yield ("cj dot", cj("a.b"))
    yield ("cj conc", cj(concurrencyPolicy="x"))
    yield ("cj dl -1", cj(startingDeadlineSeconds=-1))
    yield ("cj hist", cj(failedJobsHistoryLimit=-1))
    yield ("cj job always", cj(jobTemplate={"spec": {"template": {"spec": {"containers": [C]}}}}))
    yield (
        "cj manual",
        cj(
            jobTemplate={
                "spec": {"manualSelector": True, "template": {"spec": {"containers": [C], "restartPolicy": "Never"}}}
            }
        ),
    )
    yield (
        "cj job sel",
        cj(
            jobTemplate={
                "spec": {
                    "selector": {"matchLabels": {"a": "b"}},
                    "template": {"spec": {"containers": [C], "restartPolicy": "Never"}},
                }
            }
        ),
    )
    yield (
        "cj job label",
        cj(
            jobTemplate={
                "metadata": {"labels": {"a b": "c"}},
                "spec": {"template": {"spec": {"containers": [C], "restartPolicy": "Never"}}},
            }
        ),
    )
    yield ("hpa ok", hpa())
    yield ("hpa min>max", hpa(minReplicas=5))
    yield ("hpa max 0", hpa(maxReplicas=0))
    yield ("hpa min 0", hpa(minReplicas=0))
    yield (
        "hpa min 0 ext",
        hpa(
            minReplicas=0,
            metrics=[
                {"type": "External", "external": {"metric": {"name": "a"}, "target": {"type": "Value", "value": "1"}}}
            ],
        ),
    )
    yield ("hpa metric none", hpa(metrics=[{"type": "Resource"}]))
    yield (
        "hpa two",
        hpa(
            metrics=[cpu | {"pods": {"metric": {"name": "a"}, "target": {"type": "AverageValue", "averageValue": "1"}}}]
        ),
    )
    yield ("hpa type x", hpa(metrics=[cpu | {"type": "x"}]))
    yield ("hpa type mismatch", hpa(metrics=[cpu | {"type": "Pods"}]))
    yield (
        "hpa target none",
        hpa(metrics=[{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]),
    )
    yield (
        "hpa util 0",
        hpa(
            metrics=[
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 0}},
                }
            ]
        ),
    )
    yield (
        "hpa both",
        hpa(
            metrics=[
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 5, "averageValue": "1"},
                    },
                }
            ]
        ),
    )
    yield ("hpa ref kind", hpa(scaleTargetRef={"kind": "", "name": "d"}))
    yield ("hpa ref noname", hpa(scaleTargetRef={"kind": "D", "name": ""}))
    yield ("hpa ref name bad", hpa(scaleTargetRef={"kind": "D", "name": "a/b"}))
    yield (
        "hpa type case mism",
        hpa(metrics=[{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Value", "value": "1"}}}]),
    )
    yield ("hpa beh", hpa(behavior={"scaleDown": {"policies": []}}))
    yield ("hpa beh per", hpa(behavior={"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 0}]}}))
    yield ("hpa stab", hpa(behavior={"scaleDown": {"stabilizationWindowSeconds": 3601}}))
    yield ("hpa1 util 0", h1(targetCPUUtilizationPercentage=0))
    yield ("hpa1 min>max", h1(minReplicas=9))
    yield ("pdb none", pdb())
    yield ("pdb both", pdb(minAvailable=1, maxUnavailable=1))
    yield ("pdb -1", pdb(minAvailable=-1))
    yield ("pdb 101%", pdb(minAvailable="101%"))
    yield ("pdb text", pdb(minAvailable="5"))
    yield ("pdb sel", pdb(selector={"matchExpressions": [{"key": "a", "operator": "In"}]}))
    yield ("pdb evict", pdb(unhealthyPodEvictionPolicy="x"))
    yield (
        "pdb nosel",
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "p"},
            "spec": {"minAvailable": 1},
        },
    )
    yield ("svc ok", svc())
    yield ("svc 0", svc(ports=[{"port": 0}]))
    yield ("svc 99999", svc(ports=[{"port": 99999}]))
    yield ("svc noports", svc(ports=[]))
    yield ("svc noports headless", svc(ports=[], clusterIP="None"))
    yield ("svc ext noname", svc(type="ExternalName"))
    yield ("svc ext", svc(type="ExternalName", externalName="a.b."))
    yield ("svc ext noports", svc(type="ExternalName", externalName="a.b", ports=[]))
    yield ("svc ext up", svc(type="ExternalName", externalName="A.b"))
    yield ("svc ext _", svc(type="ExternalName", externalName="a_b"))
    yield ("svc ext clusterIP", svc(type="ExternalName", externalName="a.b", clusterIP="None"))
    yield ("svc 2 unnamed", svc(ports=[{"port": 1}, {"port": 2}]))
    yield ("svc one unnamed", svc(ports=[{"port": 1, "name": "a"}, {"port": 2}]))
    yield ("svc dup name", svc(ports=[{"port": 1, "name": "a"}, {"port": 2, "name": "a"}]))
    yield ("svc dup port", svc(ports=[{"port": 1, "name": "a"}, {"port": 1, "name": "b"}]))
    yield ("svc dup port udp", svc(ports=[{"port": 1, "name": "a"}, {"port": 1, "name": "b", "protocol": "UDP"}]))
    yield ("svc port name up", svc(ports=[{"port": 1, "name": "A"}]))
    yield ("svc port name long", svc(ports=[{"port": 1, "name": "a" * 20}]))
    yield ("svc target 0", svc(ports=[{"port": 1, "targetPort": 0}]))
    yield ("svc target name", svc(ports=[{"port": 1, "targetPort": "A b"}]))
    yield ("svc target big", svc(ports=[{"port": 1, "targetPort": 70000}]))
    yield ("svc target strnum", svc(ports=[{"port": 1, "targetPort": "80"}]))
    yield ("svc target empty", svc(ports=[{"port": 1, "targetPort": ""}]))
    yield ("svc target headless", svc(clusterIP="None", ports=[{"port": 1, "targetPort": 2}]))
    yield ("svc nodePort CIP", svc(ports=[{"port": 1, "nodePort": 30000}]))
    yield ("svc nodePort 80", svc(type="NodePort", ports=[{"port": 1, "nodePort": 80}]))
    yield ("svc nodePort 70000", svc(type="NodePort", ports=[{"port": 1, "nodePort": 70000}]))
    yield ("svc nodePort 0", svc(ports=[{"port": 1, "nodePort": 0}]))
    yield (
        "svc nodePort dup",
        svc(
            type="NodePort",
            ports=[{"name": "a", "port": 1, "nodePort": 30001}, {"name": "b", "port": 2, "nodePort": 30001}],
        ),
    )
    yield ("svc type", svc(type="x"))
    yield ("svc NP None", svc(type="NodePort", clusterIP="None"))
    yield ("svc LB None", svc(type="LoadBalancer", clusterIP="None"))
    yield ("svc cip bad", svc(clusterIP="x"))
    yield ("svc cip none", svc(clusterIP="none"))
    yield ("svc extIP", svc(externalIPs=["x"]))
    yield ("svc extIP lo", svc(externalIPs=["127.0.0.1"]))
    yield ("svc aff", svc(sessionAffinity="x"))
    yield ("svc etp", svc(externalTrafficPolicy="Local"))
    yield ("svc etp x", svc(type="NodePort", externalTrafficPolicy="x"))
    yield ("svc ranges", svc(loadBalancerSourceRanges=["1.1.1.0/24"]))
    yield ("svc ranges bad", svc(type="LoadBalancer", loadBalancerSourceRanges=["x"]))
    yield ("svc lbclass", svc(loadBalancerClass="a/b"))
    yield ("svc hcnp", svc(healthCheckNodePort=30000))
    yield ("svc sel", svc(selector={"a": "b c"}))
    yield ("svc fam", svc(ipFamilies=["x"]))
    yield ("svc famp", svc(ipFamilyPolicy="x"))
    yield ("svc affcfg", svc(sessionAffinityConfig={"clientIP": {"timeoutSeconds": 5}}))
    yield ("svc timeout", svc(sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {"timeoutSeconds": 0}}))
    yield ("svc itp", svc(internalTrafficPolicy="x"))
    yield ("svc proto", svc(ports=[{"port": 1, "protocol": "x"}]))
    yield ("svc appproto", svc(ports=[{"port": 1, "appProtocol": "a b"}]))
    yield ("svc alloc", svc(allocateLoadBalancerNodePorts=False))
    yield ("ing ok", ip())
    yield ("ing none", ing())
    yield ("ing relpath", ip(path="a"))
    yield ("ing nopath", ing(rules=[{"http": {"paths": [{"pathType": "Prefix", "backend": B}]}}]))
    yield ("ing impl rel", ip(path="a", pathType="ImplementationSpecific"))
    yield ("ing impl nopath", ing(rules=[{"http": {"paths": [{"pathType": "ImplementationSpecific", "backend": B}]}}]))
    yield ("ing pathType", ip(pathType="x"))
    yield ("ing //", ip(path="/a//b"))
    yield ("ing /..", ip(path="/a/.."))
    yield ("ing /../", ip(path="/a/../b"))
    yield ("ing %2f", ip(path="/a%2fb"))
    yield ("ing /.", ip(path="/a/."))
    yield ("ing port 0", ip(backend={"service": {"name": "s", "port": {"number": 0}}}))
    yield ("ing port none", ip(backend={"service": {"name": "s"}}))
    yield ("ing port both", ip(backend={"service": {"name": "s", "port": {"number": 1, "name": "a"}}}))
    yield ("ing port 70000", ip(backend={"service": {"name": "s", "port": {"number": 70000}}}))
    yield ("ing port name", ip(backend={"service": {"name": "s", "port": {"name": "A b"}}}))
    yield ("ing svc noname", ip(backend={"service": {"name": "", "port": {"number": 1}}}))
    yield ("ing svc dot", ip(backend={"service": {"name": "a.b", "port": {"number": 1}}}))
    yield ("ing svc 1a", ip(backend={"service": {"name": "1a", "port": {"number": 1}}}))
    yield ("ing none backend", ip(backend={}))
    yield ("ing both backend", ip(backend=B | {"resource": {"kind": "a", "name": "b"}}))
    yield ("ing host ip", ing(rules=[{"host": "1.1.1.1"}], defaultBackend=B))
    yield ("ing host only", ing(rules=[{"host": "a.b"}]))
    yield ("ing host up", ing(rules=[{"host": "A.b"}]))
    yield ("ing host *", ing(rules=[{"host": "*.a"}]))
    yield ("ing host **", ing(rules=[{"host": "*.*.a"}]))
    yield ("ing host * only", ing(rules=[{"host": "*"}]))
    yield ("ing host port", ing(rules=[{"host": "a.b:80"}]))
    yield ("ing empty paths", ing(rules=[{"http": {"paths": []}}]))
    yield ("ing class up", ing(ingressClassName="A_", defaultBackend=B))
    yield ("ing tls host", ing(defaultBackend=B, tls=[{"hosts": ["A b"]}]))
    yield (
        "ing both class",
        ing(defaultBackend=B, ingressClassName="a")
        | {"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "b"}}},
    )
    yield (
        "ing same class",
        ing(defaultBackend=B, ingressClassName="b")
        | {"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "b"}}},
    )
    yield ("ing tls secret", ing(defaultBackend=B, tls=[{"secretName": "A_"}]))


def policies_roles_data_storage_and_metadata() -> Iterator[Case]:
    yield ("np ok", np())
    yield ("np types", np(policyTypes=["x"]))
    yield ("np 3 types", np(policyTypes=["Ingress", "Egress", "Ingress"]))
    yield ("np dup types", np(policyTypes=["Ingress", "Ingress"]))
    yield ("np port big", np(ingress=[{"ports": [{"port": 70000}]}]))
    yield ("np port name", np(ingress=[{"ports": [{"port": "A b"}]}]))
    yield ("np proto", np(ingress=[{"ports": [{"protocol": "x"}]}]))
    yield ("np endport", np(ingress=[{"ports": [{"endPort": 80}]}]))
    yield ("np endport<", np(ingress=[{"ports": [{"port": 90, "endPort": 80}]}]))
    yield ("np endport name", np(ingress=[{"ports": [{"port": "a", "endPort": 80}]}]))
    yield ("np peer none", np(ingress=[{"from": [{}]}]))
    yield ("np peer both", np(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]))
    yield ("np cidr", np(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0"}}]}]))
    yield ("np cidr host bits", np(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}]))
    yield ("np except out", np(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]}]))
    yield ("np except same", np(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]}]))
    yield ("np except ok", np(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}]))
    yield ("np sel", np(podSelector={"matchLabels": {"a": "b c"}}))
    yield ("np cidr leading0", np(ingress=[{"from": [{"ipBlock": {"cidr": "010.0.0.0/8"}}]}]))
    yield ("role ok", role())
    yield ("role name", role(n="system:a/b"))
    yield ("role name2", role(n="system:A_b c"))
    yield ("role verbs", role(verbs=[]))
    yield ("role nogroups", o(R, "Role", rules=[{"resources": ["pods"], "verbs": ["get"]}]))
    yield ("role nores", o(R, "Role", rules=[{"apiGroups": [""], "verbs": ["get"]}]))
    yield ("role nonres", o(R, "Role", rules=[{"nonResourceURLs": ["/a"], "verbs": ["get"]}]))
    yield ("cr nonres", o(R, "ClusterRole", rules=[{"nonResourceURLs": ["/a"], "verbs": ["get"]}]))
    yield (
        "cr both",
        o(
            R,
            "ClusterRole",
            rules=[{"apiGroups": [""], "resources": ["pods"], "nonResourceURLs": ["/a"], "verbs": ["get"]}],
        ),
    )
    yield ("cr agg empty", o(R, "ClusterRole", aggregationRule={}, rules=None))
    yield ("role apiGroups []", role(apiGroups=[]))
    yield (
        "cr agg none rules",
        o(R, "ClusterRole", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}),
    )
    yield ("rb ok", rb(subs=[SA]))
    yield ("rb kind", rb(ref={"kind": "x"}))
    yield ("rb group", rb(ref={"apiGroup": "x"}))
    yield ("rb group none", o(R, "RoleBinding", roleRef={"kind": "Role", "name": "r"}))
    yield ("rb name", rb(ref={"name": ""}))
    yield ("crb Role", rb("ClusterRoleBinding"))
    yield ("rb sa no ns", rb(subs=[{"kind": "ServiceAccount", "name": "a"}]))
    yield ("crb sa no ns", rb("ClusterRoleBinding", {"kind": "ClusterRole"}, [{"kind": "ServiceAccount", "name": "a"}]))
    yield ("rb sa name", rb(subs=[SA | {"name": "A_"}]))
    yield ("rb sa group", rb(subs=[SA | {"apiGroup": "rbac.authorization.k8s.io"}]))
    yield ("rb user group", rb(subs=[{"kind": "User", "name": "a", "apiGroup": "x"}]))
    yield ("rb user", rb(subs=[{"kind": "User", "name": "A b/c"}]))
    yield ("rb user noname", rb(subs=[{"kind": "User", "name": ""}]))
    yield ("rb subj kind", rb(subs=[{"kind": "x", "name": "a"}]))
    yield ("rb user empty group", rb(subs=[{"kind": "User", "name": "a", "apiGroup": ""}]))
    yield ("rb ref name slash", rb(ref={"name": "a/b"}))
    yield ("cm key", o("v1", "ConfigMap", data={"a/b": "x"}))
    yield ("cm key ..", o("v1", "ConfigMap", data={"..a": "x"}))
    yield ("cm key .", o("v1", "ConfigMap", data={".": "x"}))
    yield ("cm key ...", o("v1", "ConfigMap", data={"a..b": "x"}))
    yield ("cm both", o("v1", "ConfigMap", data={"a": "x"}, binaryData={"a": "eA=="}))
    yield ("cm big", o("v1", "ConfigMap", data={"a": "x" * (1 << 20)}))
    yield ("cm big+1", o("v1", "ConfigMap", data={"a": "x" * ((1 << 20) + 1)}))
    yield ("cm long key", o("v1", "ConfigMap", data={"a" * 254: "x"}))
    yield ("cm empty key", o("v1", "ConfigMap", data={"": "x"}))
    yield ("sec tls", sec("kubernetes.io/tls"))
    yield ("sec tls one", sec("kubernetes.io/tls", **{"tls.crt": "eA=="}))
    yield ("sec tls empty", sec("kubernetes.io/tls", **{"tls.crt": "", "tls.key": ""}))
    yield ("sec docker", sec("kubernetes.io/dockerconfigjson"))
    yield ("sec docker bad", sec("kubernetes.io/dockerconfigjson", **{".dockerconfigjson": "eA=="}))
    yield ("sec basic", sec("kubernetes.io/basic-auth"))
    yield ("sec basic u", sec("kubernetes.io/basic-auth", username="eA=="))
    yield ("sec ssh", sec("kubernetes.io/ssh-auth"))
    yield ("sec ssh empty", sec("kubernetes.io/ssh-auth", **{"ssh-privatekey": ""}))
    yield ("sec sa", sec("kubernetes.io/service-account-token"))
    yield ("sec dockercfg", sec("kubernetes.io/dockercfg"))
    yield ("sec boot", sec("bootstrap.kubernetes.io/token"))
    yield ("sec key", sec(**{"a b": "eA=="}))
    yield ("sec type", sec("a b"))
    yield ("pvc ok", pvc())
    yield ("pvc no modes", pvc(accessModes=[]))
    yield ("pvc mode", pvc(accessModes=["x"]))
    yield ("pvc RWOP+", pvc(accessModes=["ReadWriteOncePod", "ReadWriteOnce"]))
    yield ("pvc no req", pvc(resources={}))
    yield ("pvc 0", pvc(resources={"requests": {"storage": "0"}}))
    yield ("pvc neg", pvc(resources={"requests": {"storage": "-1"}}))
    yield ("pvc sc", pvc(storageClassName="A_"))
    yield ("pvc sc empty", pvc(storageClassName=""))
    yield ("pvc vm", pvc(volumeMode="x"))
    yield ("pvc req other", pvc(resources={"requests": {"storage": "1", "cpu": "1"}}))
    yield ("pvc lim<req", pvc(resources={"requests": {"storage": "2"}, "limits": {"storage": "1"}}))
    yield ("pvc sel", pvc(selector={"matchLabels": {"a": "b c"}}))
    yield ("pvc ds", pvc(dataSource={"kind": "a"}))
    yield ("pvc vol name", pvc(volumeName="A_"))
    yield ("pv ok", pv())
    yield ("pv no modes", pv(accessModes=[]))
    yield ("pv nocap", pv(capacity={}))
    yield ("pv cap other", pv(capacity={"storage": "1", "cpu": "1"}))
    yield ("pv cap 0", pv(capacity={"storage": "0"}))
    yield ("pv two", pv(nfs={"server": "a", "path": "/b"}))
    yield (
        "pv none",
        o("v1", "PersistentVolume", spec={"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1"}}),
    )
    yield ("pv reclaim", pv(persistentVolumeReclaimPolicy="x"))
    yield (
        "pv local noaff",
        o(
            "v1",
            "PersistentVolume",
            spec={"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1"}, "local": {"path": "/a"}},
        ),
    )
    yield ("pv mode", pv(accessModes=["x"]))
    yield ("pv sc", pv(storageClassName="A_"))
    yield ("pv RWOP", pv(accessModes=["ReadWriteOncePod", "ReadWriteMany"]))
    yield ("pv volmode", pv(volumeMode="x"))
    yield ("pv Recycle /", pv(hostPath={"path": "/"}, persistentVolumeReclaimPolicy="Recycle"))
    yield ("sc ok", o(SC, "StorageClass", provisioner="a/b"))
    yield ("sc empty", o(SC, "StorageClass", provisioner=""))
    yield ("sc up", o(SC, "StorageClass", provisioner="Example.com/B"))
    yield ("sc bad", o(SC, "StorageClass", provisioner="a b"))
    yield ("sc reclaim", o(SC, "StorageClass", provisioner="a", reclaimPolicy="Recycle"))
    yield ("sc mode", o(SC, "StorageClass", provisioner="a", volumeBindingMode="x"))
    yield ("sc param empty", o(SC, "StorageClass", provisioner="a", parameters={"": "x"}))
    yield ("pc ok", o(PC, "PriorityClass", value=1))
    yield ("pc big", o(PC, "PriorityClass", value=1000000001))
    yield ("pc sys", o(PC, "PriorityClass", "system-a", value=1))
    yield ("pc pre", o(PC, "PriorityClass", value=1, preemptionPolicy="x"))
    yield ("pc neg", o(PC, "PriorityClass", value=-5))
    yield ("wh ok", wh())
    yield ("wh name", wh(name="a.b"))
    yield ("wh none", wh(clientConfig={}))
    yield ("wh both", wh(clientConfig={"url": "https://a", "service": {"name": "a", "namespace": "b"}}))
    yield ("wh http", wh(clientConfig={"url": "http://a.b"}))
    yield ("wh se", wh(sideEffects="Some"))
    yield ("wh arv", wh(admissionReviewVersions=[]))
    yield ("wh arv x", wh(admissionReviewVersions=["v9"]))
    yield ("wh to", wh(timeoutSeconds=31))
    yield ("wh to0", wh(timeoutSeconds=0))
    yield ("wh fp", wh(failurePolicy="x"))
    yield ("wh mp", wh(matchPolicy="x"))
    yield ("wh op", wh(rules=[{"operations": ["x"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]))
    yield (
        "wh op *+",
        wh(rules=[{"operations": ["*", "CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]),
    )
    yield ("wh rules nogroups", wh(rules=[{"operations": ["*"], "apiVersions": ["v1"], "resources": ["pods"]}]))
    yield ("wh dup", o(A, "ValidatingWebhookConfiguration", webhooks=wh()["webhooks"] * 2))
    yield ("wh norules", wh(rules=[]))
    yield (
        "wh scope",
        wh(
            rules=[{"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "scope": "x"}]
        ),
    )
    yield ("wh ns sel", wh(namespaceSelector={"matchExpressions": [{"key": "a", "operator": "In"}]}))
    yield ("mwh reinv", wh("MutatingWebhookConfiguration", reinvocationPolicy="x"))
    yield ("wh svc", wh(clientConfig={"service": {"name": "a", "namespace": "b"}}))
    yield ("wh url q", wh(clientConfig={"url": "https://a.b?x=1"}))
    yield ("wh svcpath", wh(clientConfig={"service": {"name": "a", "namespace": "b", "path": "x"}}))
    yield ("wh svc port", wh(clientConfig={"service": {"name": "a", "namespace": "b", "port": 0}}))
    yield ("quota neg", o("v1", "ResourceQuota", spec={"hard": {"cpu": "-1"}}))
    yield ("quota name", o("v1", "ResourceQuota", spec={"hard": {"foo": "1"}}))
    yield (
        "quota ok",
        o(
            "v1",
            "ResourceQuota",
            spec={
                "hard": {
                    "requests.cpu": "1",
                    "count/deployments.apps": "3",
                    "a.storageclass.storage.k8s.io/requests.storage": "1",
                }
            },
        ),
    )
    yield ("quota frac pods", o("v1", "ResourceQuota", spec={"hard": {"pods": "500m"}}))
    yield ("quota scope", o("v1", "ResourceQuota", spec={"hard": {"pods": "1"}, "scopes": ["x"]}))
    yield (
        "lr min>max",
        o("v1", "LimitRange", spec={"limits": [{"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}}]}),
    )
    yield (
        "lr def>max",
        o("v1", "LimitRange", spec={"limits": [{"type": "Container", "default": {"cpu": "2"}, "max": {"cpu": "1"}}]}),
    )
    yield ("lr pod default", o("v1", "LimitRange", spec={"limits": [{"type": "Pod", "default": {"cpu": "2"}}]}))
    yield ("lr dup type", o("v1", "LimitRange", spec={"limits": [{"type": "Container", "max": {"cpu": "1"}}] * 2}))
    yield (
        "lr req>def",
        o(
            "v1",
            "LimitRange",
            spec={"limits": [{"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "2"}}]},
        ),
    )
    yield ("lr type x", o("v1", "LimitRange", spec={"limits": [{"type": "x", "max": {"cpu": "1"}}]}))
    yield ("lab key", meta(labels={"a b": "c"}))
    yield ("lab val", meta(labels={"a": "c d"}))
    yield ("lab empty val", meta(labels={"a": ""}))
    yield ("lab long", meta(labels={"a": "b" * 64}))
    yield ("lab prefix up", meta(labels={"A.b/c": "d"}))
    yield ("lab prefix", meta(labels={"a_b/c": "d"}))
    yield ("lab two /", meta(labels={"a/b/c": "d"}))
    yield ("lab /c", meta(labels={"/c": "d"}))
    yield ("lab name up", meta(labels={"a.b/C_d.e": "D"}))
    yield ("anno key up", meta(annotations={"A.B/c": "d"}))
    yield ("anno key bad", meta(annotations={"a b": "d"}))
    yield ("anno big", meta(annotations={"a": "x" * (256 * 1024 - 1)}))
    yield ("anno big+", meta(annotations={"a": "x" * (256 * 1024)}))
    yield ("fin", meta(finalizers=["a"]))
    yield ("fin bad", meta(finalizers=["a b"]))
    yield ("fin dom", meta(finalizers=["a.b/c"]))
    yield ("owner nouid", meta(ownerReferences=[{"apiVersion": "v1", "kind": "a", "name": "b", "uid": ""}]))
    yield (
        "owner two ctrl",
        meta(ownerReferences=[{"apiVersion": "v1", "kind": "a", "name": "b", "uid": "c", "controller": True}] * 2),
    )
    yield ("owner event", meta(ownerReferences=[{"apiVersion": "v1", "kind": "Event", "name": "b", "uid": "c"}]))
    yield ("owner nover", meta(ownerReferences=[{"apiVersion": "", "kind": "a", "name": "b", "uid": "c"}]))
    yield ("genname", meta(name="", generateName="a-"))
    yield ("genname up", meta(name="", generateName="A-"))
    yield ("genname dot", meta(name="", generateName="a."))
    yield ("noname", meta(name=""))
    yield ("lab key long", meta(labels={"a" * 64: "b"}))
    yield ("anno key /", meta(annotations={"a.b/c/d": "x"}))
    yield ("gen+name", meta(generateName="A_"))
    for n in ["a.b", "A", "a_b", "a..b", "-a", "a-", "1", "a" * 253, "a" * 254, ".a", "a.", "a..", ".."]:
        yield ("name " + n[:9], {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": n}})


def definitions() -> Iterator[Case]:
    yield ("crd ok", cf({"type": "string"}))
    yield ("crd notype", cf({}))
    yield ("crd pattern", cf({"type": "string", "pattern": "(["}))
    yield ("crd lookahead", cf({"type": "string", "pattern": "(?=a)"}))
    yield ("crd pattern ok", cf({"type": "string", "pattern": "^[a-z]{1,5}\\d$"}))
    yield ("crd uniq", cf({"type": "array", "uniqueItems": True, "items": {"type": "string"}}))
    yield ("crd items", cf({"type": "array"}))
    yield (
        "crd both",
        cf({"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": {"type": "string"}}),
    )
    yield ("crd addfalse", cf({"type": "object", "additionalProperties": False}))
    yield ("crd addtrue", cf({"type": "object", "additionalProperties": True}))
    yield (
        "crd props addtrue",
        cf({"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": True}),
    )
    yield ("crd ios type", cf({"type": "string", "x-kubernetes-int-or-string": True}))
    yield ("crd ios", cf({"x-kubernetes-int-or-string": True}))
    yield (
        "crd ios anyof",
        cf({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}),
    )
    yield (
        "crd ios anyof pat",
        cf({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^a$"}),
    )
    yield (
        "crd ios allof",
        cf(
            {
                "x-kubernetes-int-or-string": True,
                "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "a"}],
            }
        ),
    )
    yield ("crd preserve", cf({"x-kubernetes-preserve-unknown-fields": True}))
    yield ("crd preserve false", cf({"type": "object", "x-kubernetes-preserve-unknown-fields": False}))
    yield ("crd preserve obj", cf({"type": "object", "x-kubernetes-preserve-unknown-fields": True}))
    yield (
        "crd embed",
        cf({"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}),
    )
    yield ("crd embed none", cf({"type": "object", "x-kubernetes-embedded-resource": True}))
    yield ("crd root array", crd({"type": "array", "items": {"type": "string"}}))
    yield ("crd root notype", crd({"properties": {}}))
    yield ("crd root preserve", crd({"type": "object", "x-kubernetes-preserve-unknown-fields": True}))
    yield ("crd root add", crd({"type": "object", "additionalProperties": {"type": "string"}}))
    yield ("crd ref", cf({"$ref": "#/definitions/a"}))
    yield (
        "crd list map",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield (
        "crd list map nokey",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield (
        "crd list map notreq",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield (
        "crd list map default",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string", "default": "a"}}},
            }
        ),
    )
    yield (
        "crd list map missing",
        cf(
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["z"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            }
        ),
    )
    yield ("crd list set", cf({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}))
    yield ("crd list x", cf({"type": "array", "x-kubernetes-list-type": "x", "items": {"type": "string"}}))
    yield (
        "crd maptype",
        cf({"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {"type": "string"}}}),
    )
    yield ("crd maptype str", cf({"type": "string", "x-kubernetes-map-type": "atomic"}))
    yield ("crd anyof type", cf({"type": "string", "anyOf": [{"type": "string"}]}))
    yield ("crd anyof pattern", cf({"type": "string", "anyOf": [{"pattern": "a"}, {"enum": ["b"]}]}))
    yield ("crd anyof desc", cf({"type": "string", "anyOf": [{"description": "x", "pattern": "a"}]}))
    yield ("crd anyof title", cf({"type": "string", "anyOf": [{"title": "x", "pattern": "a"}]}))
    yield (
        "crd oneof req",
        cf(
            {
                "type": "object",
                "properties": {"x": {"type": "string"}, "y": {"type": "string"}},
                "oneOf": [{"required": ["x"]}, {"required": ["y"]}],
            }
        ),
    )
    yield (
        "crd not props",
        cf({"type": "object", "properties": {"x": {"type": "string"}}, "not": {"properties": {"x": {"enum": ["a"]}}}}),
    )
    yield ("crd anyof nullable", cf({"type": "string", "anyOf": [{"nullable": True}]}))
    yield ("crd anyof default", cf({"type": "string", "anyOf": [{"default": "a"}]}))
    yield (
        "crd anyof items",
        cf({"type": "array", "items": {"type": "string"}, "anyOf": [{"items": {"pattern": "a"}}]}),
    )
    yield (
        "crd anyof addl",
        cf(
            {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "anyOf": [{"additionalProperties": {"pattern": "a"}}],
            }
        ),
    )
    yield ("crd format", cf({"type": "string", "format": "whatever"}))
    yield ("crd default", cf({"type": "string", "default": "a"}))
    yield ("crd nullable", cf({"type": "string", "nullable": True}))
    yield ("crd enum null", cf({"type": "string", "enum": ["a", ""]}))
    yield (
        "crd cel",
        cf(
            {
                "type": "object",
                "properties": {"x": {"type": "integer"}},
                "x-kubernetes-validations": [{"rule": "self.x > 1"}],
            }
        ),
    )
    yield ("crd name", crd({"type": "object"}, name="ys.e.io"))
    yield (
        "crd two storage",
        crd({"type": "object"})
        | {"spec": crd({"type": "object"})["spec"] | {"versions": crd({"type": "object"})["spec"]["versions"] * 2}},
    )
    yield ("crd no storage", crd({"type": "object"}, storage=False))
    yield (
        "crd no schema",
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "xs.e.io"},
            "spec": {
                "group": "e.io",
                "scope": "Namespaced",
                "names": {"kind": "X", "plural": "xs"},
                "versions": [{"name": "v1", "served": True, "storage": True}],
            },
        },
    )
    yield ("crd scope", crd({"type": "object"}) | {"spec": crd({"type": "object"})["spec"] | {"scope": "x"}})
    yield (
        "crd meta",
        crd(
            {
                "type": "object",
                "properties": {
                    "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}
                },
            }
        ),
    )
    yield ("crd type x", cf({"type": "text"}))
    yield ("crd preserve notype", cf({"x-kubernetes-preserve-unknown-fields": True, "nullable": True}))
    yield ("crd ver name", crd({"type": "object"}, name2=None) if False else crd({"type": "object"}))


def cases() -> list[Case]:
    found = (
        containers_and_volumes(),
        pods_and_workloads(),
        batch_and_network(),
        policies_roles_data_storage_and_metadata(),
        definitions(),
    )
    return [
        (label, {key: value for key, value in body.items() if value is not None})
        for part in found
        for label, body in part
    ]
