"""What the server adds to an object after its owners are settled: allocated values that nobody owns."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from gitops_audit.kube.defaults import TEMPLATE_GENERATION
from gitops_audit.sandbox.status import ApiError
from gitops_audit.sandbox.types import JsonObject

_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def admit_new(group: str, kind: str, body: JsonObject, taken: Collection[str]) -> None:
    """Completes a new object in place. `taken` are the cluster IPs in use."""
    complete = _COMPLETIONS.get((group, kind))
    if complete is not None:
        complete(body)
    if (group, kind) == ("", "Service"):
        _service(body["spec"], taken)


def carry_over(group: str, kind: str, live: JsonObject, body: JsonObject) -> None:
    """What an update that does not mention it keeps: allocated addresses, the labels and selector of a Job."""
    if (group, kind) == ("", "Service") and body["spec"]["type"] != "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if name in live["spec"]:
                body["spec"].setdefault(name, live["spec"][name])
    if (group, kind) == ("batch", "Job") and not body["spec"].get("selector"):
        body["spec"]["selector"] = live["spec"].get("selector")
    if (group, kind) == ("apps", "DaemonSet"):
        body["metadata"]["annotations"][TEMPLATE_GENERATION] = _template_generation(live)


def count_template(group: str, kind: str, live: JsonObject, body: JsonObject) -> None:
    """Counts the changes of a DaemonSet's template, in place; nobody owns the count."""
    if (group, kind) == ("apps", "DaemonSet") and live["spec"]["template"] != body["spec"]["template"]:
        annotations = body["metadata"]["annotations"]
        counted = str(int(_template_generation(live)) + 1)
        body["metadata"]["annotations"] = annotations | {TEMPLATE_GENERATION: counted}


def _template_generation(body: JsonObject) -> str:
    annotations: dict[str, str] = body["metadata"].get("annotations", {})
    return annotations.get(TEMPLATE_GENERATION, "1")


def _service(spec: JsonObject, taken: Collection[str]) -> None:
    if spec["type"] == "ExternalName":
        return
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _free_address(taken)
    elif spec["clusterIP"] in taken and spec["clusterIP"] != "None":
        raise ApiError(422, f"the cluster IP {spec['clusterIP']} is already allocated")
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _free_address(taken: Collection[str]) -> str:
    for number in range(1, 2**16):
        address = f"10.96.{number >> 8}.{number & 255}"
        if address not in taken:
            return address
    raise ApiError(500, "no cluster IP is left")


def _pod(body: JsonObject) -> None:
    spec, resources = body["spec"], [c["resources"] for c in body["spec"].get("containers") or ()]
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerated = {toleration.get("key") for toleration in spec.get("tolerations") or ()}
    added = [_toleration(taint) for taint in _TAINTS if not tolerated & {taint, None}]
    if added:
        spec["tolerations"] = [*(spec.get("tolerations") or ()), *added]
    body["status"]["qosClass"] = _quality(resources)


def _toleration(taint: str) -> JsonObject:
    return {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}


def _quality(resources: list[JsonObject]) -> str:
    if not any(r.get("limits") or r.get("requests") for r in resources):
        return "BestEffort"
    exact = all({"cpu", "memory"} <= set(r.get("limits", {})) and r["limits"] == r.get("requests") for r in resources)
    return "Guaranteed" if exact else "Burstable"


def _job(body: JsonObject) -> None:
    if body["spec"].get("manualSelector"):
        return
    uid, name = body["metadata"]["uid"], body["metadata"]["name"]
    labels: dict[str, Any] = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    for metadata in (body["metadata"], body["spec"]["template"]["metadata"]):
        metadata["labels"] = metadata.get("labels", {}) | labels
    body["spec"]["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def _claim(body: JsonObject) -> None:
    finalizers = body["metadata"].setdefault("finalizers", [])
    if "kubernetes.io/pvc-protection" not in finalizers:
        finalizers.append("kubernetes.io/pvc-protection")


def _namespace(body: JsonObject) -> None:
    body["spec"]["finalizers"] = ["kubernetes"]


_COMPLETIONS: dict[tuple[str, str], Callable[[JsonObject], None]] = {
    ("", "Pod"): _pod,
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _claim,
    ("batch", "Job"): _job,
}
