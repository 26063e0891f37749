"""Valid objects of many kinds, to be changed in one place."""

from __future__ import annotations

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
