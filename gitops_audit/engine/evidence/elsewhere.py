"""Where an object is that is missing: a source may name a wrong namespace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gitops_audit.engine.case import Case, merged
from gitops_audit.live import Cluster, LiveSet
from gitops_audit.model.resource import Declared

_MAX_REQUESTS = 10  # for each cluster: where everything is missing, the first ones tell
_NAMESPACES_TOLD = 3


class Elsewhere:
    """Tells the other namespaces that have a missing object, as far as no source declares it there."""

    def __init__(self, cluster: Cluster | None, inventory: Sequence[Declared]) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._left = _MAX_REQUESTS

    def told(self, cases: Sequence[Case], read: LiveSet | None) -> Sequence[Case]:
        """The cases, those that are missing with the namespaces that have such an object."""
        if read is None:
            return cases
        missing = (case for case in cases if case.is_missing and case.is_asked)
        return merged(cases, (self._with_reason(case, read) for case in missing))

    def _with_reason(self, case: Case, read: LiveSet) -> Case:
        reasons = (case.found.reason, self._told(case.declared, read))
        return replace(case, drift=replace(case.found, reason="; ".join(filter(None, reasons))))

    def _told(self, resource: Declared, read: LiveSet) -> str:
        """A sentence with a question; empty where no namespace is known to have it."""
        found = read.elsewhere(resource) or self._asked(resource)
        own = resource.key
        declared = (
            {r.key.namespace for r in self._inventory if r.key._replace(namespace=own.namespace) == own}
            if found
            else ()
        )
        others = [namespace for namespace in found if namespace not in declared]
        if not others:
            return ""
        more = f" and {len(others) - _NAMESPACES_TOLD} more" if len(others) > _NAMESPACES_TOLD else ""
        told = f"namespace{'s' * (len(others) > 1)} {', '.join(others[:_NAMESPACES_TOLD])}{more}"
        return f"an object of this kind and name is in {told}: is the namespace of the source right?"

    def _asked(self, resource: Declared) -> Sequence[str]:
        if self._cluster is None or not resource.key.namespace or not self._left:
            return ()
        self._left -= 1
        return self._cluster.namespaces_of(resource)
