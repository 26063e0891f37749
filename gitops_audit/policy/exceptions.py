"""Exceptions of the configuration: who waives which policy on what, why, and until when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from gitops_audit.config.settings import ExceptionRule
from gitops_audit.config.suggest import did_you_mean, listed
from gitops_audit.errors import PolicyError
from gitops_audit.kube.glob import is_like
from gitops_audit.model.finding import PolicyResult, Waiver
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import ResourceKey

_WAIVABLE = ("fail", "warn")


class Exceptions:
    """Applies exceptions to policy results and remembers which were of use.

    `today` is the day that decides: an exception holds on the day it expires, and no longer after it. `policies` are
    the names of the loaded policies. Raises PolicyError: GA451 for an exception to a policy that is not loaded, GA452
    for a day that does not exist.
    An exception's `policy` may have shell wildcards (`require-*`).
    """

    def __init__(self, rules: Sequence[ExceptionRule], today: date, policies: Collection[str]) -> None:
        for rule in rules:
            _require_policy(rule, policies)
        self._current = [rule for rule in rules if _expiry(rule) >= today]
        self._expired = [rule for rule in rules if _expiry(rule) < today]
        self._waived: Counter[int] = Counter()
        self._lapsed: Counter[int] = Counter()

    def apply(self, result: PolicyResult, key: ResourceKey, labels: Mapping[str, str]) -> PolicyResult:
        """The result, with the waiver of the first exception that holds for it. Only failures and warnings are waived:
        a policy that could not be evaluated stays an error."""
        if result.result not in _WAIVABLE:
            return result
        for index, rule in enumerate(self._current):
            if _covers(rule, result, key, labels):
                self._waived[index] += 1
                return replace(result, exception=Waiver(rule.reason, rule.owner, rule.expires, str(rule.where)))
        for index, rule in enumerate(self._expired):
            self._lapsed[index] += _covers(rule, result, key, labels)
        return result

    def notes(self) -> Iterator[str]:
        """What a person should know once all results are in: exceptions that are expired, and those of no use."""
        for index, rule in enumerate(self._expired):
            count = self._lapsed[index]
            effect = (
                f"{how_many(count, 'violation')} {'counts' if count == 1 else 'count'} again" if count else "remove it"
            )
            yield f"{_named(rule)} expired on {rule.expires}: {effect}"
        for index, rule in enumerate(self._current):
            if not self._waived[index]:
                yield f"{_named(rule)} waived nothing: remove it"


def _named(rule: ExceptionRule) -> str:
    return f"{rule.where}: the exception of {rule.owner} for policy {rule.policy}"


def _covers(rule: ExceptionRule, result: PolicyResult, key: ResourceKey, labels: Mapping[str, str]) -> bool:
    return is_like(rule.policy, result.policy) and rule.match.selects(key, labels)


def _require_policy(rule: ExceptionRule, policies: Collection[str]) -> None:
    if any(is_like(rule.policy, name) for name in policies):
        return
    hint = did_you_mean(rule.policy, policies) or f"the policies of this run are {listed(sorted(policies))}"
    raise PolicyError(
        f"the exception is for policy {rule.policy!r}, which is not loaded", code="GA451", where=rule.where, hint=hint
    )


def _expiry(rule: ExceptionRule) -> date:
    try:
        return date.fromisoformat(rule.expires)
    except ValueError:
        raise PolicyError(
            f"{rule.expires!r} is not a day", code="GA452", where=rule.where, hint="write it as 2026-12-31"
        ) from None
