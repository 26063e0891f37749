"""What a `ValidatingPolicy` asks, compiled: conditions, validations and audit annotations over its variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gitops_audit.policy.admission_request import VARIABLES
from gitops_audit.policy.cel import Activation, CelError, Program
from gitops_audit.policy.cel_rule import Condition, Validation, audit_annotations, compose, conditions, validations
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.request import Operation
from gitops_audit.policy.form.kyverno.validating.cel import functions
from gitops_audit.policy.match_constraints import MatchConstraints

_LIST = "map<string,list<string>>"
TYPES: Mapping[str, str] = {**VARIABLES, "images": _LIST, "exceptions": _LIST}
_RULES = ("resourceRules", "excludeResourceRules")


@dataclass(frozen=True, slots=True)
class Checks:
    """Those of one operation, as written or as generated for one kind of template."""

    constraints: MatchConstraints
    conditions: tuple[Condition, ...]
    validations: tuple[Validation, ...]
    annotations: tuple[Program, ...] = ()

    @classmethod
    def from_document(cls, document: Document, operation: Operation = "CREATE") -> Checks:
        """Raises PolicyError, each mistake at its line."""
        namespace = document.text("/metadata/namespace") or "default"
        is_own = document.kind.startswith("Namespaced")
        composition = compose(document, "/spec/variables", TYPES, functions(namespace if is_own else ""))
        found = validations(document, "/spec/validations", composition)
        if not found:
            raise document.fault("/spec", "there are no validations: an audit would show nothing")
        return cls(
            MatchConstraints.from_document(_for(document, operation), "/spec/matchConstraints"),
            conditions(document, "/spec/matchConditions", composition),
            found,
            tuple(audit_annotations(document, "/spec/auditAnnotations", composition)),
        )

    def judge(self, activation: Activation) -> Sequence[RuleResult]:
        """One result per validation; an audit annotation that cannot be evaluated is an error of all."""
        for program in self.annotations:
            try:
                program.evaluate(activation)
            except CelError as error:
                return self.all("error", f"an audit annotation cannot be evaluated: {error}")
        return [validation.evaluate(activation) for validation in self.validations]

    def all(self, result: str, message: str) -> Sequence[RuleResult]:
        outcome = RuleResult("", result, message)  # type: ignore[arg-type]
        return [replace(outcome, rule=validation.name) for validation in self.validations]


def _for(document: Document, operation: Operation) -> Document:
    """The document with constraints as `MatchConstraints` reads them, which knows creation only and, as the API server
    does and Kyverno does not, takes a rule for every version of a resource."""
    constraints = dict(document.mapping("/spec/matchConstraints"))
    document.choice("/spec/matchConstraints/matchPolicy", ("Exact", "Equivalent"), "Equivalent")
    constraints["matchPolicy"] = "Exact"
    for key in _RULES if operation != "CREATE" else ():
        pointer = f"/spec/matchConstraints/{key}"
        count = len(document.sequence(pointer))
        constraints[key] = [_created(document.mapping(f"{pointer}/{i}"), operation) for i in range(count)]
    return replace(document, body=document.body | {"spec": document.body["spec"] | {"matchConstraints": constraints}})


def _created(rule: dict[str, object], operation: Operation) -> dict[str, object]:
    named = rule.get("operations")
    is_meant = not isinstance(named, list) or not named or operation in named or "*" in named
    return rule | {"operations": ["CREATE" if is_meant else "CONNECT"]}
