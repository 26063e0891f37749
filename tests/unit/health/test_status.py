"""The health of an object by its status: the cases of kstatus, and objects that are nothing like it."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.health import health_of

D = "apps/Deployment"
READY = {"type": "Ready", "status": "True"}


def live(kind: str, status: Any = None, spec: Any = None, **metadata: Any) -> dict[str, Any]:
    group, _, name = kind.rpartition("/")
    body: dict[str, Any] = {"apiVersion": f"{group}/v1" if group else "v1", "kind": name, "metadata": metadata}
    return body | ({} if status is None else {"status": status}) | ({} if spec is None else {"spec": spec})


def replicas(count: int, **other: Any) -> dict[str, Any]:
    fields = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")
    return dict.fromkeys(fields, count) | other


def scheduled(count: int, **other: Any) -> dict[str, Any]:
    fields = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
    return dict.fromkeys((*fields, "numberAvailable", "numberReady"), count) | {"observedGeneration": 1} | other


def condition(kind: str, status: str, **other: str) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, **other}]}


LATE = condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="too slow")
CRASHING = [{"name": "web", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]

FULL = condition("PodScheduled", "False", reason="Unschedulable", message="no cpu")


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (live("ConfigMap"), "current", ""),
        (live("ConfigMap", deletionTimestamp="2026-01-01T00:00:00Z"), "terminating", "since 2026-01-01T00:00:00Z"),
        (
            live(D, replicas(3, observedGeneration=1), {"replicas": 3}, generation=2),
            "in-progress",
            "1 of 2",
        ),
        (live("Namespace", {"phase": "Active"}), "current", ""),
        (live("Namespace", {"phase": "Terminating"}), "in-progress", "Terminating"),
        (live("apiregistration.k8s.io/APIService", condition("Available", "True")), "current", ""),
        (
            live("apiregistration.k8s.io/APIService", condition("Available", "False", message="down")),
            "in-progress",
            "down",
        ),
        (live("apiregistration.k8s.io/APIService", {}), "in-progress", "available"),
        (live(D, replicas(3), {"replicas": 3}), "current", ""),
        (live(D, replicas(1)), "current", ""),
        (live(D, {}, {"replicas": 0}), "current", ""),
        (
            live(D, replicas(3, readyReplicas=1), {"replicas": 3}),
            "in-progress",
            "1 of 3 replicas are ready",
        ),
        (
            live(D, replicas(3, updatedReplicas=2), {"replicas": 3}),
            "in-progress",
            "2 of 3 replicas are up",
        ),
        (live(D, replicas(3, replicas=4), {"replicas": 3}), "in-progress", "1 old replicas"),
        (live(D, replicas(3) | LATE, {"replicas": 3}), "failed", "too slow"),
        (
            live(D, replicas(3) | condition("Available", "False"), {"replicas": 3}),
            "in-progress",
            "not avail",
        ),
        (live("apps/ReplicaSet", replicas(2), {"replicas": 2}), "current", ""),
        (live("apps/ReplicaSet", condition("ReplicaFailure", "True", message="quota")), "in-progress", "quota"),
        (live("apps/StatefulSet", replicas(2), {"replicas": 2}), "current", ""),
        (live("apps/StatefulSet", replicas(1), {"replicas": 2}), "in-progress", "1 of 2 replicas are there"),
        (
            live(
                "apps/StatefulSet",
                replicas(3, updatedReplicas=1, currentRevision="a", updateRevision="b"),
                {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            ),
            "current",
            "",
        ),
        (
            live("apps/StatefulSet", replicas(3, updatedReplicas=1, updateRevision="b"), {"replicas": 3}),
            "in-progress",
            "1 of 3 replicas are updated",
        ),
        (live("apps/StatefulSet", {}, {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}), "current", ""),
        (live("apps/DaemonSet", scheduled(2)), "current", ""),
        (live("apps/DaemonSet", {}), "in-progress", "has not seen it"),
        (live("apps/DaemonSet", scheduled(2, numberReady=0)), "in-progress", "0 of 2 replicas are ready"),
        (live("Pod", {"phase": "Running", "conditions": [READY]}), "current", ""),
        (live("Pod", {"phase": "Succeeded"}), "current", ""),
        (live("Pod", {"phase": "Running"}), "in-progress", "not ready"),
        (live("Pod", {"phase": "Failed", "reason": "Evicted"}), "failed", "Evicted"),
        (live("Pod", {"phase": "Pending", "containerStatuses": CRASHING}), "failed", "web waits: CrashLoopBackOff"),
        (
            live(
                "Pod",
                {"phase": "Pending"} | FULL,
            ),
            "failed",
            "no cpu",
        ),
        (live("batch/Job", {}), "in-progress", "not started"),
        (live("batch/Job", {"startTime": "2026-01-01T00:00:00Z"}), "current", ""),
        (live("batch/Job", condition("Complete", "True")), "current", ""),
        (live("batch/Job", condition("Failed", "True", message="BackoffLimitExceeded")), "failed", "Backoff"),
        (live("PersistentVolumeClaim", {"phase": "Bound"}), "current", ""),
        (live("PersistentVolumeClaim", {"phase": "Pending"}), "in-progress", "Pending"),
        (live("PersistentVolumeClaim", {"phase": "Lost"}), "failed", "gone"),
        (live("Service", {"loadBalancer": {}}, {"type": "ClusterIP"}), "current", ""),
        (live("Service", {"loadBalancer": {}}, {"type": "LoadBalancer"}), "in-progress", "no address"),
        (live("Service", {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}, {"type": "LoadBalancer"}), "current", ""),
        (live("apiextensions.k8s.io/CustomResourceDefinition", condition("Established", "True")), "current", ""),
        (live("apiextensions.k8s.io/CustomResourceDefinition", {}), "in-progress", "not served"),
        (
            live("apiextensions.k8s.io/CustomResourceDefinition", condition("NamesAccepted", "False", message="taken")),
            "failed",
            "taken",
        ),
        (live("example.com/Thing", {"phase": "odd"}), "current", ""),
        (live("example.com/Thing", {"conditions": [READY]}), "current", ""),
        (live("example.com/Thing", condition("Ready", "False", message="no such host")), "in-progress", "no such host"),
        (live("example.com/Thing", condition("Stalled", "True", reason="BadSpec")), "failed", "BadSpec"),
        (live("example.com/Thing", condition("Reconciling", "True", message="at it")), "in-progress", "at it"),
        (live("argoproj.io/Deployment", {}), "current", ""),
    ],
)
def test_the_status_of_an_object_says_how_it_is(body: dict[str, Any], status: str, told: str) -> None:
    found = health_of(body)
    assert found.status == status
    assert told in found.message


@pytest.mark.parametrize("odd", [None, 1, "x", [], [1], {"conditions": {}}, {"conditions": [1, {"type": 1}]}])
@pytest.mark.parametrize(
    "kind", ["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "Pod", "batch/Job", "Service", "example.com/T"]
)
def test_an_object_of_any_shape_has_some_health(kind: str, odd: Any) -> None:
    assert health_of(live(kind, odd, odd)).status in ("current", "in-progress", "failed")
    assert health_of(live(kind, {"replicas": odd, "containerStatuses": odd}, {"replicas": odd})).status
