"""The volumes of a pod, and the places where its containers mount them."""

from __future__ import annotations

from collections.abc import Collection

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    between,
    duplicates,
    is_given,
    mapping,
    objects,
    required,
)

_MAX_MODE = 0o777
# The field of a source that names another object.
_NAMES = {
    "configMap": "name",
    "secret": "secretName",
    "persistentVolumeClaim": "claimName",
}
_PROJECTED = ("secret", "configMap", "downwardAPI")


def volumes(value: object, at: str) -> Faults:
    found = list(objects(value, at))
    for pointer, volume in found:
        yield from required(volume, pointer, "name", name.label)
        yield from _source(volume, pointer)
    names = ((f"{p}/name", v["name"]) for p, v in found if isinstance(v.get("name"), str) and v["name"])
    yield from duplicates(names, "name of the volume")


def _source(volume: Fields, at: str) -> Faults:
    sources = [key for key, value in volume.items() if key != "name" and isinstance(value, dict)]
    if len(sources) > 1:
        yield f"{at}/{sources[1]}", "a volume has one source"
        return
    for key in sources:
        source, pointer = volume[key], f"{at}/{key}"
        if key in _NAMES:
            yield from required(source, pointer, _NAMES[key])
        if key in ("configMap", "secret", "downwardAPI", "projected"):
            yield from between(source, pointer, 0, _MAX_MODE, "defaultMode")
        yield from _contents(key, source, pointer)


def _contents(key: str, source: Fields, at: str) -> Faults:
    if key == "hostPath" and _leaves(source.get("path")):
        yield f"{at}/path", "must not contain '..'"
    elif key in _PROJECTED:
        yield from _items(source.get("items"), f"{at}/items")
    elif key == "projected":
        for pointer, part in objects(source.get("sources"), f"{at}/sources"):
            for kind in _PROJECTED:
                yield from _items(mapping(part.get(kind)).get("items"), f"{pointer}/{kind}/items")


def _items(value: object, at: str) -> Faults:
    for pointer, item in objects(value, at):
        path = item.get("path")
        if "path" in item and not path:
            yield f"{pointer}/path", "path is missing"
        elif isinstance(path, str) and (path.startswith("/") or _leaves(path)):
            yield f"{pointer}/path", "must be a relative path without '..'"
        yield from between(item, pointer, 0, _MAX_MODE, "mode")


def _leaves(path: object) -> bool:
    return isinstance(path, str) and ".." in path.split("/")


def mounts(container: Fields, at: str, known: Collection[str] | None) -> Faults:
    """The mounts of a container; `known` are the names of the pod's volumes, None where they are not known."""
    found = list(objects(container.get("volumeMounts"), f"{at}/volumeMounts"))
    for pointer, mount in found:
        yield from required(mount, pointer, "mountPath")
        yield from _named(mount, pointer, known)
        for key in ("subPath", "subPathExpr"):
            path = mount.get(key)
            if isinstance(path, str) and (path.startswith("/") or _leaves(path)):
                yield f"{pointer}/{key}", "must be a relative path without '..'"
        if is_given(mount.get("subPath")) and is_given(mount.get("subPathExpr")):
            yield f"{pointer}/subPathExpr", "a mount has either subPath or subPathExpr"
    paths = ((f"{p}/mountPath", m["mountPath"]) for p, m in found if isinstance(m.get("mountPath"), str))
    yield from duplicates(paths, "mount path")
    for pointer, device in objects(container.get("volumeDevices"), f"{at}/volumeDevices"):
        yield from _named(device, pointer, known)


def _named(mount: Fields, at: str, known: Collection[str] | None) -> Faults:
    wanted = mount.get("name")
    if known is not None and isinstance(wanted, str) and wanted and wanted not in known:
        yield f"{at}/name", "the pod has no volume of this name"
