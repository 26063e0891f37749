"""Kyverno's arithmetic on numbers, quantities (`1Gi`) and durations (`1h`), with its rules on what goes with what."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from gitops_audit.kube import duration, quantity
from gitops_audit.kube.quantity import Quantity
from gitops_audit.policy.form.kyverno.jmes.error import JmesError
from gitops_audit.policy.form.kyverno.value import is_number, whole

Operand = float | Quantity | duration.Duration


def add(left: Any, right: Any) -> Any:
    """Like kinds only. Raises JmesError otherwise."""
    return _like_kinds("add", left, right, lambda a, b: a + b)


def subtract(left: Any, right: Any) -> Any:
    return _like_kinds("subtract", left, right, lambda a, b: a - b)


def total(values: list[Any]) -> Any:
    """The sum of at least one value of one kind."""
    if not values:
        raise JmesError("sum: the list is empty")
    return reduce(add, values)


def multiply(left: Any, right: Any) -> Any:
    """A number with anything; two quantities or durations cannot be multiplied."""
    a, b = _operand("multiply", left), _operand("multiply", right)
    if is_number(a) and not is_number(b):
        a, b = b, a
    if not is_number(b):
        raise _mismatch("multiply")
    if isinstance(a, Quantity):
        return str(Quantity(a.value * _exact(b), a.format))
    return a.scaled(b) if isinstance(a, duration.Duration) else whole(a * b)


def divide(left: Any, right: Any) -> Any:
    """Like kinds give a number; a quantity or duration by a number gives its own kind."""
    a, b = _operand("divide", left), _operand("divide", right)
    if _amount(b) == 0:
        raise JmesError("divide: division by zero")
    if isinstance(a, Quantity) and is_number(b):
        return _shared(a, b)
    if isinstance(a, duration.Duration) and is_number(b):
        return a.scaled(1 / b)
    if type(a) is not type(b) and not (is_number(a) and is_number(b)):
        raise _mismatch("divide")
    return whole(float(_amount(a)) / float(_amount(b)))


def modulo(left: Any, right: Any) -> Any:
    """The remainder, with the sign of the dividend as in Go; whole numbers and quantities only."""
    a, b = _operand("modulo", left), _operand("modulo", right)
    if _amount(b) == 0:
        raise JmesError("modulo: division by zero")
    if _amount(a) % 1 or _amount(b) % 1:
        raise JmesError("modulo: a value is not whole")
    return _like_kinds("modulo", left, right, _remainder)


def rounded(value: float, digits: float) -> float:
    """Half away from zero, to so many digits after the point."""
    if digits != int(digits) or not 0 <= digits <= 300:
        raise JmesError(f"round: {digits} is not a number of digits")
    shift = 10.0 ** int(digits)
    return whole(math.copysign(math.floor(abs(value) * shift + 0.5), value) / shift)


def _like_kinds(name: str, left: Any, right: Any, combine: Callable[[Any, Any], Any]) -> Any:
    a, b = _operand(name, left), _operand(name, right)
    if is_number(a) and is_number(b):
        return whole(combine(a, b))
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return str(Quantity(combine(a.value, b.value), a.format if a.value else b.format))
    if isinstance(a, duration.Duration) and isinstance(b, duration.Duration):
        return str(duration.Duration(combine(a.ns, b.ns)))
    raise _mismatch(name)


def _operand(name: str, value: Any) -> Operand:
    if is_number(value):
        return value
    if isinstance(value, str):
        amount = quantity.read(value)
        if amount is not None:
            return amount
        length = duration.parse(value)
        if length is not None:
            return duration.Duration(length)
    raise JmesError(f"{name}: {value!r} is no number, quantity or duration")


def _amount(operand: Operand) -> Any:
    if isinstance(operand, Quantity):
        return operand.value
    return operand.ns if isinstance(operand, duration.Duration) else operand


def _exact(value: float) -> Fraction:
    return Fraction(repr(value))


def _shared(amount: Quantity, divisor: float) -> str:
    """A quantity divided by a number keeps as many decimals as the finer of the two had, cut off."""
    by = _exact(divisor)
    digits = 10 ** max(_decimals(amount.value), _decimals(by))
    return str(Quantity(Fraction(math.trunc(amount.value / by * digits), digits), amount.format))


def _decimals(value: Fraction) -> int:
    return next((digits for digits in range(20) if (value * 10**digits).denominator == 1), 20)


def _remainder(a: Any, b: Any) -> Any:
    remainder = abs(a) % abs(b)
    return -remainder if a < 0 else remainder


def _mismatch(name: str) -> JmesError:
    return JmesError(f"{name}: the two values are of kinds that do not go together")
