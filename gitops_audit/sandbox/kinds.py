"""The kinds the sandbox serves: the built-in ones, and those that CustomResourceDefinitions add."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from gitops_audit.kube import builtin
from gitops_audit.kube.plural import plural
from gitops_audit.sandbox import tables
from gitops_audit.sandbox.types import Type

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update")


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Where the scale subresource finds its numbers, as paths into the object."""

    spec_replicas: tuple[str, ...] = ("spec", "replicas")
    status_replicas: tuple[str, ...] = ("status", "replicas")
    selector: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind at one API version."""

    group: str
    version: str
    name: str
    plural: str
    schema: Type
    singular: str = ""
    is_namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    has_status: bool = False
    scaling: Scaling | None = None
    has_generation: bool = False
    is_custom: bool = False
    list_name: str = ""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def list_kind(self) -> str:
        return self.list_name or f"{self.name}List"

    @property
    def path(self) -> str:
        """Where its group and version are served: `api/v1`, `apis/apps/v1`."""
        return f"apis/{self.group}/{self.version}" if self.group else f"api/{self.version}"

    @property
    def subresources(self) -> tuple[str, ...]:
        return (*(("scale",) if self.scaling else ()), *(("status",) if self.has_status else ()))


class Kinds:
    """The kinds served at the moment, in order of registration. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        for kind in builtin_kinds():
            self.add(kind)

    def __iter__(self) -> Iterator[Kind]:
        return iter(tuple(self._kinds.values()))

    def add(self, kind: Kind) -> None:
        self._kinds[kind.group, kind.version, kind.plural] = kind

    def remove(self, group: str, plural: str) -> None:
        """All versions of a resource."""
        self._kinds = {key: kind for key, kind in self._kinds.items() if (key[0], key[2]) != (group, plural)}

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        return self._kinds.get((group, version, plural))

    def at(self, group: str, version: str) -> tuple[Kind, ...]:
        return tuple(kind for kind in self if (kind.group, kind.version) == (group, version))

    @property
    def versions(self) -> dict[str, list[str]]:
        """The versions of each group, preferred one first; the core group is ''."""
        found: dict[str, list[str]] = {}
        for kind in self:
            versions = found.setdefault(kind.group, [])
            if kind.version not in versions:
                versions.append(kind.version)
        return found


@functools.cache
def builtin_kinds() -> tuple[Kind, ...]:
    return tuple(_row(row) for row in _ROWS.strip().splitlines())


# group/version | kind | flags: s status, x scale, g generation, a category "all"
_ROWS = """
-                         | ConfigMap                | -
-                         | LimitRange               | -
-                         | Namespace                | s
-                         | PersistentVolumeClaim    | s
-                         | Pod                      | sga
-                         | ResourceQuota            | s
-                         | Secret                   | -
-                         | ServiceAccount           | -
-                         | Service                  | sa
apiextensions.k8s.io      | CustomResourceDefinition | sg
apps                      | DaemonSet                | sga
apps                      | Deployment               | sxga
apps                      | ReplicaSet               | sxga
apps                      | StatefulSet              | sxga
autoscaling/v2            | HorizontalPodAutoscaler  | sa
batch                     | CronJob                  | sga
batch                     | Job                      | sga
coordination.k8s.io       | Lease                    | -
networking.k8s.io         | IngressClass             | g
networking.k8s.io         | Ingress                  | sg
networking.k8s.io         | NetworkPolicy            | g
policy                    | PodDisruptionBudget      | sg
rbac.authorization.k8s.io | ClusterRoleBinding       | -
rbac.authorization.k8s.io | ClusterRole              | -
rbac.authorization.k8s.io | RoleBinding              | -
rbac.authorization.k8s.io | Role                     | -
scheduling.k8s.io         | PriorityClass            | g
storage.k8s.io            | StorageClass             | -
"""
_PACKAGES = {
    "-": "io.k8s.api.core",
    "rbac.authorization.k8s.io": "io.k8s.api.rbac",
    "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
}


def _row(row: str) -> Kind:
    served, name, flags = (cell.strip() for cell in row.split("|"))
    group, _, version = served.partition("/")
    package = _PACKAGES.get(group, f"io.k8s.api.{group.partition('.')[0]}")
    version, group = version or "v1", "" if group == "-" else group
    return Kind(
        group,
        version,
        name,
        plural(name),
        tables.builtin(f"{package}.{version}.{name}"),
        singular=name.lower(),
        is_namespaced=builtin.is_namespaced(group, name) is not False,
        short_names=builtin.short_names(name),
        categories=("all",) if "a" in flags else (),
        has_status="s" in flags,
        scaling=Scaling(selector=("spec", "selector")) if "x" in flags else None,
        has_generation="g" in flags,
    )
