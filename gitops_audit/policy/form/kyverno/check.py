"""Runs what a rule's `validate` says: deny, pattern, anyPattern, foreach (also nested)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import RuleResult, World
from gitops_audit.policy.form.kyverno import condition, jmes, overlay
from gitops_audit.policy.form.kyverno.budget import ELEMENT_STEPS
from gitops_audit.policy.form.kyverno.entry import defer_all
from gitops_audit.policy.form.kyverno.request import Request
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.substitute import SubstitutionError, substitute, text_of

MAX_DEPTH = 16
_FIELD_LIST = re.compile(r"request\.object((?:\.\w+)+)(?:\[\])?")
_NO_ELEMENT: Any = object()


@dataclass(frozen=True, slots=True)
class Check:
    """`body` is a `validate` block or one `foreach` within it; `element` is what patterns of a foreach look at."""

    rule: str
    body: JsonObject
    scope: Scope
    request: Request
    world: World
    element: Any = _NO_ELEMENT
    message: str = ""
    pointer: str = ""
    depth: int = 0
    namespace: str = ""

    def run(self) -> RuleResult | None:
        """None where there was nothing to check."""
        try:
            return self._run()
        except (SubstitutionError, jmes.JmesError) as error:
            return self._result("error", f"variable substitution failed: {error}")

    def _run(self) -> RuleResult | None:
        if "deny" in self.body:
            return self._deny()
        if "pattern" in self.body:
            return self._pattern()
        if "anyPattern" in self.body:
            return self._any_pattern()
        return self._foreach() if "foreach" in self.body else None

    @property
    def _text(self) -> str:
        return str(self.body.get("message") or self.message or "")

    def _result(self, outcome: Any, message: str = "", pointer: str = "") -> RuleResult:
        return RuleResult(self.rule, outcome, message, pointer)

    def _deny(self) -> RuleResult:
        verdict = condition.evaluate((self.body["deny"] or {}).get("conditions"), self.scope)
        if not verdict.holds:
            return self._result("pass")
        message = "; ".join(filter(None, (self._text, verdict.message)))
        shown = text_of(message, self.scope) if message else f"rule {self.rule} failed"
        return self._result("fail", verdict.message if shown is None else shown, self.pointer)

    @property
    def _is_without_object(self) -> bool:
        return self.element is _NO_ELEMENT and self.request.operation == "DELETE"

    def _object(self) -> Any:
        if self.element is not _NO_ELEMENT:
            return self.element
        return self.scope.data["request"].get("object")

    def _pattern(self) -> RuleResult | None:
        pattern = substitute(self.body["pattern"], self.scope)
        if self._is_without_object:
            return None
        outcome = overlay.compare(self._object(), pattern)
        return self._told(outcome, outcome.message)

    def _any_pattern(self) -> RuleResult | None:
        patterns = substitute(self.body["anyPattern"], self.scope)
        if self._is_without_object:
            return None
        outcomes = [overlay.compare(self._object(), pattern) for pattern in patterns]
        passed = next((outcome for outcome in outcomes if outcome.result == "pass"), None)
        failed = [outcome for outcome in outcomes if outcome.result not in ("pass", "skip")]
        if passed or not outcomes:
            return self._result("pass")
        if not failed:
            return self._result("skip", "; ".join(outcome.message for outcome in outcomes))
        reasons = "; ".join(f"[{index}] {item.message}" for index, item in enumerate(outcomes) if item in failed)
        return self._told(replace(failed[0], result="fail"), reasons)

    def _told(self, outcome: overlay.Outcome, reasons: str) -> RuleResult:
        if outcome.result in ("pass", "skip"):
            return self._result(outcome.result, outcome.message)
        shown = text_of(self._text, self.scope) if self._text else ""
        message = ". ".join(part.rstrip(".") for part in (shown or "", reasons) if part)
        return self._result(outcome.result, message, self.pointer + outcome.pointer if outcome.pointer else "")

    def _foreach(self) -> RuleResult | None:
        if self.depth >= MAX_DEPTH:
            return self._result("error", f"foreach is nested more than {MAX_DEPTH} times (limit: foreach depth)")
        applied, failure = 0, None
        for block in self.body["foreach"]:
            try:
                elements = self._elements(block)
            except jmes.NotFound:
                continue
            except jmes.JmesError as error:
                failure = failure or f"failed to evaluate list {block['list']}: {error}"
                continue
            result, count = self._each(block, elements)
            if result is not None:
                return result
            applied += count
        if applied == 0:
            return self._result("error", failure) if failure else None
        return self._result("pass")

    def _elements(self, block: JsonObject) -> list[Any]:
        expression = str(block["list"])
        if self.scope.is_delete:
            expression = expression.replace("request.object", "request.oldObject")
        found = self.scope.query(expression)
        return found if isinstance(found, list) else [found]

    def _each(self, block: JsonObject, elements: list[Any]) -> tuple[RuleResult | None, int]:
        """(the first result that is not a pass, how many elements were checked)."""
        applied = 0
        for index, element in enumerate(elements):
            self.scope.budget.spend(ELEMENT_STEPS)
            if element is None:
                continue
            result = self._one(block, element, index)
            if result is None or result.result == "skip":
                continue
            if result.result != "pass":
                return result, applied
            applied += 1
        return None, applied

    def _one(self, block: JsonObject, element: Any, index: int) -> RuleResult | None:
        is_object = isinstance(element, dict)
        is_scoped = block.get("elementScope")
        if is_scoped and not is_object:
            return self._result("error", "elementScope is set, and the element is not an object")
        scope = self.scope.fork()
        for name, value in (("element", element), ("elementIndex", index)):
            scope.put(name, value)
            scope.put(f"{name}{self.depth}", value)
        defer_all(block.get("context") or (), scope, self.request.lookups_in(self.world), self.namespace)
        try:
            if not condition.evaluate(block.get("preconditions"), scope).holds:
                return None
        except (SubstitutionError, jmes.JmesError):
            # Kyverno leaves out an element whose preconditions cannot be evaluated
            return None
        looks_at_element = is_object if is_scoped is None else is_scoped
        inner = replace(
            self,
            body=block,
            scope=scope,
            element=element if looks_at_element else self.element,
            message=self._text,
            pointer=self._element_pointer(block, index),
            depth=self.depth + 1,
        )
        return inner.run()

    def _element_pointer(self, block: JsonObject, index: int) -> str:
        found = _FIELD_LIST.fullmatch(str(block["list"]).strip())
        return f"{found[1].replace('.', '/')}/{index}" if found else ""
