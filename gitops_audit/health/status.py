"""The health of an object by its status, with the meanings of kstatus, which Flux and `kubectl rollout` share.

An object is `current` where the cluster has done what its spec asks, `in-progress` on the way there, `failed` where it
will not come there by itself, `terminating` while it is deleted (sigs.k8s.io/cli-utils/pkg/kstatus).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gitops_audit.health.pod import pod
from gitops_audit.health.workload import daemon_set, deployment, replica_set, stateful_set
from gitops_audit.model.finding import Health
from gitops_audit.model.resource import JsonObject, group_of, mapping

CURRENT = Health("current")

Conditions = Mapping[str, JsonObject]


def health_of(live: JsonObject) -> Health:
    """What the status of a live object says; one without a status is current once it is there."""
    metadata, status = mapping(live.get("metadata")), mapping(live.get("status"))
    if "deletionTimestamp" in metadata:
        return Health("terminating", f"it is being deleted since {metadata['deletionTimestamp']}")
    observed, generation = status.get("observedGeneration"), metadata.get("generation")
    if observed is not None and generation is not None and observed != generation:
        return Health("in-progress", f"its controller has seen generation {observed} of {generation}")
    found = conditions(status)
    if found.get("Stalled", {}).get("status") == "True":
        return Health("failed", told(found["Stalled"]))
    if found.get("Reconciling", {}).get("status") == "True":
        return Health("in-progress", told(found["Reconciling"]))
    group, kind = group_of(live), str(live.get("kind", ""))
    own = _KINDS.get((group, kind))
    return own(mapping(live.get("spec")), status, found) if own is not None else _ready(found)


def conditions(status: JsonObject) -> Conditions:
    """The conditions by their types."""
    entries = status.get("conditions")
    return {str(c.get("type")): c for c in (entries if isinstance(entries, list) else ()) if isinstance(c, dict)}


def told(condition: JsonObject) -> str:
    """What a condition says, in a sentence where it has one."""
    return str(condition.get("message") or condition.get("reason") or condition.get("type") or "")


def _ready(found: Conditions) -> Health:
    """Any kind that is not known: its condition Ready, where it has one."""
    ready = found.get("Ready")
    return CURRENT if ready is None or ready.get("status") == "True" else Health("in-progress", told(ready))


def _job(spec: JsonObject, status: JsonObject, found: Conditions) -> Health:
    if found.get("Failed", {}).get("status") == "True":
        return Health("failed", told(found["Failed"]))
    is_done = found.get("Complete", {}).get("status") == "True"
    return CURRENT if is_done or status.get("startTime") else Health("in-progress", "it has not started")


def _claim(spec: JsonObject, status: JsonObject, found: Conditions) -> Health:
    phase = status.get("phase")
    if phase == "Lost":
        return Health("failed", "its volume is gone")
    return CURRENT if phase == "Bound" else Health("in-progress", f"it is {phase or 'not bound'}")


def _definition(spec: JsonObject, status: JsonObject, found: Conditions) -> Health:
    for name in ("NamesAccepted", "Established"):
        condition = found.get(name, {})
        if condition.get("status") == "False" and condition.get("reason") != "Installing":
            return Health("failed", told(condition))
    is_served = found.get("Established", {}).get("status") == "True"
    return CURRENT if is_served else Health("in-progress", "it is not served yet")


def _api_service(spec: JsonObject, status: JsonObject, found: Conditions) -> Health:
    available = found.get("Available", {})
    if available.get("status") == "True":
        return CURRENT
    return Health("in-progress", told(available) or "it is not known to be available")


def _namespace(spec: JsonObject, status: JsonObject, found: Conditions) -> Health:
    phase = status.get("phase")
    return CURRENT if phase in (None, "Active") else Health("in-progress", f"it is {phase}")


def _service(spec: JsonObject, status: JsonObject, found: Conditions) -> Health:
    balancer = mapping(status.get("loadBalancer"))
    is_waiting = spec.get("type") == "LoadBalancer" and not balancer.get("ingress")
    return Health("in-progress", "no address was given to its load balancer") if is_waiting else CURRENT


_Judge = Callable[[Any, JsonObject, Conditions], Health]
_KINDS: Mapping[tuple[str, str], _Judge] = {
    ("apps", "Deployment"): deployment,
    ("apps", "StatefulSet"): stateful_set,
    ("apps", "DaemonSet"): daemon_set,
    ("apps", "ReplicaSet"): replica_set,
    ("", "Pod"): pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("", "Namespace"): _namespace,
    ("batch", "Job"): _job,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
