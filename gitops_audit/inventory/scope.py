"""Whether a kind is namespaced: from the cluster's discovery, or offline from what is known without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gitops_audit.kube.builtin import is_namespaced
from gitops_audit.model.resource import JsonObject, Rendered, group_of, mapping

# (group, version, kind) -> True: namespaced, False: cluster-scoped, None: not served
Scope = Callable[[str, str, str], bool | None]


def offline_scope(rendered: Iterable[Rendered]) -> Scope:
    """The scope without a cluster: CustomResourceDefinitions of the inventory, then the built-in kinds.

    A kind known to neither follows its manifest: namespaced where one object of it declares a namespace.
    """
    manifests = [m for r in rendered for m in r.manifests]
    declared = declared_scopes(m.body for m in manifests)
    namespaced = {_group_kind(m.body) for m in manifests if mapping(m.body.get("metadata")).get("namespace")}

    def scope(group: str, version: str, kind: str) -> bool | None:
        if (group, kind) in declared:
            return declared[group, kind]
        builtin = is_namespaced(group, kind)
        return (group, kind) in namespaced if builtin is None else builtin

    return scope


def declared_scopes(bodies: Iterable[JsonObject]) -> dict[tuple[str, str], bool]:
    """(group, kind) -> is namespaced, of every CustomResourceDefinition among the objects."""
    return dict(entry for body in bodies if body.get("kind") == "CustomResourceDefinition" for entry in _scope(body))


def _scope(body: JsonObject) -> Iterator[tuple[tuple[str, str], bool]]:
    spec = body.get("spec")
    names = spec.get("names") if isinstance(spec, dict) else None
    if isinstance(spec, dict) and isinstance(names, dict):
        yield (str(spec.get("group", "")), str(names.get("kind", ""))), spec.get("scope") != "Cluster"


def _group_kind(body: dict[str, Any]) -> tuple[str, str]:
    return group_of(body), str(body.get("kind", ""))
