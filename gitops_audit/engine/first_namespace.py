"""Where the objects of a source are that name no namespace, so that a first audit looks for them there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.config.survey import Found
from gitops_audit.engine.gather.clusters import ReachedCluster, reach
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.inventory import build, offline_scope
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared

_MAX_ASKED = 5  # objects of a source: some are everywhere, most are not
_MAX_TOLD = 3
_NAME = re.compile(r"[a-z0-9-]{1,63}")


class Homes:
    """The clusters that a first configuration names, each asked only where a source needs it."""

    def __init__(self, contexts: Mapping[str, str]) -> None:
        self._contexts = contexts
        self._reached: dict[str, ReachedCluster] = {}

    def told(self, found: Found, source: ReadSource) -> Found:
        """The source with its namespace, or with why nobody knows which; as it is, where its objects name theirs."""
        objects = () if found.left_out or found.engine is not None else _homeless(source)
        if not objects:
            return found
        name = next(iter([*source.config.clusters, *self._contexts]), "")
        if name not in self._contexts:
            return replace(found, home=_asked("its objects name none"))
        if (cluster := self._cluster(name)).live is None:
            return replace(found, home=_asked(f"its objects name none, and cluster {name} does not answer"))
        return _placed(found, name, _most(cluster, objects))

    def close(self) -> None:
        for cluster in self._reached.values():
            cluster.close()

    def _cluster(self, name: str) -> ReachedCluster:
        if name not in self._reached:
            self._reached[name] = reach(ClusterConfig(name, context=self._contexts[name]), Redactor())
        return self._reached[name]


def _homeless(source: ReadSource) -> Sequence[Declared]:
    """The first objects that name no namespace and need one."""
    rendered = source.rendered
    bare = tuple(m for m in rendered.manifests if not (m.body.get("metadata") or {}).get("namespace"))
    inventory = build("", [(source.config, replace(rendered, manifests=bare))], offline_scope([rendered]), Redactor())
    return [r for r in inventory.resources if r.key.namespace and not (r.skip or r.argocd_skip)][:_MAX_ASKED]


def _most(cluster: ReachedCluster, objects: Sequence[Declared]) -> list[str]:
    """The namespaces that hold most of the objects. They are written into a file: what is no name is none."""
    held = Counter(
        ns for one in objects if cluster.live for ns in cluster.live.namespaces_of(one) if _NAME.fullmatch(ns)
    )
    return sorted(namespace for namespace, count in held.items() if count == max(held.values()))


def _placed(found: Found, cluster: str, namespaces: list[str]) -> Found:
    if len(namespaces) == 1:
        return replace(found, namespace=namespaces[0], home=f"where cluster {cluster} has its objects")
    if not namespaces:
        return replace(found, home=_asked(f"its objects name none, and cluster {cluster} shows none of them"))
    more = f" and {len(namespaces) - _MAX_TOLD} more" if len(namespaces) > _MAX_TOLD else ""
    return replace(
        found, home=_asked(f"cluster {cluster} has its objects in {', '.join(namespaces[:_MAX_TOLD])}{more}")
    )


def _asked(why: str) -> str:
    return f"{why}: `default` is meant where this is left out"
