"""Finds the pod in an object, and shows the controls its containers in the order Kubernetes visits them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gitops_audit.kube.pod_template import CONTAINER_LISTS, path_of
from gitops_audit.model.finding import ABSENT
from gitops_audit.model.path import pointer_of
from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.pod_security.fields import flag, section, sections, text
from gitops_audit.policy.pod_security.result import Evidence

_NOTHING: JsonObject = {}

Step = str | int


@dataclass(frozen=True, slots=True)
class Container:
    """One container of any of the three lists, with its securityContext (empty when not set)."""

    name: str
    body: JsonObject
    security: JsonObject
    place: str
    index: int


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod or pod template. `root` is the pointer of what holds its metadata and spec, empty for a Pod."""

    root: str
    annotations: JsonObject
    spec: JsonObject
    security: JsonObject
    containers: tuple[Container, ...]
    is_windows: bool
    is_in_user_namespace: bool

    def at(self, *path: Step, value: Any = ABSENT) -> Evidence:
        """Evidence for a field of the pod's spec."""
        return Evidence(self.root + _pointer(("spec", *path)), _field(("spec", *path)), value)

    def annotation(self, key: str, field: str) -> Evidence:
        """Evidence for an annotation; `field` is its name in the standard, with a wildcard."""
        pointer = self.root + _pointer(("metadata", "annotations", key))
        return Evidence(pointer, f"metadata.annotations['{field}']", self.annotations[key])

    def within(self, container: Container, *path: Step, value: Any = ABSENT) -> Evidence:
        """Evidence for a field of a container."""
        full = ("spec", container.place, container.index, *path)
        image = container.body.get("image")
        shown = image if isinstance(image, str) else ""
        return Evidence(self.root + _pointer(full), _field(full), value, container.name, shown)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pod's metadata and spec are: `holder` has them, `path` leads to it, empty for a Pod."""

    holder: JsonObject
    path: tuple[str, ...]

    def pod(self) -> Pod:
        """Raises MalformedPod where a field that a control reads has a wrong type."""
        return _pod(self.holder, _pointer(self.path))


def find(body: JsonObject) -> Pod | None:
    """The pod of an object, None where `locate` finds none. Raises MalformedPod."""
    place = locate(body)
    return place.pod() if place is not None else None


def locate(body: JsonObject) -> Place | None:
    """Where the pod of an object is; None for a kind that has none, or a controller without a template.

    These are the kinds Pod Security Admission looks at (DefaultPodSpecExtractor). Custom resources have none even
    where they embed a pod template: Kubernetes does not look into them either.
    Raises MalformedPod where a field on the way has a wrong type.
    """
    path = _path_of(text(body, "apiVersion"), text(body, "kind"))
    if path is None:
        return None
    holder: JsonObject | None = body
    for key in path:
        holder = section(holder, key) if holder else None
    return None if holder is None else Place(holder, path)


@lru_cache(maxsize=256)
def _path_of(api_version: str, kind: str) -> tuple[str, ...] | None:
    group, _ = split_api_version(api_version)
    return path_of(group, kind)


def _pod(holder: JsonObject, root: str) -> Pod:
    metadata = section(holder, "metadata") or _NOTHING
    spec = section(holder, "spec") or _NOTHING
    os = section(spec, "os") or _NOTHING
    return Pod(
        root=root,
        annotations=section(metadata, "annotations") or _NOTHING,
        spec=spec,
        security=section(spec, "securityContext") or _NOTHING,
        containers=tuple(_containers(spec)),
        is_windows=text(os, "name") == "windows",
        is_in_user_namespace=flag(spec, "hostUsers") is False,
    )


def _containers(spec: JsonObject) -> Iterator[Container]:
    for place in CONTAINER_LISTS:
        if place in spec:
            for index, body in enumerate(sections(spec, place)):
                yield Container(text(body, "name"), body, section(body, "securityContext") or _NOTHING, place, index)


@lru_cache(maxsize=4096)
def _pointer(path: tuple[Step, ...]) -> str:
    return pointer_of(path)


@lru_cache(maxsize=4096)
def _field(path: tuple[Step, ...]) -> str:
    """`("spec", "containers", 0, "ports", 1, "hostPort")` -> `spec.containers[*].ports[*].hostPort`.

    The place in a list of plain values is left out (`capabilities.add`), as in the standard.
    """
    steps = path[:-1] if isinstance(path[-1], int) and len(path) > 3 else path
    return "".join("[*]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
