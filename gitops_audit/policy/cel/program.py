"""Compiled CEL expressions: checked once, evaluated on many objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gitops_audit.policy.cel import ast, guard, size
from gitops_audit.policy.cel.declarations import Overload
from gitops_audit.policy.cel.environment import checker, keep_none_alive, load, rewritten, runtime
from gitops_audit.policy.cel.pattern import work
from gitops_audit.policy.cel.reach import LATE, with_views
from gitops_audit.policy.contract import UnknownNamespace

# what the API server allows in a policy is far below; the parser's own recursion limit does the rest
Late = Mapping[str, Callable[[], Any]]
MAX_EXPRESSION = 100_000
TOO_MUCH_MEMORY = "GA423"
_PROBLEM = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_ABSENT_KEY = re.compile(r'Key not found in map : "?(.*?)"?$')
_STATUS = re.compile(r"^[A-Z_]+: |(?: \[[A-Z_]+\])$")


class CelError(Exception):
    """An expression that does not compile, or whose evaluation ended in an error. The text is one sentence."""


class CelLimit(CelError):
    """An expression that was not run, or not to its end, as it takes more than it may."""


@dataclass(slots=True)
class Activation:
    """The values of the variables, each converted when the first of all expressions asks for it."""

    values: Mapping[str, Any]
    native: Any
    size: int = 0
    late: Late = field(default_factory=dict)
    _complete: Any = None
    _unknown: UnknownNamespace | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any], parts: Collection[str] = (), late: Late | None = None) -> Activation:
        """Values are JSON. Raises CelError for what is not (nested too deep, broken Unicode).

        `parts` names the values that are parts of others, and need no look of their own; `late` are those that are
        looked for when the first expression names one.
        """
        try:
            text = orjson.dumps({name: value for name, value in values.items() if name not in parts})
        except (TypeError, ValueError) as error:
            raise CelError(f"the object cannot be given to CEL: {error}") from None
        if b"\\u0000" in text:
            raise CelError("the object cannot be given to CEL: a string in it holds a NUL character")
        return cls(values, runtime().Activation(with_views(values)), len(text), late or {})

    def complete(self) -> tuple[Any, UnknownNamespace | None]:
        """With the late values, and why one of them is missing: an expression may come to a result without it."""
        if self._complete is None:
            found = with_views(self.values)
            for name, find in self.late.items():
                try:
                    found[name] = find()
                except UnknownNamespace as error:
                    self._unknown = error
            self._complete = runtime().Activation(found)
        return self._complete, self._unknown

    def measured(self, path: str) -> float:
        """The size of the value at a path (see size.py), 1 where there is none."""
        name, *keys = path.split(size.SEPARATOR)
        found = self.values.get(name)
        is_count = bool(keys) and keys[-1] == size.COUNT
        for key in keys[:-1] if is_count else keys:
            found = found.get(key) if isinstance(found, dict) else None
        if is_count:
            return float(len(found)) if isinstance(found, list | dict) else 1.0
        return float(max(len(orjson.dumps(found, default=str)), 1))


@dataclass(slots=True)
class Program:
    """`result_type` is the checker's word for what comes out (`BOOL`, `STRING`, `DYN`, ...)."""

    expression: str
    result_type: str
    tree: ast.Tree
    extra: tuple[Overload, ...] = ()
    _native: Any = field(default=None, repr=False)
    _memory: size.Size = field(default=size.NOTHING, repr=False)
    _late: bool = field(default=False, repr=False)
    _largest_input: float = field(default=-1.0, repr=False)

    def evaluate(self, activation: Activation) -> Any:
        """The result as a Python value. Raises CelError for an error value; safe for any JSON input.

        Raises UnknownNamespace where a late value is not known, and the expression needs it.
        """
        work.done = 0
        if activation.size > self._largest_input:
            self._check_memory(activation)
        program = self._native or self._loaded()
        if not (self._late and activation.late):
            return self._evaluated(program, activation.native)
        values, unknown = activation.complete()
        try:
            return self._evaluated(program, values)
        except CelError as error:
            if unknown is not None and any(name in str(error) for name in activation.late):
                raise unknown from None
            raise

    def _evaluated(self, program: Any, values: Any) -> Any:
        try:
            found = program.eval(values)
        except (RuntimeError, MemoryError) as error:
            raise self._failure(error) from None
        if self.result_type == "BOOL":
            value = found.value()
            if value is True or value is False:
                return value
        name = found.type().name()
        return found.plain_value() if name in _PLAIN else _converted(found, name)

    def _failure(self, error: Exception) -> CelError:
        return CelLimit(_reason(error)) if isinstance(error, MemoryError) else _of_reason(_reason(error))

    def describe(self, activation: Activation) -> str:
        """The result, or its error, as text for people."""
        try:
            self._check_memory(activation)
        except CelError as error:
            return f"error: {error}"
        try:
            found = self._loaded().eval(activation.complete()[0] if activation.late else activation.native)
        except (RuntimeError, MemoryError) as error:
            return f"error: {_reason(error)}"
        kind = found.type().name()
        text = repr(found)
        if kind == "ERROR" and not text.startswith("optional."):
            return f"error: {_cleaned(str(found.plain_value()))}"
        return text

    def calls(self, functions: Collection[str]) -> bool:
        """Whether the expression calls one of the functions anywhere."""
        return any(isinstance(node, ast.Call) and node.function in functions for node in ast.walk(self.tree.root))

    def _check_memory(self, activation: Activation) -> None:
        """Raises CelError where the expression could take more memory for these values than it may."""
        if self._largest_input < 0:
            try:
                self._memory = size.needed(self.tree)
            except size.Unbounded as error:
                raise CelLimit(str(error)) from None
            self._largest_input = size.largest_input(self._memory)
        if activation.size <= self._largest_input or size.is_affordable(self._memory, activation.measured):
            return
        raise CelLimit(
            f"it could take more than {size.MAX_MEMORY_BYTES >> 20} MiB of memory for an object of this size "
            f"({activation.size} characters; limit: CEL memory) [{TOO_MUCH_MEMORY}]; "
            "let it put together shorter texts, or fewer"
        )

    def _loaded(self) -> Any:
        if self._native is None:
            root = rewritten(self.tree)
            self._late = any(isinstance(node, ast.Ident) and node.name in LATE for node in ast.walk(root))
            self._native = load(self.tree.serialise(root), self.extra)
        return self._native


