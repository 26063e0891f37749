"""Walks a parsed expression with the rules of Kyverno's fork of go-jmespath.

The fork differs from JMESPath in one thing: a field that an object does not have is an error (NotFound), which most
operators then take as null. Ordering comparisons are for numbers only, as in the specification.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from gitops_audit.policy.form.kyverno.budget import Budget
from gitops_audit.policy.form.kyverno.jmes.error import MAX_CHARS, MAX_ITEMS, NotFound, TooMuch
from gitops_audit.policy.form.kyverno.value import is_number, same

Node = Any
"""A node as jmespath's parser makes them: `type`, `value`, `children`."""


class KyvernoInterpreter(TreeInterpreter):
    """Method names are jmespath's (`visit_<node type>`)."""

    def __init__(self, functions: Functions, budget: Budget) -> None:
        super().__init__(Options(custom_functions=functions))
        self.functions = functions
        self.budget = budget

    def visit(self, node: Node, value: Any) -> Any:
        """Raises Exhausted."""
        self.budget.spend()
        return super().visit(node, value)

    def visit_field(self, node: Node, value: Any) -> Any:
        if not isinstance(value, dict):
            return None
        if node["value"] not in value:
            raise NotFound(f'unknown key "{node["value"]}" in path')
        return value[node["value"]]

    def visit_comparator(self, node: Node, value: Any) -> Any:
        left, right = (self.or_null(child, value) for child in node["children"])
        if node["value"] in ("eq", "ne"):
            return same(left, right) == (node["value"] == "eq")
        if not is_number(left) or not is_number(right):
            return None
        return self.COMPARATOR_FUNC[node["value"]](left, right)

    def visit_expref(self, node: Node, value: Any) -> Any:
        return _Expression(node["children"][0], self)

    def visit_function_expression(self, node: Node, value: Any) -> Any:
        arguments = [self.or_null(child, value) for child in node["children"]]
        self.budget.spend(sum(len(item) for item in arguments if isinstance(item, list)))
        found = self.functions.call_function(node["value"], arguments)
        if isinstance(found, str) and len(found) > MAX_CHARS:
            raise TooMuch
        return found

    def visit_filter_projection(self, node: Node, value: Any) -> Any:
        base, projected, condition = node["children"]
        items = self.or_null(base, value)
        if not isinstance(items, list):
            return None
        return self._project([item for item in items if not is_false(self.or_null(condition, item))], projected)

    def visit_projection(self, node: Node, value: Any) -> Any:
        items = self.or_null(node["children"][0], value)
        return self._project(items, node["children"][1]) if isinstance(items, list) else None

    def visit_value_projection(self, node: Node, value: Any) -> Any:
        base = self.or_null(node["children"][0], value)
        return self._project(list(base.values()), node["children"][1]) if isinstance(base, dict) else None

    def visit_flatten(self, node: Node, value: Any) -> Any:
        items = self.or_null(node["children"][0], value)
        if not isinstance(items, list):
            return None
        if sum(len(item) if isinstance(item, list) else 1 for item in items) > MAX_ITEMS:
            raise TooMuch
        return [part for item in items for part in (item if isinstance(item, list) else [item])]

    def visit_multi_select_dict(self, node: Node, value: Any) -> Any:
        if value is None:
            return None
        return {child["value"]: self.or_null(child, value) for child in node["children"]}

    def visit_multi_select_list(self, node: Node, value: Any) -> Any:
        return None if value is None else [self.or_null(child, value) for child in node["children"]]

    def visit_or_expression(self, node: Node, value: Any) -> Any:
        matched = self.or_null(node["children"][0], value)
        return self.or_null(node["children"][1], value) if is_false(matched) else matched

    def visit_and_expression(self, node: Node, value: Any) -> Any:
        matched = self.or_null(node["children"][0], value)
        return matched if is_false(matched) else self.visit(node["children"][1], value)

    def visit_not_expression(self, node: Node, value: Any) -> Any:
        return is_false(self.or_null(node["children"][0], value))

    def visit_pipe(self, node: Node, value: Any) -> Any:
        for child in node["children"]:
            value = self.or_null(child, value)
        return value

    def or_null(self, node: Node, value: Any) -> Any:
        """A node's value, null where it names a key that is not there."""
        try:
            return self.visit(node, value)
        except NotFound:
            return None

    def _project(self, items: Sequence[Any], node: Node) -> list[Any]:
        found = (self.or_null(node, item) for item in items)
        return [item for item in found if item is not None]


class _Expression:
    """`&name` as jmespath's functions take it (they look at the name of this class); a missing key gives null."""

    def __init__(self, expression: Node, interpreter: KyvernoInterpreter) -> None:
        self.expression = expression
        self.interpreter = interpreter

    def visit(self, node: Node, value: Any) -> Any:
        return self.interpreter.or_null(node, value)


def is_false(value: Any) -> bool:
    """JMESPath's false values: null, false, and what is empty. Zero is true."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)
