"""Conditions `{key, operator, value, message}` of preconditions and deny rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from gitops_audit.kube import duration, quantity, semver
from gitops_audit.policy.form.kyverno import pattern, wildcard
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.substitute import SubstitutionError, substitute
from gitops_audit.policy.form.kyverno.value import is_number, parse_number, same, sprint

Compare = Callable[[Any, Any], bool]


class Verdict(NamedTuple):
    """Whether conditions hold, and what their messages say about it (already with variables replaced)."""

    holds: bool
    message: str = ""


def evaluate(conditions: Any, scope: Scope) -> Verdict:
    """`conditions` is `{any, all}` or the old plain list (all must hold); none at all hold.

    Raises SubstitutionError where a variable cannot be resolved.
    """
    if conditions is None:
        return Verdict(True)
    if isinstance(conditions, list):
        return _every(conditions, scope)
    some, every = conditions.get("any"), conditions.get("all")
    first = _some(some, scope) if some is not None else Verdict(True)
    second = _every(every or [], scope)
    if first.holds and second.holds:
        return Verdict(True, _joined(first.message, second.message))
    return Verdict(False, _joined(*(item.message for item in (first, second) if not item.holds)))


def _some(conditions: list[Any], scope: Scope) -> Verdict:
    messages = []
    for condition in conditions:
        verdict = _one(condition, scope)
        if verdict.holds:
            return verdict
        messages.append(verdict.message)
    return Verdict(False, _joined(*messages))


def _every(conditions: list[Any], scope: Scope) -> Verdict:
    messages = []
    for condition in conditions:
        verdict = _one(condition, scope)
        if not verdict.holds:
            return verdict
        messages.append(verdict.message)
    return Verdict(True, _joined(*messages))


def _one(condition: dict[str, Any], scope: Scope) -> Verdict:
    key, value = substitute(condition.get("key"), scope), substitute(condition.get("value"), scope)
    compare = OPERATORS.get(str(condition.get("operator", "")).lower())
    if compare is None:
        raise SubstitutionError(f"the operator {condition.get('operator')!r} does not exist")
    scope.budget.spend(_steps(key, value))
    return Verdict(compare(key, value), str(condition.get("message") or ""))


def _joined(*messages: str) -> str:
    return "; ".join(message for message in messages if message)


def _equals(key: Any, value: Any) -> bool:
    if isinstance(key, str):
        return _text_equals(key, value)
    if is_number(key):
        return value == key if is_number(value) else isinstance(value, str) and parse_number(value) == key
    return isinstance(key, bool | dict | list) and same(key, value)


def _text_equals(key: str, value: Any) -> bool:
    lengths = _durations(key, value)
    if lengths is not None:
        return lengths[0] == lengths[1]
    if not isinstance(value, str):
        return False
    amount = quantity.read(key)
    if amount is not None and value:
        other = quantity.read(value)
        return other is not None and amount.value == other.value
    return wildcard.is_match(value, key)


def _not_equals(key: Any, value: Any) -> bool:
    return key is not None and not _equals(key, value)


def _durations(key: Any, value: Any) -> tuple[int, int] | None:
    """Both sides in nanoseconds where at least one is a duration; a plain number is seconds."""
    left, right = _written_duration(key), _written_duration(value)
    if left is None and right is None:
        return None
    left = left if left is not None else _seconds(key)
    right = right if right is not None else _seconds(value)
    return (left, right) if left is not None and right is not None else None


def _written_duration(value: Any) -> int | None:
    return duration.parse(value) if isinstance(value, str) and value != "0" else None


def _seconds(value: Any) -> int | None:
    return int(value) * duration.SECOND_NS if is_number(value) else None


def _keys(key: Any) -> list[str] | None:
    """What is looked for: one text, or the texts of a list; None where the type cannot be looked for."""
    if isinstance(key, list):
        return [sprint(item) for item in key]
    return [sprint(key)] if isinstance(key, str | bool) or is_number(key) else None


def _texts(value: str, *, plain: bool = True) -> list[str] | None:
    """A text as a list: a JSON list of texts (as in Go, null is an empty text, and for all of it no list), or with
    `plain` itself; None for JSON of another kind."""
    try:
        parsed = json.loads(value, parse_constant=_no_json)
    except ValueError:
        return [value] if plain else None
    items = [] if parsed is None else parsed
    is_texts = isinstance(items, list) and all(item is None or isinstance(item, str) for item in items)
    return [item or "" for item in items] if is_texts else None


def _no_json(name: str) -> NoReturn:
    raise ValueError(name)


def _is_alike(left: str, right: str) -> bool:
    return wildcard.is_match(left, right) or wildcard.is_match(right, left)


class _Values:
    """Texts to be found among, wildcards on either side."""

    __slots__ = ("_all", "_plain", "_wild")

    def __init__(self, values: list[str]) -> None:
        self._all = values
        self._wild = [value for value in values if wildcard.has_wildcard(value)]
        self._plain = frozenset(values)

    def __contains__(self, text: str) -> bool:
        looking = self._all if wildcard.has_wildcard(text) else self._wild
        return text in self._plain or any(_is_alike(text, value) for value in looking)


def _texts_of(values: list[Any]) -> _Values:
    return _Values([sprint(item) for item in values])


def _steps(key: Any, value: Any) -> int:
    """How many texts may have to be compared."""
    if not isinstance(key, list) or not isinstance(value, list):
        return 1
    wild_keys, wild_values = (sum(wildcard.has_wildcard(sprint(item)) for item in items) for items in (key, value))
    return len(key) * (1 + wild_values) + len(value) * (1 + wild_keys)


def _is_one_in(text: str, value: Any) -> bool | None:
    """Whether one text is among the values, None where these are of a wrong type."""
    if isinstance(value, list):
        return text in _texts_of(value)
    if not isinstance(value, str):
        return None
    if wildcard.is_match(value, text):
        return True
    if pattern.is_range(value):
        return pattern.is_match(text, value)
    values = _texts(value)
    return None if values is None else text in values


def _memberships(keys: list[str], value: Any, *, with_scalars: bool) -> list[bool] | None:
    """For each text of a list whether it is among the values, None where these are of a wrong type."""
    if isinstance(value, list):
        wanted = _texts_of(value)
        return [key in wanted for key in keys]
    if with_scalars and (isinstance(value, bool) or is_number(value)):
        return [_is_alike(key, sprint(value)) for key in keys]
    if not isinstance(value, str):
        return None
    if keys == [value]:
        return [True]
    if pattern.is_range(value):
        return [pattern.is_match(key, value) for key in keys]
    values = _texts(value)
    if values is None:
        return None
    wanted = _Values(values)
    return [key in wanted for key in keys]


def _not_every(found: list[bool]) -> bool:
    return not all(found)


def _membership(decide: Callable[[list[bool]], bool], *, with_scalars: bool, negated: bool) -> Compare:
    def compare(key: Any, value: Any) -> bool:
        keys = _keys(key)
        if keys is None:
            return False
        if not isinstance(key, list):
            found = _is_one_in(keys[0], value)
            return found is not None and found != negated
        if decide is _not_every and isinstance(value, str) and keys != [value] and pattern.is_range(value):
            # what cannot be compared with a range is neither in it nor out of it
            return any(pattern.is_match(text, value.replace("-", "!-", 1)) for text in keys)
        members = _memberships(keys, value, with_scalars=with_scalars)
        return members is not None and decide(members)

    return compare


def _old_in(*, negated: bool) -> Compare:
    """The deprecated In and NotIn compare lists exactly, without wildcards, and take no single text as a list."""

    def compare(key: Any, value: Any) -> bool:
        keys = _keys(key)
        if keys is None:
            return False
        values = _texts(value, plain=False) if isinstance(value, str) else value
        if not isinstance(key, list):
            found = _is_in_old(keys[0], value, values)
            return found is not None and found != negated
        if isinstance(value, str) and keys == [value]:
            return True
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            return False
        return all(text in values for text in keys) != negated

    return compare


def _is_in_old(text: str, value: Any, values: Any) -> bool | None:
    if isinstance(value, str) and wildcard.is_match(value, text):
        return True
    if not isinstance(values, list):
        return None
    return text in values if isinstance(value, str) else text in _texts_of(values)


def _ordered(holds: Callable[[Any, Any], bool]) -> Compare:
    """Numbers, quantities, durations and versions."""

    def compare(key: Any, value: Any) -> bool:
        if not (is_number(key) or isinstance(key, str)):
            return False
        pair = _durations(key, value) or _quantities(key, value) or _numbers(key, value) or _versions(key, value)
        return pair is not None and holds(*pair)

    return compare


def _quantities(key: Any, value: Any) -> tuple[Any, Any] | None:
    left = quantity.read(key) if isinstance(key, str) else None
    right = quantity.read(value) if isinstance(value, str) else None
    return (left.value, right.value) if left and right else None


def _numbers(key: Any, value: Any) -> tuple[Any, Any] | None:
    left = parse_number(key) if isinstance(key, str) else key
    right = parse_number(value) if isinstance(value, str) else value if is_number(value) else None
    return None if left is None or right is None else (left, right)


def _versions(key: Any, value: Any) -> tuple[Any, Any] | None:
    left = semver.read(key) if isinstance(key, str) else None
    right = semver.read(value) if isinstance(value, str) else None
    return (left.key, right.key) if left and right else None


def _length_ordered(holds: Callable[[Any, Any], bool]) -> Compare:
    """The deprecated Duration* operators: durations, and numbers as seconds."""

    def compare(key: Any, value: Any) -> bool:
        left, right = _length(key), _length(value)
        return left is not None and right is not None and holds(left, right)

    return compare


def _length(value: Any) -> int | None:
    return duration.parse(value) if isinstance(value, str) else _seconds(value)


_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "greaterthan": lambda left, right: bool(left > right),
    "greaterthanorequals": lambda left, right: bool(left >= right),
    "lessthan": lambda left, right: bool(left < right),
    "lessthanorequals": lambda left, right: bool(left <= right),
}

OPERATORS: dict[str, Compare] = {
    "equal": _equals,
    "equals": _equals,
    "notequal": _not_equals,
    "notequals": _not_equals,
    "in": _old_in(negated=False),
    "notin": _old_in(negated=True),
    "anyin": _membership(any, with_scalars=True, negated=False),
    "allin": _membership(all, with_scalars=False, negated=False),
    "anynotin": _membership(_not_every, with_scalars=True, negated=True),
    "allnotin": _membership(lambda found: not any(found), with_scalars=False, negated=True),
    **{name: _ordered(holds) for name, holds in _ORDERINGS.items()},
    **{f"duration{name}": _length_ordered(holds) for name, holds in _ORDERINGS.items()},
}
"""By name in lower case: Kyverno ignores the case."""
