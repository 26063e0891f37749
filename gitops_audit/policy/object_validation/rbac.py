"""Roles and their bindings."""

from __future__ import annotations

from functools import partial

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import Faults, Fields, mapping, objects, one_of, required
from gitops_audit.policy.object_validation.selector import selector

_GROUP = "rbac.authorization.k8s.io"


def role(body: Fields, minor: int) -> Faults:
    yield from _rules(body, is_namespaced=True)


def cluster_role(body: Fields, minor: int) -> Faults:
    yield from _rules(body, is_namespaced=False)
    aggregation = body.get("aggregationRule")
    if isinstance(aggregation, dict):
        at = "/aggregationRule"
        if not aggregation.get("clusterRoleSelectors"):
            yield at, "must have at least one of clusterRoleSelectors"
        for pointer, found in objects(aggregation.get("clusterRoleSelectors"), f"{at}/clusterRoleSelectors"):
            yield from selector(found, pointer)


def _rules(body: Fields, *, is_namespaced: bool) -> Faults:
    for pointer, rule in objects(body.get("rules"), "/rules"):
        if not rule.get("verbs"):
            yield pointer, "must have at least one verb"
        if not rule.get("nonResourceURLs"):
            for key in ("apiGroups", "resources"):
                if not rule.get(key):
                    yield pointer, f"must have at least one of {key}"
        elif is_namespaced:
            yield f"{pointer}/nonResourceURLs", "a Role is of a namespace, URLs are not"
        elif rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            yield f"{pointer}/nonResourceURLs", "a rule is either about resources or about URLs"


def _binding(body: Fields, minor: int, *, kinds: tuple[str, ...], is_namespaced: bool) -> Faults:
    reference = body.get("roleRef")
    if isinstance(reference, dict):
        yield from one_of(reference, "/roleRef", "apiGroup", (_GROUP,))
        yield from required(reference, "/roleRef", "name", name.path_segment)
        yield from one_of(reference, "/roleRef", "kind", kinds)
    for pointer, subject in objects(body.get("subjects"), "/subjects"):
        yield from _subject(subject, pointer, is_namespaced=is_namespaced)


def _subject(subject: Fields, at: str, *, is_namespaced: bool) -> Faults:
    kind = subject.get("kind")
    yield from one_of(subject, at, "kind", ("ServiceAccount", "User", "Group"))
    yield from required(subject, at, "name", name.subdomain if kind == "ServiceAccount" else str.strip)
    if kind == "ServiceAccount":
        if subject.get("apiGroup"):
            yield f"{at}/apiGroup", "a ServiceAccount has an empty one"
        if not is_namespaced and not mapping(subject).get("namespace"):
            yield at, "namespace is missing: a ServiceAccount is of one"
    else:
        yield from one_of(subject, at, "apiGroup", (_GROUP,))


role_binding = partial(_binding, kinds=("Role", "ClusterRole"), is_namespaced=True)
cluster_role_binding = partial(_binding, kinds=("ClusterRole",), is_namespaced=False)
