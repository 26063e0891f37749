"""Fields that an autoscaler keeps: HorizontalPodAutoscaler, KEDA's ScaledObject, VerticalPodAutoscaler.

A scaler's field is not drift. Declaring `replicas` beside a scaler is a fault of the manifest: each deployment sets
back what the scaler chose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.model.finding import Change, Waiver
from gitops_audit.model.resource import Declared, Invalid, JsonObject, ResourceKey, split_api_version

_REPLICAS = "/spec/replicas"
_TARGETS = {
    ("autoscaling", "HorizontalPodAutoscaler"): "scaleTargetRef",
    ("keda.sh", "ScaledObject"): "scaleTargetRef",
    ("autoscaling.k8s.io", "VerticalPodAutoscaler"): "targetRef",
}
SCALER_KINDS = tuple(_TARGETS)
"""(group, kind) of what `Scalers.of` reads."""


@dataclass(frozen=True, slots=True)
class Scaler:
    """One autoscaler; `is_vertical` for one that sets resources instead of replicas."""

    kind: str
    namespace: str
    name: str
    is_vertical: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    def keeps(self, change: Change) -> bool:
        """Whether a change is the scaler's doing; a person's change of resources is not."""
        if not self.is_vertical:
            return change.pointer == _REPLICAS
        is_by_hand = change.by is not None and change.by.manager_class == "interactive"
        return "/resources/" in f"{change.pointer}/" and not is_by_hand

    @property
    def waiver(self) -> Waiver:
        what = "resources" if self.is_vertical else "spec.replicas"
        return Waiver(f"{self} keeps {what}", rule="autoscaler")


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
        return next((s.waiver for s in self.of_resource(key) if s.keeps(change)), None)

    def fault(self, resource: Declared) -> Invalid | None:
        """The finding on a manifest that declares replicas beside a scaler, without its line."""
        scaler = next((s for s in self.of_resource(resource.key) if not s.is_vertical), None)
        spec = resource.body.get("spec")
        if scaler is None or not isinstance(spec, dict) or spec.get("replicas") is None:
            return None
        return Invalid(
            "spec.replicas",
            f"declared beside {scaler}, which keeps this field: every deployment sets back what it chose; remove it",
            pointer="/spec/replicas",
        )


def _read(body: JsonObject) -> tuple[_Target, Scaler] | None:
    group, _ = split_api_version(str(body.get("apiVersion", "")))
    kind = str(body.get("kind", ""))
    metadata, spec = _dict(body.get("metadata")), _dict(body.get("spec"))
    reference = _dict(spec.get(_TARGETS.get((group, kind), "")))
    name = reference.get("name")
    if not isinstance(name, str) or _is_off(spec, metadata):
        return None
    target_group, _ = split_api_version(str(reference.get("apiVersion", "apps/v1")))
    target_kind = str(reference.get("kind", "Deployment"))
    namespace = str(metadata.get("namespace", ""))
    scaler = Scaler(kind, namespace, str(metadata.get("name", "")), group == "autoscaling.k8s.io")
    return (target_group, target_kind, namespace, name), scaler


def _is_off(spec: JsonObject, metadata: JsonObject) -> bool:
    """A VPA that only recommends, a ScaledObject that is paused."""
    if _dict(spec.get("updatePolicy")).get("updateMode") == "Off":
        return True
    return str(_dict(metadata.get("annotations")).get("autoscaling.keda.sh/paused", "")).lower() == "true"


def _dict(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}
