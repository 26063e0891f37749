"""PersistentVolume, PersistentVolumeClaim, StorageClass."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.kube.quantity import amount
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    grammar,
    is_given,
    mapping,
    one_of,
    required,
    texts,
)
from gitops_audit.policy.object_validation.scheduling import node_selector
from gitops_audit.policy.object_validation.selector import selector

_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")
_SOURCES = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
]


def claim(body: Fields, minor: int) -> Faults:
    spec = body.get("spec")
    if isinstance(spec, dict):
        yield from claim_spec(spec, "/spec")


def claim_spec(spec: Fields, at: str) -> Faults:
    yield from _modes(spec, at)
    requests = mapping(mapping(spec.get("resources")).get("requests"))
    size = amount(requests.get("storage"))
    if "storage" not in requests:
        yield at, "resources.requests.storage is missing"
    elif size is not None and size <= 0:
        yield f"{at}/resources/requests/storage", "must be more than zero"
    yield from selector(spec.get("selector"), f"{at}/selector")


def _modes(spec: Fields, at: str) -> Faults:
    modes = spec.get("accessModes")
    if not modes:
        yield at, "must have at least one of accessModes"
    for pointer, mode in texts(modes, f"{at}/accessModes"):
        if mode not in _MODES:
            yield pointer, f"must be one of {', '.join(sorted(_MODES))}"
    if isinstance(modes, list) and len(modes) > 1 and "ReadWriteOncePod" in modes:
        yield f"{at}/accessModes", "ReadWriteOncePod stands alone"
    yield from one_of(spec, at, "volumeMode", _VOLUME_MODES)
    yield from grammar(spec, at, "storageClassName", name.subdomain)


def volume(body: Fields, minor: int) -> Faults:
    spec, at = body.get("spec"), "/spec"
    if not isinstance(spec, dict):
        return
    yield from _modes(spec, at)
    capacity = mapping(spec.get("capacity"))
    size = amount(capacity.get("storage"))
    if capacity.keys() != {"storage"}:
        yield at, "capacity must be that of storage alone"
    elif size is not None and size <= 0:
        yield f"{at}/capacity/storage", "must be more than zero"
    yield from one_of(spec, at, "persistentVolumeReclaimPolicy", ("Delete", "Recycle", "Retain"))
    yield from _source(spec, at)


def _source(spec: Fields, at: str) -> Faults:
    sources = [key for key in _SOURCES if isinstance(spec.get(key), dict)]
    required_terms = mapping(mapping(spec.get("nodeAffinity")).get("required"))
    if len(sources) > 1:
        yield f"{at}/{sources[1]}", "a volume has one source"
    elif not sources and not any(isinstance(spec.get(key), dict) for key in spec.keys() - {"capacity", "claimRef"}):
        yield at, "the source of the volume is missing"
    if sources == ["local"] and not required_terms:
        yield at, "a local volume needs nodeAffinity"
    yield from node_selector(required_terms, f"{at}/nodeAffinity/required")


def storage_class(body: Fields, minor: int) -> Faults:
    yield from required(body, "", "provisioner", name.annotation_key)
    yield from one_of(body, "", "reclaimPolicy", ("Delete", "Retain"))
    yield from one_of(body, "", "volumeBindingMode", ("Immediate", "WaitForFirstConsumer"))
    if is_given(body.get("parameters")) and "" in mapping(body["parameters"]):
        yield "/parameters", "a parameter has a name"
