"""What must be known of the built-in APIs because no schema says it.

Every entry stands for hand-written code of the API server: defaulting (`pkg/apis/*/v1/defaults.go`), allocation
(`pkg/registry/core/service`), admission (default tolerations, ServiceAccount) and aggregation (ClusterRoles).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from gitops_audit.deployer import argocd, flux
from gitops_audit.kube.builtin import GROUPS
from gitops_audit.kube.path import Path, lookup
from gitops_audit.kube.quantity import amount
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.model.finding import ABSENT
from gitops_audit.model.redact import LAST_APPLIED
from gitops_audit.model.resource import JsonObject

Sides = tuple[JsonObject, JsonObject]

SYSTEM_METADATA = frozenset(
    {
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
        "clusterName",
        "name",
        "namespace",
        "generateName",
    }
)
"""Identity, which both sides share by the way they were found, and what only the server writes."""

SYSTEM_FIELDS = frozenset({"apiVersion", "kind", "status"})

SYSTEM_ANNOTATIONS = frozenset(
    {
        LAST_APPLIED,
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.daemonset.template.generation",
        "control-plane.alpha.kubernetes.io/leader",
        "autoscaling.alpha.kubernetes.io/conditions",
        "autoscaling.alpha.kubernetes.io/current-metrics",
        "pv.kubernetes.io/bind-completed",
        "pv.kubernetes.io/bound-by-controller",
        "volume.kubernetes.io/selected-node",
        *argocd.REQUESTS,
        *flux.REQUESTS,
    }
)
"""Annotations that the server, its controllers or kubectl keep, which people who export live objects declare; and those
by which Argo CD or Flux is asked to look at an object: they say nothing of how it should be."""

# Fields of Go types without a pointer: an empty value reads as "you choose" and the server fills it.
_CHOSEN_WHEN_EMPTY = frozenset(
    {
        "clusterIP",
        "clusterIPs",
        "concurrencyPolicy",
        "dnsPolicy",
        "externalTrafficPolicy",
        "failurePolicy",
        "healthCheckNodePort",
        "imagePullPolicy",
        "internalTrafficPolicy",
        "ipFamilies",
        "nodePort",
        "nodeName",
        "persistentVolumeReclaimPolicy",
        "podManagementPolicy",
        "policyTypes",
        "protocol",
        "restartPolicy",
        "schedulerName",
        "serviceAccount",
        "serviceAccountName",
        "sessionAffinity",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "type",
        "volumeBindingMode",
        "volumeName",
        "failureThreshold",
        "periodSeconds",
        "successThreshold",
        "timeoutSeconds",
        "finalizers",
        "tolerations",
        "targetPort",
        "singular",
        "listKind",
        "metrics",
    }
)

# What defaulting writes inside lists and maps that are owned as a whole, where ownership cannot tell it from a hand.
_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "protocol": ("TCP",),
    "apiGroup": ("rbac.authorization.k8s.io",),
    "apiVersion": ("v1",),
    "kind": ("PersistentVolumeClaim",),
    "scope": ("*",),
    "matchPolicy": ("Equivalent",),
    "expirationSeconds": (3600,),
    "defaultMode": (420,),
    "volumeMode": ("Filesystem",),
    "status": ("True", {"phase": "Pending"}),
    "phase": ("Pending",),
    "divisor": ("0",),
    "allocationMode": ("ExactCount",),
    "count": (1,),
}

_EXTENDED = frozenset(
    {("Pod", ("spec", "tolerations")), ("ServiceAccount", ("imagePullSecrets",)), ("Node", ("spec", "taints"))}
)

# Limits default from each other (`SetDefaults_LimitRangeItem`): a maximum is the default limit, that the request.
_DERIVED_LIMITS = {"default": ("max",), "defaultRequest": ("default", "min")}


def is_compared(path: Path, body: JsonObject) -> bool:
    """Whether a field of the declared or live object takes part at all (DESIGN section 5, "never compared")."""
    if len(path) == 1:
        is_asked = path[0] == argocd.OPERATION and body.get("kind") == argocd.APPLICATION[1] and _is_of_argocd(body)
        is_aggregated = path[0] == "rules" and body.get("aggregationRule")
        return not (path[0] in SYSTEM_FIELDS or is_aggregated or is_asked)
    if len(path) == 2 and path[0] == "metadata":
        return path[1] not in SYSTEM_METADATA
    return not (len(path) == 3 and path[:2] == ("metadata", "annotations") and path[2] in SYSTEM_ANNOTATIONS)


def _is_of_argocd(body: JsonObject) -> bool:
    return str(body.get("apiVersion", "")).startswith(f"{argocd.APPLICATION[0]}/")


def is_left_to_server(group: str, name: str, value: Any, schema: TypeSchema) -> bool:
    """Whether a declared empty value asks the server to choose: then any live value is right."""
    if name == "caBundle":
        return is_blank_bundle(value)
    if group not in GROUPS or value not in ("", 0, []) or isinstance(value, bool):
        return False
    if name == "apiGroup":
        return group == "rbac.authorization.k8s.io"
    return name in _CHOSEN_WHEN_EMPTY or (value == "" and bool(schema.enum) and "" not in schema.enum)


def is_blank_bundle(value: Any) -> bool:
    """A CA bundle left for an injector to fill: empty, or the base64 of white space that generators write."""
    if not isinstance(value, str):
        return False
    try:
        return not base64.b64decode(value).strip()
    except (binascii.Error, ValueError):
        return False


def adds_only_defaults(want: Any, have: Any) -> bool:
    """Whether a live value is the declared one with nothing but known defaults beside. False decides nothing."""
    if want == have:
        return True
    if isinstance(want, dict) and isinstance(have, dict):
        beside = (name for name in have if name not in want)
        return all(have[name] in _DEFAULTS.get(name, ()) for name in beside) and all(
            name in have and adds_only_defaults(value, have[name]) for name, value in want.items()
        )
    if isinstance(want, list) and isinstance(have, list):
        return len(want) == len(have) and all(map(adds_only_defaults, want, have))
    return False


def is_default(kind: str, path: Path, value: Any, schema: TypeSchema, sides: Sides) -> bool:
    """Whether a value inside a list or map that is owned as a whole is what defaulting would have written there."""
    if value in ("", 0, False) or (schema.default is not None and schema.default == value):
        return True
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return value in _DEFAULTS.get(name, ()) or (kind == "LimitRange" and _is_derived_limit(path, value, sides))


def _is_derived_limit(path: Path, value: Any, sides: Sides) -> bool:
    """For `spec.limits[i].default.cpu`, and for `spec.limits[i].default` where all in it is derived."""
    limit, *rest = path[3:] or ("",)
    if not rest:
        return isinstance(value, dict) and all(_is_derived_limit((*path, k), v, sides) for k, v in value.items())
    others = _DERIVED_LIMITS.get(str(limit), ())
    sources = (lookup(side, (*path[:3], other, *rest)) for other in others for side in sides)
    return any(amount(source) == amount(value) for source in sources if source is not ABSENT)


def is_multiset(group: str, kind: str, path: Path) -> bool:
    """HPA metrics come back in another order: storage as autoscaling/v1 puts CPU first."""
    return path == ("spec", "metrics") and kind == "HorizontalPodAutoscaler" and group == "autoscaling"


def is_extended_by_server(group: str, kind: str, path: Path) -> bool:
    """Atomic lists to which admission or a controller adds elements of its own."""
    return not group and (kind, path) in _EXTENDED
