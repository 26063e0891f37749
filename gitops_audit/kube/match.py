"""`match` of the configuration: which objects a rule is about, the same for every kind of rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitops_audit.kube.glob import is_like
from gitops_audit.model.resource import JsonObject, ResourceKey

PARTS = ("kind", "group", "namespace", "name")


@dataclass(frozen=True, slots=True)
class Match:
    """Every given part must match. All parts and the values of labels take shell wildcards (`shop-*`)."""

    kind: str = "*"
    group: str = "*"
    namespace: str = "*"
    name: str = "*"
    labels: tuple[tuple[str, str], ...] = ()

    def selects(self, key: ResourceKey, labels: Mapping[str, Any]) -> bool:
        """Whether an object of this key with these labels is meant."""
        return (
            is_like(self.kind, key.kind)
            and is_like(self.group, key.group)
            and is_like(self.namespace, key.namespace)
            and is_like(self.name, key.name)
            and has_labels(self.labels, labels)
        )


def has_labels(wanted: tuple[tuple[str, str], ...], labels: Mapping[str, Any]) -> bool:
    """Whether an object carries every wanted label with a value like the wanted one."""
    return all(name in labels and is_like(pattern, labels[name]) for name, pattern in wanted)


def labels_of(body: JsonObject) -> Mapping[str, Any]:
    """The labels of an object; empty where they are missing or malformed."""
    metadata = body.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}
