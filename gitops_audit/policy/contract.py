"""What every form of policy has in common: the engine knows only these names, never a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from gitops_audit.errors import Location
from gitops_audit.kube.plural import plural
from gitops_audit.model.finding import PolicyOutcome, Severity
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.result import PolicyInfo

Operation = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One object to evaluate. `resource` is the plural of its API, `namespace_object` its Namespace where known.

    `operation` is what a change does to it: `old` is the object before an update, None otherwise. What is deleted is
    the `body` itself.

    `derived` is what policies made of the object, by names of their own: kept for the next policy that looks at it.
    """

    body: JsonObject
    group: str
    version: str
    kind: str
    namespace: str
    name: str
    resource: str = ""
    namespace_object: JsonObject | None = None
    operation: Operation = "CREATE"
    old: JsonObject | None = None
    derived: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def after(self) -> JsonObject | None:
        """The object once the change is made."""
        return None if self.operation == "DELETE" else self.body

    @property
    def before(self) -> JsonObject | None:
        """The object until the change is made."""
        return self.body if self.operation == "DELETE" else self.old

    @property
    def plural(self) -> str:
        """The name of the kind's API: as discovery told, else by rule."""
        return self.resource or plural(self.kind)


class UnknownNamespace(ValueError):
    """What a Namespace holds decides, and it is not known. The text is the same for all objects of the namespace."""

    def __init__(self, namespace: str, reason: str) -> None:
        super().__init__(f"namespace {namespace!r} is not known, and its labels decide: {reason}")


class World(Protocol):
    """The other objects of the same side (declared or live): for parameters, contexts and checks across resources."""

    def get(self, group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        """Raises UnknownNamespace, for a Namespace, where it knows why there is none to see."""
        ...

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        """All objects of a kind, in one namespace or (empty) in all."""
        ...


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule said of one subject. `pointer` (RFC 6901) is the field that decided, empty where none did."""

    rule: str
    result: PolicyOutcome
    message: str = ""
    pointer: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What every form of policy says about itself. `form` is its kind: `Policy`, `ValidatingAdmissionPolicy`, ..."""

    name: str
    form: str
    where: Location
    title: str = ""
    description: str = ""
    category: str = ""
    severity: Severity = Severity.medium
    standards: tuple[str, ...] = ()
    remediation: str = ""
    is_scored: bool = True

    @property
    def info(self) -> PolicyInfo:
        """What reports tell of the policy."""
        return PolicyInfo(self.name, self.title, self.description, self.category, self.standards, self.remediation)

    def scored(self, result: RuleResult) -> RuleResult:
        """A failure of a policy that says of itself `scored: "false"` is a warning, as in Kyverno's reports."""
        return result if self.is_scored or result.result != "fail" else replace(result, result="warn")


class Policy(Protocol):
    """One loaded, checked policy of any form."""

    @property
    def metadata(self) -> Metadata: ...

    @property
    def rules(self) -> Sequence[str]: ...

    @property
    def operations(self) -> frozenset[str]:
        """The operations of a change that it judges; empty where it judges objects as they are."""
        ...

    def may_match(self, group: str, version: str, kind: str, plural: str) -> bool:
        """Whether `evaluate` can give a result for any object of a kind, to be asked once per kind of a run.

        False is a promise, True is none. `plural` is the name of the kind's API, empty where it is not known.
        """
        ...

    def evaluate(self, subject: Subject, world: World) -> Sequence[RuleResult]:
        """The results of the rules that match; empty where the policy does not apply. Never raises for a subject."""
        ...
