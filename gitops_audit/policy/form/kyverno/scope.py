"""The data that expressions of a rule see: `request`, `images`, `element`... and the rule's own context entries.

Context entries are evaluated when an expression first names them, as Kyverno does: an entry that fails hurts only the
rules that use it. A forked scope sees its parent's data and keeps its own changes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.form.kyverno import jmes
from gitops_audit.policy.form.kyverno.budget import Budget
from gitops_audit.policy.form.kyverno.value import TooLarge, check_size

Loader = Callable[["Scope"], Any]


@dataclass(slots=True)
class Pending:
    """A context entry that no expression has named yet."""

    name: str
    load: Loader
    is_loaded: bool = False

    def is_named_in(self, expression: str) -> bool:
        return re.search(rf"(?<![.\w]){re.escape(self.name)}(?!\w)", expression) is not None


class Scope:
    """Mutable while a rule runs; `fork()` before changing what others see.

    With `is_delete` the object is gone: expressions that name `request.object` mean the old one.
    """

    __slots__ = ("_limit", "_pending", "budget", "data", "is_delete")

    def __init__(self, data: JsonObject, *, is_delete: bool = False, budget: Budget | None = None) -> None:
        self.data = data
        self.is_delete = is_delete
        self.budget = budget or Budget()
        self._pending: list[Pending] = []
        self._limit: int | None = None

    def fork(self) -> Scope:
        copy = Scope(dict(self.data), is_delete=self.is_delete, budget=self.budget)
        copy._pending = [Pending(entry.name, entry.load, entry.is_loaded) for entry in self._pending]
        return copy

    def query(self, expression: str) -> Any:
        """Raises JmesError, NotFound where a key is not there, Exhausted where the rule has worked too much."""
        text = expression.strip()
        if not text:
            raise jmes.JmesError("the expression is empty")
        self._load_named(text)
        return jmes.search(text, self.data, self.budget)

    def defer(self, name: str, load: Loader) -> None:
        """Adds a context entry to be evaluated when it is first named."""
        self._pending.append(Pending(name, load))

    def put(self, name: str, value: Any) -> None:
        """Sets a top-level name, whatever it was."""
        self.data[name] = value

    def add(self, path: str, value: Any) -> None:
        """Sets a value at a dotted path (`request.operation`), merging objects; quoted parts may hold dots."""
        *parents, leaf = next(csv.reader([path], delimiter="."), None) or [path]
        at = self.data
        for parent in parents:
            child = at.get(parent)
            at[parent] = dict(child) if isinstance(child, dict) else {}
            at = at[parent]
        at[leaf] = _merged(at.get(leaf), value)

    def _load_named(self, expression: str) -> None:
        """An entry being loaded sees only the entries before it, so that one may redefine another of its name."""
        outer = self._limit
        for index, entry in enumerate(self._pending[:outer]):
            if entry.is_loaded or not entry.is_named_in(expression):
                continue
            entry.is_loaded = True
            self._limit = index
            try:
                value = entry.load(self)
                check_size(value)
                self.put(entry.name, value)
            except TooLarge as error:
                raise jmes.JmesError(f"{entry.name}: {error}") from None
            except Exception:
                entry.is_loaded = False
                raise
            finally:
                self._limit = outer


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: _merged(old.get(key), value) for key, value in new.items()}
    return new
