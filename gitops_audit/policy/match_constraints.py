"""What an admission policy applies to: `matchConstraints` (admissionregistration/v1 MatchResources).

An audit asks what the API server would ask when the object is created; of a change against its base, where it is
updated or deleted. Rules for CONNECT alone do not match. `matchPolicy: Equivalent` lets a rule match every version of a
group's resource; the object is evaluated at its own version, as nothing here could convert it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops_audit.kube.match import labels_of
from gitops_audit.kube.plural import plural
from gitops_audit.kube.selector import EVERYTHING, LabelSelector
from gitops_audit.policy.contract import Subject, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.namespace import NAME_LABEL, labels_in
from gitops_audit.policy.selector import label_selector

_RULE_KEYS = ("apiGroups", "apiVersions", "operations", "resources", "resourceNames", "scope")
_OPERATIONS = ("CREATE", "UPDATE", "DELETE", "CONNECT", "*")
_KEYS = ("resourceRules", "excludeResourceRules", "namespaceSelector", "objectSelector", "matchPolicy")
# the API server never lets admission policies judge admission policies
_EXEMPT = frozenset(
    (
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    )
)


@dataclass(frozen=True, slots=True)
class ResourceRule:
    groups: frozenset[str]
    versions: frozenset[str]
    resources: frozenset[str]
    names: frozenset[str] = frozenset()
    scope: str = "*"
    operations: frozenset[str] = frozenset()

    @classmethod
    def from_document(cls, document: Document, pointer: str) -> ResourceRule:
        document.only(pointer, _RULE_KEYS)
        operations = _words(document, f"{pointer}/operations")
        for operation in operations - set(_OPERATIONS):
            hint = f"use {', '.join(_OPERATIONS)}"
            raise document.fault(f"{pointer}/operations", f"{operation!r} is no operation", hint=hint)
        return cls(
            groups=_words(document, f"{pointer}/apiGroups"),
            versions=_words(document, f"{pointer}/apiVersions"),
            resources=_words(document, f"{pointer}/resources"),
            names=_words(document, f"{pointer}/resourceNames"),
            scope=document.choice(f"{pointer}/scope", ("*", "Cluster", "Namespaced"), "*"),
            operations=operations,
        )

    def covers(self, group: str, version: str, resource: str, is_exact: bool) -> bool:
        """Whether the rule is for objects of an API, whatever their names and their scope."""
        return (
            _has(self.groups, group)
            and (_has(self.versions, version) or not is_exact)
            and (_has(self.resources, resource) or "*/*" in self.resources)
        )

    def matches(self, subject: Subject, resource: str, is_exact: bool) -> bool:
        return (
            (not self.operations or bool(self.operations & {subject.operation, "*"}))
            and self.covers(subject.group, subject.version, resource, is_exact)
            and (not self.names or subject.name in self.names)
            and self._has_scope(subject)
        )

    def _has_scope(self, subject: Subject) -> bool:
        return self.scope == "*" or (self.scope == "Namespaced") == bool(subject.namespace)


@dataclass(frozen=True, slots=True)
class MatchConstraints:
    """An empty list of rules matches everything (that is what a binding without them means)."""

    rules: tuple[ResourceRule, ...] = ()
    excluded: tuple[ResourceRule, ...] = ()
    namespaces: LabelSelector = EVERYTHING
    objects: LabelSelector = EVERYTHING
    is_exact: bool = False
    # what the rules say of a kind is the same for all its objects, unless names decide
    _known: dict[tuple[str, str, str, bool, str], bool] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_document(cls, document: Document, pointer: str) -> MatchConstraints:
        """Raises PolicyError for unknown keys and values."""
        document.only(pointer, _KEYS)
        return cls(
            rules=_rules(document, f"{pointer}/resourceRules"),
            excluded=_rules(document, f"{pointer}/excludeResourceRules"),
            namespaces=label_selector(document, f"{pointer}/namespaceSelector"),
            objects=label_selector(document, f"{pointer}/objectSelector"),
            is_exact=document.choice(f"{pointer}/matchPolicy", ("Exact", "Equivalent"), "Equivalent") == "Exact",
        )

    def may_match(self, group: str, version: str, kind: str, plural_name: str) -> bool:
        """False where no object of the kind can match."""
        resource = plural_name or plural(kind)
        return not self.rules or any(rule.covers(group, version, resource, self.is_exact) for rule in self.rules)

    def matches(self, subject: Subject, world: World) -> bool:
        """Raises UnknownNamespace."""
        key = (
            subject.group,
            subject.version,
            subject.resource or subject.kind,
            bool(subject.namespace),
            subject.operation,
        )
        fits = self._known.get(key)
        if fits is None:
            fits = self._fits(subject)
            if not any(rule.names for rule in (*self.rules, *self.excluded)):
                self._known[key] = fits
        if not fits or (self.objects.requirements and not self.objects.matches(labels_of(subject.body))):
            return False
        return self._in_namespace(subject, world)

    def _fits(self, subject: Subject) -> bool:
        resource = subject.plural
        if subject.group == "admissionregistration.k8s.io" and resource in _EXEMPT:
            return False
        if self.rules and not any(r.matches(subject, resource, self.is_exact) for r in self.rules):
            return False
        return not any(r.matches(subject, resource, self.is_exact) for r in self.excluded)

    def _in_namespace(self, subject: Subject, world: World) -> bool:
        if not self.namespaces.requirements:
            return True
        if subject.kind == "Namespace" and not subject.group:
            return self.namespaces.matches({**labels_of(subject.body), NAME_LABEL: subject.name})
        if not subject.namespace:
            return True
        return self.namespaces.matches(labels_in(subject, world, self.namespaces.keys))


def _rules(document: Document, pointer: str) -> tuple[ResourceRule, ...]:
    count = len(document.sequence(pointer))
    return tuple(ResourceRule.from_document(document, f"{pointer}/{i}") for i in range(count))


def _words(document: Document, pointer: str) -> frozenset[str]:
    return frozenset(str(word) for word in document.sequence(pointer))


def _has(words: frozenset[str], word: str) -> bool:
    return word in words or "*" in words
