"""Who set a field: classes of field managers, and the entry of managedFields that answers for a path.

Managers name themselves; an unset name becomes the first part of the client's user agent (apiserver,
`handlers/fieldmanager`), which is how browsers (`Mozilla`) and Lens (`node-fetch`) come to be managers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.deployer.tools import APPLIERS
from gitops_audit.kube import managed_fields as fields
from gitops_audit.kube.glob import is_like_any
from gitops_audit.kube.managed_fields import Entry, Trie
from gitops_audit.kube.path import Path
from gitops_audit.model.finding import FieldOwner, ManagerClass
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import JsonObject

# A person at a terminal, in a browser or in a desktop client.
INTERACTIVE = (
    "kubectl-*",
    "oc",
    "oc-*",
    "k9s",
    "k9s-*",
    "node-fetch",
    "Lens*",
    "OpenLens*",
    "freelens*",
    "Freelens*",
    "headlamp*",
    "Headlamp*",
    "octant",
    "dashboard",
    "dashboard-*",
    "kubernetes-dashboard*",
    "Mozilla",
    "console",
    "openshift-console*",
    "argocd-server",
    "argocd",
    "rancher-ui",
    "kubenav",
    "aptakube*",
    "Aptakube*",
    "seabird",
    "kui",
    "Electron",
    "curl",
    "Wget",
    "HTTPie",
    "PostmanRuntime",
    "insomnia*",
)

# Programs that act on their own. The endings are the conventions of controller projects.
CONTROLLERS = (
    "kube-*",
    "kubelet",
    "cloud-controller-manager",
    "cluster-autoscaler*",
    "vpa-*",
    "keda*",
    "cainjector",
    "cert-manager*",
    "pilot-discovery",
    "istiod",
    "linkerd*",
    "cilium*",
    "calico*",
    "karpenter*",
    "external-secrets*",
    "external-dns*",
    "sealed-secrets*",
    "reloader*",
    "Reloader",
    "velero*",
    "manager",
    "controller",
    "operator",
    "webhook",
    "coredns*",
    "nginx-ingress-controller",
    "traefik*",
    "*-controller",
    "*-controllers",
    "*-controller-manager",
    "*-operator",
    "*-autoscaler",
    "*-injector",
    "*-provisioner",
    "*-scheduler",
    "*-webhook",
    "*-agent",
    "*-updater",
    "*_controller",
    "*_operator",
)

# Not a program: fields from before ownership was tracked, and old entries that the server merged to bound their
# number. Whoever stood behind them is not known any more.
_MERGED = frozenset({"before-first-apply", "ancient-changes"})
_KUBECTL = "kubectl"

# The kubectl commands that bring objects into being; the others only change them.
_MAKERS = frozenset({"kubectl-create", "kubectl-run", "kubectl-expose", "kubectl-autoscale"})
_CREATING = _MAKERS | {"kubectl-replace"}


@dataclass(frozen=True, slots=True)
class Managers:
    """The classes of field managers: the configured names (with `*`) first, then the built-in ones."""

    appliers: tuple[str, ...] = ()
    interactive: tuple[str, ...] = ()
    _known: dict[tuple[str, str], ManagerClass] = field(default_factory=dict, compare=False, repr=False)

    def class_of(self, manager: str, operation: str) -> ManagerClass:
        """`operation` is `Apply` or `Update`: kubectl applies server-side, and does everything else, by one name."""
        key = manager, operation
        if key not in self._known:
            self._known[key] = self._classify(manager, operation)
        return self._known[key]

    def _classify(self, manager: str, operation: str) -> ManagerClass:
        if is_like_any(self.appliers, manager):
            return "applier"
        if is_like_any(self.interactive, manager):
            return "interactive"
        if not manager or manager in _MERGED:
            return "unknown"
        if manager == _KUBECTL:
            return "applier" if operation == "Apply" else "interactive"
        return _built_in(manager)

    def owner(self, entry: Entry) -> FieldOwner:
        """An entry as evidence in a finding."""
        found = self.class_of(entry.manager, entry.operation)
        return FieldOwner(entry.manager, entry.operation, entry.subresource, entry.time, found)


def _built_in(manager: str) -> ManagerClass:
    if is_like_any(APPLIERS, manager):
        return "applier"
    if is_like_any(INTERACTIVE, manager):
        return "interactive"
    return "controller" if is_like_any(CONTROLLERS, manager) else "unknown"


def owners(entries: Sequence[Entry], path: Path) -> list[Entry]:
    """The entries that own what stands at a path, the latest last.

    An entry that names the path or something below it goes before one that owns a list or map around it as a whole.
    """
    reached = [(entry, *fields.deepest(entry.trie, path)) for entry in entries]
    exact = [entry for entry, _, depth in reached if depth == len(path)]
    whole = [entry for entry, trie, depth in reached if 0 < depth < len(path) and fields.is_leaf(trie)]
    return sorted(exact or whole, key=_time)


def manager_at(live: JsonObject, pointer: str) -> str:
    """The field manager that wrote what stands at a pointer of a live object last, empty where none is recorded."""
    tokens = pointer_tokens(pointer)
    found = sorted((entry for entry in fields.entries(live) if _owns(entry.trie, live, tokens)), key=_time)
    return found[-1].manager if found else ""


def _owns(trie: Trie, body: Any, tokens: Sequence[str]) -> bool:
    for token in tokens:
        if isinstance(body, list):
            index = int(token)
            node, body = fields.of_element(fields.elements(trie), body[index], index), body[index]
        else:
            node, body = fields.field(trie, token), body.get(token)
        if node is None:
            return fields.is_leaf(trie)
        trie = node
    return True


def is_maker(entry: Entry) -> bool:
    """Whether it is of a kubectl command that does nothing but create objects."""
    return entry.manager in _MAKERS


def is_editor(entry: Entry) -> bool:
    """Whether it is a kubectl command that cannot create an object."""
    return entry.manager.startswith("kubectl-") and entry.manager not in _CREATING


def _time(entry: Entry) -> str:
    return entry.time
