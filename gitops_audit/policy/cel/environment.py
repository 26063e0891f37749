"""The two halves of a CEL environment: a checker that knows the Kubernetes types, and a runtime that has the functions.

The runtime's Python binding cannot carry opaque values, so expressions are checked with the true types and run with
carriers (bytes) in their place; see declarations.py and rewrite.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from gitops_audit.policy.cel import ast
from gitops_audit.policy.cel.declarations import (
    LIBRARY,
    OPAQUE,
    Overload,
    checker_config,
    fail,
    runtime_config,
    too_long,
)
from gitops_audit.policy.cel.library import named_format
from gitops_audit.policy.cel.pattern import as_one_group, find_all, is_affordable, matches
from gitops_audit.policy.cel.rewrite import Rewriter

_T = cel.Type
_KINDS: dict[str, Any] = {
    "string": _T.STRING,
    "int": _T.INT,
    "uint": _T.UINT,
    "double": _T.DOUBLE,
    "bool": _T.BOOL,
    "dyn": _T.DYN,
    "bytes": _T.BYTES,
    "google.protobuf.Timestamp": _T.TIMESTAMP,
    "google.protobuf.Duration": _T.DURATION,
}
_SPARE_NONES = 50_000
_spare: list[list[None]] = []
_templates: dict[str, ast.Expr] = {}


def keep_none_alive() -> None:
    """Tops up the reference count of None: before Python 3.12 the binding takes one away with each null it converts."""
    if sys.getrefcount(None) < _SPARE_NONES:
        _spare.append([None] * _SPARE_NONES)


def _insert(values: dict[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    keep_none_alive()
    return {**values, key: value}


def _merge(values: dict[Any, Any], more: dict[Any, Any]) -> dict[Any, Any]:
    keep_none_alive()
    return {**values, **more}


def _kind(type_name: str) -> Any:
    if type_name in OPAQUE:
        return _T.BYTES
    name = type_name.partition("<")[0]
    return {"list": _T.LIST, "map": _T.MAP}.get(name) or _KINDS[name]


def _guarded(implementation: Callable[..., Any]) -> Callable[..., Any]:
    """Bytes arrive as bytearrays, which cannot be cached by value."""

    def call(*args: Any) -> Any:
        return implementation(*(bytes(a) if isinstance(a, bytearray) else a for a in args))

    return call


def _internal() -> Iterator[Any]:
    yield _declared("fail__", "fail__", _T.BOOL, [_T.STRING], fail)
    yield _declared("tooLong__", "tooLong__", _T.INT, [_T.INT], too_long)
    yield _declared("matches__", "matches__", _T.BOOL, [_T.STRING, _T.STRING], matches)
    yield _declared("affordable__", "affordable__", _T.BOOL, [_T.STRING, _T.STRING], is_affordable)
    yield _declared("group__", "group__", _T.STRING, [_T.STRING], as_one_group)
    yield _declared("findAllEmpty__", "findAllEmpty__", _T.LIST, [_T.STRING, _T.STRING], find_all)
    yield _declared("named__", "named__", _T.BYTES, [_T.STRING], named_format.named)
    yield _declared(
        "validate__", "validate__", _T.LIST, [_T.BYTES, _T.STRING], _guarded(named_format.validate), is_member=True
    )
    overloads = [
        cel.Overload("mapInsert__3", return_type=_T.MAP, parameters=[_T.MAP, _T.DYN, _T.DYN], impl=_insert),
        cel.Overload("mapInsert__2", return_type=_T.MAP, parameters=[_T.MAP, _T.MAP], impl=_merge),
    ]
    yield cel.FunctionDecl("mapInsert__", overloads)


def _declared(
    name: str,
    identity: str,
    result: Any,
    params: list[Any],
    implementation: Callable[..., Any],
    is_member: bool = False,
) -> Any:
    overload = cel.Overload(identity, return_type=result, parameters=params, is_member=is_member, impl=implementation)
    return cel.FunctionDecl(name, [overload])


def _functions(library: tuple[Overload, ...]) -> Iterator[Any]:
    grouped: dict[str, dict[tuple[Any, ...], Any]] = {}
    for overload in library:
        if overload.implementation is None:
            continue
        kinds = [_kind(p) for p in overload.params]
        shape = (overload.is_member, *(kind.name() for kind in kinds))
        grouped.setdefault(overload.name, {})[shape] = cel.Overload(
            overload.id,
            return_type=_kind(overload.result),
            parameters=kinds,
            is_member=overload.is_member,
            impl=_guarded(overload.implementation),
        )
    for name, overloads in grouped.items():
        yield cel.FunctionDecl(name, list(overloads.values()))


@lru_cache(maxsize=8)
def runtime(extra: tuple[Overload, ...] = ()) -> Any:
    """The environment expressions run in, one per process and set of further functions."""
    config = cel.NewEnvConfigFromYaml(runtime_config())
    extension = cel.CelExtension("gitops_audit", [*_functions((*LIBRARY, *extra)), *_internal()])
    return cel.NewEnv(config=config, extensions=[extension])


@lru_cache(maxsize=32)
def checker(variables: tuple[tuple[str, str], ...], extra: tuple[Overload, ...] = ()) -> Any:
    """The environment that parses and type-checks, for variables as (name, type) pairs."""
    list_search = [
        cel.FunctionDecl(
            name,
            [cel.Overload(f"k8s_{name}", return_type=_T.INT, parameters=[_T.LIST, _T.DYN], is_member=True)],
        )
        for name in ("indexOf", "lastIndexOf")
    ]
    return cel.NewEnv(
        config=cel.NewEnvConfigFromYaml(checker_config(variables, extra)),
        extensions=[cel.CelExtension("kubernetes_lists", list_search)],
    )


def parse_unchecked(expression: str) -> ast.Expr:
    """The tree of an expression whose names are not looked up (macros are expanded)."""
    return ast.parse(checker(()).compile(expression, disable_check=True).serialize()).root


def rewritten(tree: ast.Tree) -> ast.Expr:
    """The root as the runtime can evaluate it."""
    return Rewriter(parse_unchecked, tree, _templates).run()


def load(serialised: bytes, extra: tuple[Overload, ...] = ()) -> Any:
    return runtime(extra).deserialize(serialised)
