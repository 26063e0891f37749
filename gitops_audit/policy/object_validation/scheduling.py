"""Where a pod may run: node selector, tolerations, affinity, spread."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    duplicates,
    is_given,
    is_number,
    labels,
    mapping,
    objects,
    one_of,
    required,
)
from gitops_audit.policy.object_validation.selector import selector

_REQUIRED, _PREFERRED = (f"{how}DuringSchedulingIgnoredDuringExecution" for how in ("required", "preferred"))
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_NODE_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")


def scheduling(spec: Fields, at: str) -> Faults:
    if found := spec.get("nodeSelector"):
        yield from labels(found, f"{at}/nodeSelector")
    if found := spec.get("tolerations"):
        for pointer, toleration in objects(found, f"{at}/tolerations"):
            yield from _toleration(toleration, pointer)
    if found := spec.get("affinity"):
        yield from _affinity(mapping(found), f"{at}/affinity")
    if found := spec.get("topologySpreadConstraints"):
        yield from _spread(found, f"{at}/topologySpreadConstraints")


def _toleration(fields: Fields, at: str) -> Faults:
    key, operator, value = (fields.get(part) or "" for part in ("key", "operator", "value"))
    if isinstance(key, str) and key and (message := name.qualified(key)):
        yield f"{at}/key", message
    if not key and operator != "Exists":
        yield at, "without a key the operator must be Exists"
    if operator == "Exists" and value:
        yield f"{at}/value", "Exists takes no value"
    elif operator in ("", "Equal") and isinstance(value, str) and (message := name.label_value(value)):
        yield f"{at}/value", message
    yield from one_of(fields, at, "operator", ("Equal", "Exists", "Gt", "Lt"))
    yield from one_of(fields, at, "effect", _EFFECTS)
    if is_number(fields.get("tolerationSeconds")) and fields.get("effect") != "NoExecute":
        yield at, "tolerationSeconds needs the effect NoExecute"


def _affinity(fields: Fields, at: str) -> Faults:
    node = mapping(fields.get("nodeAffinity"))
    wanted = node.get(_REQUIRED)
    if isinstance(wanted, dict):
        yield from node_selector(wanted, f"{at}/nodeAffinity/{_REQUIRED}")
    for pointer, preferred in objects(node.get(_PREFERRED), f"{at}/nodeAffinity/{_PREFERRED}"):
        yield from _weight(preferred, pointer)
        yield from _node_term(mapping(preferred.get("preference")), f"{pointer}/preference")
    for kind in ("podAffinity", "podAntiAffinity"):
        yield from _pod_affinity(mapping(fields.get(kind)), f"{at}/{kind}")


def _pod_affinity(fields: Fields, at: str) -> Faults:
    for pointer, term in objects(fields.get(_REQUIRED), f"{at}/{_REQUIRED}"):
        yield from _pod_term(term, pointer)
    for pointer, preferred in objects(fields.get(_PREFERRED), f"{at}/{_PREFERRED}"):
        yield from _weight(preferred, pointer)
        yield from _pod_term(mapping(preferred.get("podAffinityTerm")), f"{pointer}/podAffinityTerm")


def _pod_term(term: Fields, at: str) -> Faults:
    yield from required(term, at, "topologyKey", name.qualified)
    yield from selector(term.get("labelSelector"), f"{at}/labelSelector")
    yield from selector(term.get("namespaceSelector"), f"{at}/namespaceSelector")


def _weight(fields: Fields, at: str) -> Faults:
    weight = fields.get("weight")
    if is_number(weight) and not 1 <= weight <= 100:
        yield f"{at}/weight", "must be from 1 to 100"


def node_selector(fields: Fields, at: str) -> Faults:
    if fields.get("nodeSelectorTerms") == []:
        yield f"{at}/nodeSelectorTerms", "must have at least one term"
    for pointer, term in objects(fields.get("nodeSelectorTerms"), f"{at}/nodeSelectorTerms"):
        yield from _node_term(term, pointer)


def _node_term(term: Fields, at: str) -> Faults:
    for pointer, expression in objects(term.get("matchExpressions"), f"{at}/matchExpressions"):
        operator, values = expression.get("operator"), expression.get("values")
        if isinstance(expression.get("key"), str) and (message := name.qualified(expression["key"])):
            yield f"{pointer}/key", message
        if operator in ("In", "NotIn") and not values:
            yield pointer, f"{operator} needs values"
        elif operator in ("Exists", "DoesNotExist") and values:
            yield f"{pointer}/values", f"{operator} takes no values"
        elif operator in ("Gt", "Lt") and (not isinstance(values, list) or len(values) != 1):
            yield pointer, f"{operator} needs exactly one value"
        yield from one_of(expression, pointer, "operator", _NODE_OPERATORS)


def _spread(value: object, at: str) -> Faults:
    found = list(objects(value, at))
    for pointer, constraint in found:
        yield from required(constraint, pointer, "topologyKey", name.qualified)
        yield from one_of(constraint, pointer, "whenUnsatisfiable", _UNSATISFIABLE)
        yield from selector(constraint.get("labelSelector"), f"{pointer}/labelSelector")
        for key in ("maxSkew", "minDomains"):
            if is_number(constraint.get(key)) and constraint[key] < 1:
                yield f"{pointer}/{key}", "must be at least 1"
        if is_given(constraint.get("minDomains")) and constraint.get("whenUnsatisfiable") == "ScheduleAnyway":
            yield f"{pointer}/minDomains", "goes with DoNotSchedule only"
    pairs = ((p, (str(c.get("topologyKey")), str(c.get("whenUnsatisfiable")))) for p, c in found)
    yield from duplicates(pairs, "pair of topologyKey and whenUnsatisfiable")
