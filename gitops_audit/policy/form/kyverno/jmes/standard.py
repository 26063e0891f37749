"""The standard functions where Kyverno's JMESPath (a Go one) answers otherwise than Python's."""

from __future__ import annotations

from typing import Any

from jmespath.functions import Functions

from gitops_audit.policy.form.kyverno.jmes.error import MAX_CHARS, JmesError, TooMuch
from gitops_audit.policy.form.kyverno.jmes.signature import ANY, ARRAY, REFERENCE, STRING, TEXT_OR_ARRAY, takes
from gitops_audit.policy.form.kyverno.value import is_number, marshal, parse_number, same


class StandardFunctions(Functions):
    @takes(STRING, ARRAY)
    def _func_join(self, separator: str, texts: list[Any]) -> str:
        if not all(isinstance(text, str) for text in texts):
            raise JmesError("join: an element is not a text")
        if sum(len(text) + len(separator) for text in texts) > MAX_CHARS:
            raise TooMuch
        return separator.join(texts)

    @takes(TEXT_OR_ARRAY, ANY)
    def _func_contains(self, searched: str | list[Any], wanted: Any) -> bool:
        if isinstance(searched, str):
            return isinstance(wanted, str) and wanted in searched
        return any(same(item, wanted) for item in searched)

    @takes(ANY)
    def _func_to_number(self, value: Any) -> float | None:
        if isinstance(value, str):
            return parse_number(value)
        return value if is_number(value) else None

    @takes(ARRAY, REFERENCE)
    def _func_sort_by(self, items: list[Any], key: Any) -> list[Any]:
        if len(items) < 2:
            return items
        keys = [key.visit(key.expression, item) for item in items]
        if not (all(map(is_number, keys)) or all(isinstance(found, str) for found in keys)):
            raise JmesError("sort_by: the keys are not all numbers or all texts")
        return [items[index] for index in sorted(range(len(items)), key=keys.__getitem__)]

    @takes(ARRAY, REFERENCE)
    def _func_max_by(self, items: list[Any], key: Any) -> Any:
        # as in sort_by, equal ones keep their order: the first of the greatest
        return self._func_sort_by(items[::-1], key)[-1] if items else None

    @takes(ARRAY, REFERENCE)
    def _func_min_by(self, items: list[Any], key: Any) -> Any:
        return self._func_sort_by(items, key)[0] if items else None

    @takes(ANY)
    def _func_to_string(self, value: Any) -> str:
        return value if isinstance(value, str) else marshal(value)
