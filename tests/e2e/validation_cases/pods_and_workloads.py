"""What the API server's validation refuses and takes: pods and workloads."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.validation_cases.objects import (
    C,
    Case,
    E,
    P,
    S,
    c,
    dep,
    ds,
    job,
    na,
    ts,
)


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
