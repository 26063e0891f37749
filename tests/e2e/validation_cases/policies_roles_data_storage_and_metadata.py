"""What the API server's validation refuses and takes: policies, roles, data, storage and metadata."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.validation_cases.objects import (
    PC,
    SA,
    SC,
    A,
    Case,
    R,
    meta,
    np,
    o,
    pv,
    pvc,
    rb,
    role,
    sec,
    wh,
)


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
