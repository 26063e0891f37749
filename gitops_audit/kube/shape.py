"""The built-in kinds in outline, for recordings without types: which lists have keys or no order, what is a map.

Only what does not change between versions of Kubernetes; everything else is left open, so that nothing is "unknown".
"""

from __future__ import annotations

from functools import cache
from typing import Any

from gitops_audit.kube.type_schema import Schemas, TypeSchema
from gitops_audit.model.resource import JsonObject

Node = dict[str, Any]


def of_kind(group: str, version: str, kind: str) -> TypeSchema | None:
    """The outline of a built-in kind, None for one that is not known here."""
    return _OUTLINES.type_for(group, version, kind)


def _struct(**fields: Node) -> Node:
    return {"type": "object", "properties": fields, "x-kubernetes-preserve-unknown-fields": True}


def _keyed(*keys: str, **fields: Node) -> Node:
    lists = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}
    return {"type": "array", "items": _struct(**fields)} | lists


def _map(**value: Any) -> Node:
    return {"type": "object", "additionalProperties": value}


_SET: Node = {"type": "array", "x-kubernetes-list-type": "set"}
_TCP: Node = {"type": "string", "default": "TCP"}
_METADATA = _struct(labels=_map(), annotations=_map(), finalizers=_SET, ownerReferences=_keyed("uid"))
_CONTAINERS = _keyed(
    "name",
    env=_keyed("name"),
    ports=_keyed("containerPort", "protocol", protocol=_TCP),
    volumeMounts=_keyed("mountPath"),
    volumeDevices=_keyed("devicePath"),
    resources=_struct(claims=_keyed("name")),
)
_POD = _struct(
    containers=_CONTAINERS,
    initContainers=_CONTAINERS,
    ephemeralContainers=_CONTAINERS,
    volumes=_keyed("name"),
    imagePullSecrets=_keyed("name"),
    hostAliases=_keyed("ip"),
    resourceClaims=_keyed("name"),
    schedulingGates=_keyed("name"),
    topologySpreadConstraints=_keyed("topologyKey", "whenUnsatisfiable"),
    nodeSelector=_map(),
)
_TEMPLATE = _struct(metadata=_METADATA, spec=_POD)
_WORKLOAD = _struct(spec=_struct(template=_TEMPLATE))
_HOOKS = _struct(webhooks=_keyed("name", matchConditions=_keyed("name")))

_KINDS: dict[str, dict[str, Node]] = {
    "": {
        "ConfigMap": _struct(data=_map(), binaryData=_map(format="byte")),
        "Pod": _struct(spec=_POD),
        "PodTemplate": _struct(template=_TEMPLATE),
        "ReplicationController": _WORKLOAD,
        "Secret": _struct(data=_map(), stringData=_map()),
        "Service": _struct(spec=_struct(ports=_keyed("port", "protocol", protocol=_TCP), selector=_map())),
        "ServiceAccount": _struct(secrets=_keyed("name")),
    },
    "apps": dict.fromkeys(("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"), _WORKLOAD),
    "batch": {"CronJob": _struct(spec=_struct(jobTemplate=_WORKLOAD)), "Job": _WORKLOAD},
    "admissionregistration.k8s.io": {
        "MutatingWebhookConfiguration": _HOOKS,
        "ValidatingWebhookConfiguration": _HOOKS,
        "ValidatingAdmissionPolicy": _struct(spec=_struct(matchConditions=_keyed("name"), variables=_keyed("name"))),
        "ValidatingAdmissionPolicyBinding": _struct(spec=_struct(validationActions=_SET)),
    },
}


@cache
def _document(group: str, version: str) -> JsonObject | None:
    if group not in _KINDS:
        return None
    return {"components": {"schemas": {k: _named(group, version, k, n) for k, n in _KINDS[group].items()}}}


def _named(group: str, version: str, kind: str, node: Node) -> Node:
    properties = node["properties"] | {"metadata": _METADATA}
    gvk = {"group": group, "version": version, "kind": kind}
    return node | {"properties": properties, "x-kubernetes-group-version-kind": [gvk]}


_OUTLINES = Schemas(_document)
