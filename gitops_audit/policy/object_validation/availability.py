"""HorizontalPodAutoscaler, PodDisruptionBudget, PriorityClass."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.kube.quantity import amount
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    is_number,
    mapping,
    objects,
    one_of,
    required,
    share,
)
from gitops_audit.policy.object_validation.selector import selector

_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_MAX_WINDOW_S = 3600
_MAX_PERIOD_S = 1800
_MAX_PRIORITY = 1_000_000_000


def autoscaler(body: Fields, minor: int) -> Faults:
    spec, at = mapping(body.get("spec")), "/spec"
    low, high = spec.get("minReplicas"), spec.get("maxReplicas")
    metrics = list(objects(spec.get("metrics"), f"{at}/metrics"))
    can_be_none = any(metric.get("type") in ("Object", "External") for _, metric in metrics)
    if is_number(low) and low < (0 if can_be_none else 1):
        yield f"{at}/minReplicas", "must be at least 1"
    if is_number(high) and high < 1:
        yield f"{at}/maxReplicas", "must be at least 1"
    elif is_number(low) and is_number(high) and high < low:
        yield f"{at}/maxReplicas", "must not be less than minReplicas"
    target = mapping(spec.get("scaleTargetRef"))
    if target:
        yield from required(target, f"{at}/scaleTargetRef", "kind", name.path_segment)
        yield from required(target, f"{at}/scaleTargetRef", "name", name.path_segment)
    share_of_cpu = spec.get("targetCPUUtilizationPercentage")
    if is_number(share_of_cpu) and share_of_cpu < 1:
        yield f"{at}/targetCPUUtilizationPercentage", "must be at least 1"
    for pointer, metric in metrics:
        yield from _metric(metric, pointer)
    for direction in ("scaleUp", "scaleDown"):
        rules = mapping(mapping(spec.get("behavior")).get(direction))
        yield from _behaviour(rules, f"{at}/behavior/{direction}")


def _metric(metric: Fields, at: str) -> Faults:
    kind, present = metric.get("type"), [key for key in _SOURCES.values() if isinstance(metric.get(key), dict)]
    if not isinstance(kind, str) or kind not in _SOURCES:
        yield from one_of(metric, at, "type", _SOURCES)
        return
    wanted = _SOURCES[kind]
    for key in present:
        if key != wanted:
            yield f"{at}/{key}", f"a metric of type {kind} has the field {wanted} only"
    if wanted not in present:
        yield at, f"a metric of type {kind} needs the field {wanted}"
    elif wanted in ("resource", "containerResource"):
        target = metric[wanted].get("target")
        yield from _target(mapping(target), f"{at}/{wanted}/target") if isinstance(target, dict) else ()


def _target(target: Fields, at: str) -> Faults:
    utilisation, value = target.get("averageUtilization"), target.get("averageValue")
    if utilisation is None and value is None:
        yield at, "must have averageUtilization or averageValue"
    elif utilisation is not None and value is not None:
        yield f"{at}/averageValue", "cannot go with averageUtilization"
    elif is_number(utilisation) and utilisation < 1:
        yield f"{at}/averageUtilization", "must be at least 1"
    elif value is not None and (size := amount(value)) is not None and size <= 0:
        yield f"{at}/averageValue", "must be more than zero"


def _behaviour(rules: Fields, at: str) -> Faults:
    window = rules.get("stabilizationWindowSeconds")
    if is_number(window) and not 0 <= window <= _MAX_WINDOW_S:
        yield f"{at}/stabilizationWindowSeconds", f"must be from 0 to {_MAX_WINDOW_S}"
    if rules.get("policies") == []:
        yield f"{at}/policies", "must have at least one policy"
    for pointer, policy in objects(rules.get("policies"), f"{at}/policies"):
        yield from one_of(policy, pointer, "type", ("Pods", "Percent"))
        if is_number(policy.get("value")) and policy["value"] < 1:
            yield f"{pointer}/value", "must be at least 1"
        period = policy.get("periodSeconds")
        if is_number(period) and not 1 <= period <= _MAX_PERIOD_S:
            yield f"{pointer}/periodSeconds", f"must be from 1 to {_MAX_PERIOD_S}"


def disruption_budget(body: Fields, minor: int) -> Faults:
    spec, at = mapping(body.get("spec")), "/spec"
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield f"{at}/maxUnavailable", "cannot go with minAvailable"
    for key in ("minAvailable", "maxUnavailable"):
        yield from share(spec, at, key, at_most_all=True)
    yield from selector(spec.get("selector"), f"{at}/selector")
    yield from one_of(spec, at, "unhealthyPodEvictionPolicy", ("AlwaysAllow", "IfHealthyBudget"))


def priority_class(body: Fields, minor: int) -> Faults:
    own = mapping(body.get("metadata")).get("name")
    is_system = isinstance(own, str) and own.startswith("system-")
    if is_system and own not in ("system-node-critical", "system-cluster-critical"):
        yield "/metadata/name", "names that begin with system- are Kubernetes' own"
    elif not is_system and is_number(body.get("value")) and body["value"] > _MAX_PRIORITY:
        yield "/value", f"must be at most {_MAX_PRIORITY}"
    yield from one_of(body, "", "preemptionPolicy", ("PreemptLowerPriority", "Never"))
