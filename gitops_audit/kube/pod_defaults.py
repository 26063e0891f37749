"""The defaults of pods, pod templates and volume claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.kube.image import parse
from gitops_audit.kube.pod_template import CONTAINER_LISTS
from gitops_audit.model.resource import JsonObject

_MODE = 0o644


def _fill(target: JsonObject, **values: Any) -> None:
    for key, value in values.items():
        if target.get(key) in (None, ""):
            target[key] = value


def default_pod(body: JsonObject) -> None:
    """A Pod itself gets more than a template does: requests from limits, host ports, service links."""
    spec = body["spec"]
    default_pod_spec(spec)
    _fill(spec, enableServiceLinks=True)
    _fill(body["status"], phase="Pending")
    for container in _containers(spec):
        _requests_from_limits(container["resources"])
        for port in container.get("ports") or () if spec.get("hostNetwork") else ():
            port.setdefault("hostPort", port["containerPort"])


def _requests_from_limits(resources: JsonObject) -> None:
    if resources.get("limits"):
        resources["requests"] = resources["limits"] | resources.get("requests", {})


def default_pod_spec(spec: JsonObject) -> None:
    """The defaults that templates and Pods have in common."""
    _fill(spec, restartPolicy="Always", terminationGracePeriodSeconds=30, dnsPolicy="ClusterFirst")
    _fill(spec, schedulerName="default-scheduler", securityContext={})
    if spec.get("serviceAccountName") or spec.get("serviceAccount"):
        _fill(spec, serviceAccountName=spec.get("serviceAccount"))
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in _containers(spec):
        _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def _containers(spec: JsonObject) -> Iterator[JsonObject]:
    for kind in CONTAINER_LISTS:
        yield from spec.get(kind) or ()


def _container(container: JsonObject) -> None:
    _fill(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    _fill(container, imagePullPolicy=_pull_policy(container.get("image", "")))
    for port in container.get("ports") or ():
        _fill(port, protocol="TCP")
    for variable in container.get("env") or ():
        _api_version(variable.get("valueFrom") or {})
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in container:
            _probe(container[name])
    for handler in container.get("lifecycle", {}).values():
        _handler(handler)


def _pull_policy(image: str) -> str:
    try:
        tag = parse(image).tag
    except ValueError:
        tag = ""
    return "Always" if tag == "latest" else "IfNotPresent"


def _api_version(source: JsonObject) -> None:
    if "fieldRef" in source:
        _fill(source["fieldRef"], apiVersion="v1")
    if "resourceFieldRef" in source:
        _fill(source["resourceFieldRef"], divisor="0")


def _probe(probe: JsonObject) -> None:
    _fill(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    _handler(probe)
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _handler(handler: Any) -> None:
    if isinstance(handler, dict) and "httpGet" in handler:
        _fill(handler["httpGet"], path="/", scheme="HTTP")


def _volume(volume: JsonObject) -> None:
    if len(volume) == 1:
        volume["emptyDir"] = {}
    for kind in ("configMap", "secret", "projected", "downwardAPI"):
        if kind in volume:
            volume[kind].setdefault("defaultMode", _MODE)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    if "ephemeral" in volume:
        _fill(volume["ephemeral"].get("volumeClaimTemplate", {}).get("spec", {}), volumeMode="Filesystem")
    for item in volume.get("downwardAPI", {}).get("items") or ():
        _api_version(item)
    for source in volume.get("projected", {}).get("sources") or ():
        _projection(source)


def _projection(source: JsonObject) -> None:
    if "serviceAccountToken" in source:
        _fill(source["serviceAccountToken"], expirationSeconds=3600)
    for item in source.get("downwardAPI", {}).get("items") or ():
        _api_version(item)


def claim(body: JsonObject) -> None:
    """A PersistentVolumeClaim, or a template of one."""
    _fill(body["spec"], volumeMode="Filesystem")
    _fill(body["status"], phase="Pending")
