"""Which built-in kinds are Pods or have a pod template, where it stands, and its lists of containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]

PATHS: Mapping[tuple[str, str], Path] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""(group, kind) -> the way to what holds the metadata and spec of a pod. Older versions of an API have it there too."""

RUNNING: Mapping[tuple[str, str], Path] = {key: path for key, path in PATHS.items() if key != ("", "PodTemplate")}
"""Those that are Pods or make Pods: a PodTemplate only keeps a template for others."""

CONTROLLERS: Mapping[str, Path] = {kind: path for (_, kind), path in RUNNING.items() if path}
"""Those that make Pods, by kind alone, as Kyverno goes."""

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")


def path_of(group: str, kind: str) -> Path | None:
    """The way to the pod of a kind; Deployments, DaemonSets and ReplicaSets came to `apps` from `extensions`."""
    return PATHS.get(("apps" if group == "extensions" else group, kind))


def value_at(body: Any, path: Path) -> Any:
    """What stands at a path of mappings, None where it ends before."""
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body


def containers(spec: Any, *keys: str) -> Iterator[Any]:
    """The entries of the named lists of a pod spec, whatever else it is."""
    for key in keys:
        found = spec.get(key) if isinstance(spec, dict) else None
        yield from found if isinstance(found, list) else ()
