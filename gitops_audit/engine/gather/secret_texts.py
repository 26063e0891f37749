"""What variables stand for that Flux takes from Secrets of the cluster: to compare with, and never to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitops_audit.drift.filled import Secrets
from gitops_audit.engine.gather.clusters import ReachedCluster
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey, mapping


class SecretTexts:
    """Reads the Secrets that stand-ins name, all at once and only where a difference asks for one.

    Of a recording only tokens are known, and of a Secret that may not be read nothing: such a text is None.
    """

    __slots__ = ("_cluster", "_inventory", "_lines", "_tokens")

    def __init__(self, cluster: ReachedCluster, inventory: Sequence[Declared]) -> None:
        self._cluster, self._inventory = cluster, inventory
        self._tokens: dict[str, Any] | None = None
        self._lines: dict[str, str] = {}

    def __repr__(self) -> str:
        return "SecretTexts(...)"

    def __reduce__(self) -> str:
        raise TypeError("no other process gets values of Secrets")

    @property
    def secrets(self) -> Secrets:
        return Secrets(self.text, self.token, self._cluster.redactor.token)

    def text(self, key: str) -> str | None:
        """The value of `namespace/name/key` on one line, as Flux takes it."""
        token = self.token(key)
        return self._lines.get(token) if isinstance(token, str) else None

    def token(self, key: str) -> Any:
        """What the value is shown as; None where it was not read."""
        if self._tokens is None:
            self._tokens = self._read()
            known = self._cluster.redactor.known
            self._lines = known.lines(self._cluster.redactor.token) if known is not None else {}
        return self._tokens.get(key)

    def _read(self) -> dict[str, Any]:
        live = self._cluster.live
        named = dict.fromkeys(key for r in self._inventory for s in r.stand_ins for _, key in s.secrets)
        places = dict.fromkeys(tuple(key.split("/", 2)[:2]) for key in named)
        wanted = {place: _secret(self._cluster.name, *place) for place in places}
        found = live.read(list(wanted.values())) if live is not None and wanted else None
        data: dict[str, JsonObject] = {}
        for (namespace, name), one in wanted.items():
            body = found.get(one) if found is not None and found.problem(one) is None else None
            data[f"{namespace}/{name}"] = mapping(mapping(body).get("data"))
        return {key: data["/".join(key.split("/", 2)[:2])].get(key.split("/", 2)[2]) for key in named}


def _secret(cluster: str, namespace: str, name: str) -> Declared:
    return Declared(ResourceKey(cluster, "", "Secret", namespace, name), "", "v1", {}, Origin("", 0))
