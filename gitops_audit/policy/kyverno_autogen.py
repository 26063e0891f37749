"""Which pod controllers a policy for Pods is evaluated on as well (Kyverno's autogen of CEL policies)."""

from __future__ import annotations

from gitops_audit.policy.admission_match import MatchConstraints
from gitops_audit.policy.document import Document, suggestion

_KINDS = {
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "replicasets": "ReplicaSet",
    "replicationcontrollers": "ReplicationController",
    "jobs": "Job",
    "cronjobs": "CronJob",
}
_BY_NAME = _KINDS | {kind.lower(): kind for kind in _KINDS.values()}
_AUTOGEN = ("mutatingAdmissionPolicy", "podControllers", "validatingAdmissionPolicy")


def controllers(document: Document, constraints: MatchConstraints) -> frozenset[str]:
    """The kinds; none where the policy is not for Pods alone, selects by labels, or lists no controllers.

    Raises PolicyError for a controller that is none.
    """
    document.only("/spec/autogen", _AUTOGEN)
    wanted = frozenset(_KINDS.values())
    if document.value("/spec/autogen/podControllers/controllers") is not None:
        pointer = "/spec/autogen/podControllers/controllers"
        wanted = frozenset(_kind(document, f"{pointer}/{i}") for i in range(len(document.sequence(pointer))))
    return wanted if _is_for_pods(constraints) else frozenset()


def _is_for_pods(constraints: MatchConstraints) -> bool:
    if constraints.namespaces.requirements or constraints.objects.requirements or constraints.excluded:
        return False
    return all(
        rule.groups == {""} and rule.resources == {"pods"} and not rule.names and rule.is_for_create
        for rule in constraints.rules
    )


def _kind(document: Document, pointer: str) -> str:
    word = document.text(pointer)
    kind = _BY_NAME.get(word.lower())
    if kind is None:
        hint = f"{suggestion(word, _KINDS)}use some of {', '.join(_KINDS)}"
        raise document.fault(pointer, f"{word!r} is no pod controller", hint=hint)
    return kind