_PLAIN = frozenset(("BOOL", "INT", "UINT", "DOUBLE", "STRING", "BYTES", "TIMESTAMP", "DURATION"))


def _converted(found: Any, kind: str) -> Any:
    if kind == "NULL":
        return None
    if kind == "ERROR":
        # an optional has the same kind here, and no Python value
        text = repr(found)
        if text.startswith("optional."):
            raise CelError(f"the result is an optional: {text}")
        raise _of_reason(_cleaned(str(found.plain_value())))
    if "optional." in repr(found):
        raise CelError("the result holds an optional")
    keep_none_alive()
    return found.plain_value()


def compile(expression: str, variables: Mapping[str, str], extra: tuple[Overload, ...] = ()) -> Program:
    """Parses and checks; `variables` are names with CEL types (`dyn`, `map<string, dyn>`, `list<string>`, `bool`...),
    `extra` functions beyond the Kubernetes library.

    Raises CelError with line, column and reason where the expression is not valid CEL or its types do not fit.
    """
    if len(expression) > MAX_EXPRESSION:
        raise CelError(f"the expression is longer than {MAX_EXPRESSION} characters")
    if not expression.isascii() and not _is_unicode(expression):
        raise CelError("the expression is not valid Unicode")
    try:
        compiled = checker(tuple(sorted(variables.items())), extra).compile(expression)
    except RuntimeError as error:
        raise CelError(_problems(str(error))) from None
    program = Program(expression, compiled.return_type().name(), ast.parse(compiled.serialize()), extra)
    try:
        guard.check(program.tree)
    except guard.Refused as error:
        raise CelError(str(error)) from None
    _plan(program)
    return program


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plan(program: Program) -> None:
    try:
        program._loaded().eval(runtime().Activation({}))
    except (RuntimeError, MemoryError) as error:
        raise CelError(_reason(error)) from None


def _problems(text: str) -> str:
    found = [f"{line}:{column}: {reason}" for line, column, reason in _PROBLEM.findall(text)]
    return "; ".join(found).replace(" (in container '')", "") or _cleaned(text.splitlines()[0] if text else text)


def _of_reason(text: str) -> CelError:
    return (CelLimit if "budget exceeded" in text.lower() else CelError)(text)


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    return _cleaned(str(error)) or "the runtime gave no reason"


def _cleaned(text: str) -> str:
    return _ABSENT_KEY.sub(r"no such key: \1", _STATUS.sub("", _STATUS.sub("", text)))
