"""The clusters that Argo CD has, as its cluster generator sees them: Secrets in Git, else the configuration's words.

Source: argo-cd.readthedocs.io/en/stable/operator-manual: declarative-setup, applicationset/Generators-Cluster.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.deployer.argocd.destination import IN_CLUSTER_NAME, IN_CLUSTER_SERVER
from gitops_audit.deployer.argocd.parameters import normalized
from gitops_audit.model.resource import JsonObject, mapping

_SECRET_TYPE = "argocd.argoproj.io/secret-type"  # noqa: S105 - the name of a label


@dataclass(frozen=True, slots=True)
class RegisteredCluster:
    """`is_labelled` is false where its labels are not known, for no Secret of it is in Git."""

    name: str
    server: str
    project: str = ""
    labels: JsonObject = field(default_factory=dict)
    annotations: JsonObject = field(default_factory=dict)
    is_labelled: bool = True

    def parameters(self, *, is_nested: bool) -> JsonObject:
        about = {"name": self.name, "nameNormalized": normalized(self.name), "server": self.server}
        about["project"] = self.project
        if is_nested:
            return about | {"metadata": {"labels": self.labels, "annotations": self.annotations}}
        flat = {f"metadata.labels.{key}": value for key, value in self.labels.items()}
        return about | flat | {f"metadata.annotations.{key}": value for key, value in self.annotations.items()}


def registered(
    secrets: Iterable[JsonObject], destinations: Sequence[tuple[str, str]]
) -> list[RegisteredCluster] | None:
    """Those of Secrets where there are any, else those that the configuration names; None where neither says anything.

    The cluster that Argo CD runs in is always one of them, without labels unless it has a Secret.
    """
    found = list(_declared(secrets)) or list(_named(destinations))
    if not found:
        return None
    if any(cluster.server == IN_CLUSTER_SERVER for cluster in found):
        return found
    return [RegisteredCluster(IN_CLUSTER_NAME, IN_CLUSTER_SERVER), *found]


def _declared(secrets: Iterable[JsonObject]) -> Iterator[RegisteredCluster]:
    for secret in secrets:
        metadata = mapping(secret.get("metadata"))
        labels = mapping(metadata.get("labels"))
        if labels.get(_SECRET_TYPE) == "cluster":
            server = _value(secret, "server")
            name = _value(secret, "name") or server
            yield RegisteredCluster(
                name, server, _value(secret, "project"), labels, mapping(metadata.get("annotations"))
            )


def _value(secret: JsonObject, key: str) -> str:
    plain = mapping(secret.get("stringData")).get(key)
    if isinstance(plain, str):
        return plain
    encoded: Any = mapping(secret.get("data")).get(key)
    try:
        return base64.b64decode(encoded, validate=True).decode() if isinstance(encoded, str) else ""
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _named(destinations: Sequence[tuple[str, str]]) -> Iterator[RegisteredCluster]:
    for cluster in dict.fromkeys(name for _, name in destinations):
        known = [destination for destination, name in destinations if name == cluster]
        servers = [d for d in known if "://" in d]
        names = [d for d in known if "://" not in d]
        yield RegisteredCluster(names[0] if names else cluster, servers[0] if servers else "", is_labelled=False)
