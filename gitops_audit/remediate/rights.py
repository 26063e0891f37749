"""What the credentials must be allowed to do for a plan: asked of the server before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gitops_audit.errors import RemediationError
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.writer import Target
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate import lock
from gitops_audit.remediate.document import Action
from gitops_audit.remediate.wave import side_by_side
from gitops_audit.remediate.writers import Writers

MISSING = "GA510"
VERBS: dict[str, tuple[str, ...]] = {
    "create": ("get", "create", "patch"),
    "apply": ("get", "patch"),
    "remove-fields": ("get", "patch"),
    "delete": ("get", "delete"),
    "recreate": ("get", "delete", "create", "patch"),
}
_LEASE = ApiResource("coordination.k8s.io", "v1", "Lease", "leases", True)
_LEASE_VERBS = ("get", "create", "patch")


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one kind in one namespace (empty: cluster-scoped)."""

    cluster: str
    namespace: str
    group: str
    plural: str
    verb: str

    def __str__(self) -> str:
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.plural}{f'.{self.group}' if self.group else ''}{where}"


def needed(actions: Iterable[Action]) -> list[Right]:
    """The rights that these actions need, the lock's included."""
    found: set[Right] = set()
    for action in (a for a in actions if a.action != "patch-file"):
        key = action.key
        found |= {Right(action.cluster, key.namespace, key.group, action.plural, verb) for verb in VERBS[action.action]}
        found |= {Right(action.cluster, lock.NAMESPACE, _LEASE.group, _LEASE.plural, verb) for verb in _LEASE_VERBS}
    return sorted(found)


def check_rights(actions: Iterable[Action], writers: Writers) -> None:
    """Raises RemediationError that names every missing right."""
    rights = needed(actions)
    for cluster in {right.cluster for right in rights}:
        writers.of(cluster)  # connected here, by one thread
    given = side_by_side(lambda right: _is_given(right, writers), rights)
    missing = [right for right, is_given in zip(rights, given, strict=True) if not is_given]
    if missing:
        told = "; ".join(map(str, missing[:10])) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
        hint = "`gitops-audit remediate rbac PLAN` prints the least Role"
        raise RemediationError(f"the credentials may not: {told}. Nothing was written", code=MISSING, hint=hint)


def roles(actions: Iterable[Action]) -> dict[str, list[JsonObject]]:
    """The least Roles and ClusterRoles for some actions: by cluster, one for each namespace."""
    rules: dict[tuple[str, str], dict[tuple[str, str], set[str]]] = {}
    for right in needed(actions):
        of_namespace = rules.setdefault((right.cluster, right.namespace), {})
        of_namespace.setdefault((right.group, right.plural), set()).add(right.verb)
    by_cluster: dict[str, list[JsonObject]] = {}
    for (cluster, namespace), found in sorted(rules.items()):
        by_cluster.setdefault(cluster, []).append(_role(namespace, found))
    return by_cluster


def _role(namespace: str, rules: dict[tuple[str, str], set[str]]) -> JsonObject:
    metadata = {"name": "gitops-audit-remediation"} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role" if namespace else "ClusterRole",
        "metadata": metadata,
        "rules": [
            {"apiGroups": [group], "resources": [name], "verbs": sorted(verbs)}
            for (group, name), verbs in sorted(rules.items())
        ],
    }


def _is_given(right: Right, writers: Writers) -> bool:
    api = ApiResource(right.group, "*", "", right.plural, bool(right.namespace))
    return writers.of(right.cluster).may(right.verb, api, right.namespace)


def target_of(action: Action) -> Target:
    return Target(action.key, action.version)
