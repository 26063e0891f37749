"""The rules of the built-in kinds that are checked after decoding: required values, names, what may not change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitops_audit.sandbox import custom
from gitops_audit.sandbox.kinds import Kind
from gitops_audit.sandbox.status import Cause, invalid_value, required, shown
from gitops_audit.sandbox.types import JsonObject, Type

MAX_DATA_BYTES = 1024 * 1024
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_PATH_NAMES = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
_IMMUTABLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("batch", "Job"): ("spec.selector", "spec.template", "spec.completionMode"),
    ("", "Secret"): ("type",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
}
_FROZEN_STATEFUL_SET = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")
_POD_MAY_CHANGE = ("activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "schedulingGates")


def creation_faults(kind: Kind, body: JsonObject) -> list[Cause]:
    return [*_metadata_faults(kind, body["metadata"]), *_content_faults(kind, body)]


def update_faults(kind: Kind, live: JsonObject, body: JsonObject) -> list[Cause]:
    return [*_labels(body["metadata"]), *_content_faults(kind, body), *_changes(kind, live, body)]


def _metadata_faults(kind: Kind, metadata: JsonObject) -> Iterator[Cause]:
    name = metadata.get("name", "")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif kind.name in _PATH_NAMES:
        if "/" in name or "%" in name:
            yield invalid_value("metadata.name", name, "may not contain '/' or '%'")
    elif len(name) > 253 or _SUBDOMAIN.fullmatch(name) is None:
        yield invalid_value("metadata.name", name, "must be a lowercase RFC 1123 subdomain of at most 253 characters")
    yield from _labels(metadata)


def _labels(metadata: JsonObject) -> Iterator[Cause]:
    for key, value in metadata.get("labels", {}).items():
        if _LABEL_KEY.fullmatch(key) is None:
            yield invalid_value("metadata.labels", key, "must be a qualified name")
        if _LABEL_VALUE.fullmatch(value) is None:
            yield invalid_value("metadata.labels", value, "must be a valid label value")


def _content_faults(kind: Kind, body: JsonObject) -> Iterator[Cause]:
    if kind.is_custom:
        yield from custom.faults(body, kind.schema)
        return
    selected = [*_selector_faults(kind, body)]
    yield from _missing(body, kind.schema, "")
    yield from selected
    if (kind.group, kind.name) in (("", "ConfigMap"), ("", "Secret")):
        yield from _size_faults(body)
    if (kind.group, kind.name) == ("", "Service"):
        yield from _service_faults(body["spec"])


def _missing(value: Any, schema: Type, path: str) -> Iterator[Cause]:
    if isinstance(value, list) and schema.element is not None:
        for index, item in enumerate(value):
            yield from _missing(item, schema.element, f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from _part_faults(value, schema.name.rpartition(".")[2], path)
        for name, known in schema.fields.items():
            here, child = f"{path}.{name}" if path else name, value.get(name)
            if known.is_required and (child is None or child in ("", [])):
                yield required(here)
            elif child is not None and name not in ("status", "metadata"):
                yield from _missing(child, known.type, here)


_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")


def _part_faults(value: JsonObject, name: str, path: str) -> Iterator[Cause]:
    """Rules of single parts of a pod: an image for every container, one handler and one volume source each."""
    if name.endswith("Container") and not value.get("image"):
        yield required(f"{path}.image")
    if name in ("Probe", "LifecycleHandler") and sum(handler in value for handler in _HANDLERS) > 1:
        yield Cause("FieldValueForbidden", path, "Forbidden: may not specify more than 1 handler type")
    if name == "Volume" and len(value) > 2:
        yield Cause("FieldValueForbidden", path, "Forbidden: may not specify more than 1 volume type")
    if name == "DeploymentStrategy" and value.get("type") == "Recreate" and "rollingUpdate" in value:
        why = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield Cause("FieldValueForbidden", f"{path}.rollingUpdate", why)


def _selector_faults(kind: Kind, body: JsonObject) -> Iterator[Cause]:
    if kind.group != "apps":
        return
    labels = body["spec"]["template"]["metadata"].get("labels")
    wanted = (body["spec"].get("selector") or {}).get("matchLabels") or {}
    if not wanted or any((labels or {}).get(key) != value for key, value in wanted.items()):
        where = "spec.template.metadata.labels"
        yield invalid_value(where, labels, "`selector` does not match template `labels`")


def _size_faults(body: JsonObject) -> Iterator[Cause]:
    texts = [text for part in ("data", "binaryData") for text in (body.get(part) or {}).values()]
    if sum(len(text.encode()) for text in texts) > MAX_DATA_BYTES:
        yield Cause("FieldValueTooLong", "data", f"Too long: may not be more than {MAX_DATA_BYTES} bytes")


def _service_faults(spec: JsonObject) -> Iterator[Cause]:
    if not spec.get("ports") and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    for index, port in enumerate(spec.get("ports") or ()):
        if not 0 < port["port"] < 65536:
            yield invalid_value(f"spec.ports[{index}].port", port["port"], "must be between 1 and 65535, inclusive")


def _changes(kind: Kind, live: JsonObject, body: JsonObject) -> Iterator[Cause]:
    for path in _IMMUTABLE.get((kind.group, kind.name), ()):
        if _at(live, path) != _at(body, path):
            yield invalid_value(path, _at(body, path), "field is immutable")
    special = _SPECIAL.get((kind.group, kind.name))
    if special is not None:
        yield from special(live, body)


def _at(body: Any, path: str) -> Any:
    for part in path.split("."):
        body = body.get(part) if isinstance(body, dict) else None
    return body


def _frozen_data(live: JsonObject, body: JsonObject) -> Iterator[Cause]:
    if not live.get("immutable"):
        return
    for name in ("immutable", "data", "binaryData"):
        if live.get(name) != body.get(name):
            yield Cause("FieldValueForbidden", name, "Forbidden: field is immutable when `immutable` is set")


def _stateful_set(live: JsonObject, body: JsonObject) -> Iterator[Cause]:
    if any(live["spec"].get(name) != body["spec"].get(name) for name in _FROZEN_STATEFUL_SET):
        yield Cause("FieldValueForbidden", "spec", f"Forbidden: {', '.join(_FROZEN_STATEFUL_SET)} may not be updated")


def _pod(live: JsonObject, body: JsonObject) -> Iterator[Cause]:
    if _fixed(live["spec"]) != _fixed(body["spec"]):
        yield Cause("FieldValueForbidden", "spec", "Forbidden: of a pod only images and a few other fields may change")


def _fixed(spec: JsonObject) -> JsonObject:
    kept = {key: value for key, value in spec.items() if key not in _POD_MAY_CHANGE}
    for kind in ("containers", "initContainers"):
        if kind in kept:
            kept[kind] = [{k: v for k, v in c.items() if k != "image"} for c in kept[kind]]
    return kept


def _binding(live: JsonObject, body: JsonObject) -> Iterator[Cause]:
    if live["roleRef"] != body["roleRef"]:
        yield invalid_value("roleRef", body["roleRef"], "cannot change roleRef")


def _service(live: JsonObject, body: JsonObject) -> Iterator[Cause]:
    was, becomes = live["spec"].get("clusterIP"), body["spec"].get("clusterIP")
    if was and was != "None" and was != becomes and body["spec"]["type"] != "ExternalName":
        yield invalid_value("spec.clusterIPs[0]", [becomes], "may not change once set")


def _claim(live: JsonObject, body: JsonObject) -> Iterator[Cause]:
    fixed = [{k: v for k, v in o["spec"].items() if k not in ("resources", "volumeName")} for o in (live, body)]
    if fixed[0] != fixed[1]:
        why = f"Forbidden: the spec is immutable except resources.requests: {shown(fixed[1])}"
        yield Cause("FieldValueForbidden", "spec", why)


_SPECIAL = {
    ("", "ConfigMap"): _frozen_data,
    ("", "Secret"): _frozen_data,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "StatefulSet"): _stateful_set,
    ("rbac.authorization.k8s.io", "RoleBinding"): _binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _binding,
}
