"""Evaluates an expression on a value."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from jmespath.parser import Parser

from gitops_audit.policy.form.kyverno.budget import Budget
from gitops_audit.policy.form.kyverno.jmes.error import JmesError
from gitops_audit.policy.form.kyverno.jmes.functions import KyvernoFunctions
from gitops_audit.policy.form.kyverno.jmes.interpreter import KyvernoInterpreter
from gitops_audit.policy.form.kyverno.value import is_number, whole

MAX_EXPRESSION_CHARS = 20_000
_FUNCTIONS = KyvernoFunctions()
_UNSUPPORTED = re.compile(r"\b(random)\s*\(")


def search(expression: str, value: Any, budget: Budget | None = None) -> Any:
    """The value of an expression. Raises NotFound for a key that is not there, Exhausted where it takes more than the
    budget (one of its own, where none is given), JmesError for everything else."""
    node = _parsed(expression)
    try:
        return _whole_numbers(KyvernoInterpreter(_FUNCTIONS, budget or Budget()).visit(node, value))
    except RecursionError:
        raise JmesError("the expression or its data is nested too deeply") from None
    except JmesError:
        raise
    except (ValueError, TypeError, ArithmeticError) as error:
        raise JmesError(_one_line(error)) from None


def unsupported_function(text: str) -> str:
    """The first function in a text of a policy that is not evaluated here, or nothing."""
    found = _UNSUPPORTED.search(text)
    return found[1] if found else ""


@lru_cache(maxsize=2048)
def _parsed(expression: str) -> Any:
    if len(expression) > MAX_EXPRESSION_CHARS:
        raise JmesError(f"an expression of {len(expression)} characters (at most {MAX_EXPRESSION_CHARS} are read)")
    try:
        parsed: Any = Parser().parse(expression).parsed
    except RecursionError:
        raise JmesError("the expression is nested too deeply") from None
    except ValueError as error:
        raise JmesError(f"{expression!r} is not a JMESPath expression: {_one_line(error)}") from None
    return parsed


def _whole_numbers(value: Any) -> Any:
    return whole(value) if is_number(value) else value


def _one_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
