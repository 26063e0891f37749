"""The replicas that an autoscaler chose: HorizontalPodAutoscaler, KEDA's ScaledObject.

What a scaler wrote is not drift, nor is what nobody is known to have written beside one. What a person, a script or a
deployer wrote is. Declaring `replicas` beside a scaler is a fault of the manifest: each deployment sets back what the
scaler chose. A VerticalPodAutoscaler keeps nothing of a workload: it acts on pods (admission, eviction, in-place
resize), so that changed resources of a template are somebody else's doing. Nor does a HorizontalPodAutoscaler scale to
zero unless it declares `minReplicas: 0`: a zero beside it switches it off, and somebody else wrote that. Nor does a
ScaledObject with a `minReplicaCount` and without `idleReplicaCount: 0`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.kube.glob import is_like_any
from gitops_audit.model.finding import Change, FieldOwner, Waiver
from gitops_audit.model.resource import Declared, Invalid, JsonObject, ResourceKey, group_of, split_api_version

_REPLICAS = "/spec/replicas"
_TARGETS = {
    ("autoscaling", "HorizontalPodAutoscaler"): "scaleTargetRef",
    ("keda.sh", "ScaledObject"): "scaleTargetRef",
}
# The field managers of the HPA controller and of KEDA; a controller of another name scales by the subresource.
_MANAGERS = ("kube-controller-manager", "horizontal-pod-autoscaler*", "keda*")
_SCALE = "scale"
SCALER_KINDS = tuple(_TARGETS)
"""(group, kind) of what `Scalers.of` reads."""


@dataclass(frozen=True, slots=True)
class Scaler:
    """One autoscaler."""

    kind: str
    namespace: str
    name: str
    may_reach_zero: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def waiver(self) -> Waiver:
        return Waiver(f"{self} keeps spec.replicas", rule="autoscaler")


_Target = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Scalers:
    """The autoscalers of one cluster, by the (group, kind, namespace, name) they scale."""

    by_target: dict[_Target, tuple[Scaler, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Iterable[JsonObject]) -> Scalers:
        """Reads declared and live scalers (their namespaces filled in); any other or malformed object is passed by."""
        found: dict[_Target, tuple[Scaler, ...]] = {}
        for body in objects:
            read = _read(body)
            if read is not None and read[1] not in found.get(read[0], ()):
                found[read[0]] = (*found.get(read[0], ()), read[1])
        return cls(found)

    def __bool__(self) -> bool:
        return bool(self.by_target)

    def of_resource(self, key: ResourceKey) -> tuple[Scaler, ...]:
        return self.by_target.get((key.group, key.kind, key.namespace, key.name), ())

    def waiver(self, change: Change, key: ResourceKey) -> Waiver | None:
        """Why a change of a scaled resource does not count, None where it does."""
        if not _is_scaling(change):
            return None
        return next((s.waiver for s in self.of_resource(key) if s.may_reach_zero or change.live != 0), None)

    def fault(self, resource: Declared) -> Invalid | None:
        """The finding on a manifest that declares replicas beside a scaler, without its line."""
        scaler = next(iter(self.of_resource(resource.key)), None)
        spec = resource.body.get("spec")
        if scaler is None or not isinstance(spec, dict) or spec.get("replicas") is None:
            return None
        return Invalid(
            "spec.replicas",
            f"declared beside {scaler}, which keeps this field: every deployment sets back what it chose; remove it",
            pointer="/spec/replicas",
        )


def _read(body: JsonObject) -> tuple[_Target, Scaler] | None:
    group = group_of(body)
    kind = str(body.get("kind", ""))
    metadata, spec = _dict(body.get("metadata")), _dict(body.get("spec"))
    reference = _dict(spec.get(_TARGETS.get((group, kind), "")))
    name = reference.get("name")
    if not isinstance(name, str) or _is_paused(metadata):
        return None
    target_group, _ = split_api_version(str(reference.get("apiVersion", "apps/v1")))
    target_kind = str(reference.get("kind", "Deployment"))
    namespace = str(metadata.get("namespace", ""))
    scaler = Scaler(kind, namespace, str(metadata.get("name", "")), _may_reach_zero(kind, spec))
    return (target_group, target_kind, namespace, name), scaler


def _may_reach_zero(kind: str, spec: JsonObject) -> bool:
    """A HorizontalPodAutoscaler scales to zero where `minReplicas: 0` says so, and else rests beside a zero.

    A ScaledObject scales to zero by default, and so does one that is idle at zero.
    """
    if kind == "HorizontalPodAutoscaler":
        return spec.get("minReplicas") == 0
    return not spec.get("minReplicaCount") or spec.get("idleReplicaCount") == 0


def is_unexplained_zero(change: Change) -> bool:
    """Whether a workload has no replicas, and neither a declared scaler nor an owner on record says why."""
    return change.live == 0 and change.ignored is None and _is_scaling(change)


def is_at_rest(body: JsonObject) -> bool:
    """Whether KEDA says of a ScaledObject that nothing triggers it, so that it keeps its target at the least."""
    conditions = _dict(body.get("status")).get("conditions")
    found = (_dict(c) for c in conditions) if isinstance(conditions, list) else ()
    return any((c.get("type"), c.get("status")) == ("Active", "False") for c in found)


def _is_scaling(change: Change) -> bool:
    """Whether a change is a scaler's doing: Git did not move, and a scaler or nobody else wrote what stands there."""
    if change.pointer != _REPLICAS or change.cause == "git":
        return False
    by = change.by
    return by is None or (by.manager_class == "controller" and _may_scale(by))


def _may_scale(by: FieldOwner) -> bool:
    return by.subresource == _SCALE or is_like_any(_MANAGERS, by.manager)


def _is_paused(metadata: JsonObject) -> bool:
    """A ScaledObject that is paused."""
    return str(_dict(metadata.get("annotations")).get("autoscaling.keda.sh/paused", "")).lower() == "true"


def _dict(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}
