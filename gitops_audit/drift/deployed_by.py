"""Who deploys one object: the tool whose mark it carries, else the first tool in its managedFields, else kubectl.

Several appliers write to one object: a controller, and a person who runs `kubectl apply` beside it. Only the
deployer's fields say what Git declared; everybody else changes the cluster, whatever operation they use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from gitops_audit.deployer import argocd
from gitops_audit.deployer.tools import TOOLS, is_kubectl
from gitops_audit.deployer.tracking import INSTANCE, MANAGED_BY, trackers
from gitops_audit.kube.glob import is_like_any
from gitops_audit.kube.managed_fields import Entry
from gitops_audit.model.resource import JsonObject

# Labels that charts and people set as well: they tell a deployer only where its own marks are not there.
_WEAK_MARKS = {INSTANCE: "Argo CD", argocd.INSTANCE: "Argo CD", MANAGED_BY: "Helm"}
_KUBECTL_SERVER_SIDE = "kubectl"


@dataclass(frozen=True, slots=True)
class Deployer:
    """The field managers by which an object is deployed; none where nobody is known to deploy it.

    `is_kubectl`: only `kubectl apply` ever deployed it, by a pipeline or by hand: its name alone tells nothing.
    """

    managers: frozenset[str] = frozenset()
    is_kubectl: bool = False

    def __bool__(self) -> bool:
        return bool(self.managers)

    def holds(self, entry: Entry) -> bool:
        """Whether an entry is the deployer's; `kubectl` counts by its server-side apply alone."""
        return entry.manager in self.managers and (entry.manager != _KUBECTL_SERVER_SIDE or entry.is_apply)


NOBODY = Deployer()


def deployer_of(entries: Sequence[Entry], metadata: JsonObject, is_applier: Callable[[Entry], bool]) -> Deployer:
    """The deployer of an object with these entries.

    A mark counts where its tool wrote something: anybody may set a label. `is_applier` tells by class.
    """
    appliers = [e for e in entries if is_applier(e)]
    named = [e.manager for e in appliers if not is_kubectl(e.manager)]
    if not named:
        return _kubectl(appliers)
    for tool in chain(_marked(metadata), _tools(named)):
        found = frozenset(manager for manager in named if _is_of(tool, manager))
        if found:
            return Deployer(found)
    return Deployer(frozenset(named[:1]))


def _marked(metadata: JsonObject) -> Iterator[str]:
    """The tools whose marks an object carries, the most telling first."""
    strong = {mark.partition(":")[0] for mark in trackers(metadata)}
    yield from (tool for tool in TOOLS if tool in strong)
    labels = metadata.get("labels")
    for label, tool in _WEAK_MARKS.items():
        value = labels.get(label) if isinstance(labels, dict) else None
        if value and (label != MANAGED_BY or value == tool):
            yield tool


def _tools(managers: Sequence[str]) -> Iterator[str]:
    """The tool of the first manager; nothing where no tool goes by its name."""
    yield from (tool for manager in managers[:1] for tool in TOOLS if _is_of(tool, manager))


def _is_of(tool: str, manager: str) -> bool:
    return is_like_any(TOOLS[tool], manager)


def _kubectl(appliers: Sequence[Entry]) -> Deployer:
    """Beside a server-side apply of kubectl, its client-side apply is somebody else's: the first one takes over the
    fields of the second when a pipeline changes from one to the other."""
    managers = {e.manager for e in appliers}
    if _KUBECTL_SERVER_SIDE in managers:
        managers = {_KUBECTL_SERVER_SIDE, "kubectl-last-applied"} & managers
    return Deployer(frozenset(managers), is_kubectl=bool(managers))
