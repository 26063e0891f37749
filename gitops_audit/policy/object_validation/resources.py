"""The requests and limits of containers."""

from __future__ import annotations

from fractions import Fraction

from gitops_audit.kube import name
from gitops_audit.kube.quantity import amount
from gitops_audit.model.path import escaped
from gitops_audit.policy.object_validation.field import Faults, Fields, mapping

_OVERCOMMITTED = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"
_OWN_DOMAIN = "kubernetes.io/"


def resources(container: Fields, at: str) -> Faults:
    found = container.get("resources")
    if isinstance(found, dict):
        at = f"{at}/resources"
        limits, requests = mapping(found.get("limits")), mapping(found.get("requests"))
        yield from _amounts(limits, f"{at}/limits")
        yield from _amounts(requests, f"{at}/requests")
        yield from _pairs(limits, requests, at)
        names = {*limits, *requests}
        if any(key.startswith(_HUGE_PAGES) for key in names) and not names & {"cpu", "memory"}:
            yield at, "huge pages need cpu or memory beside them"


def _amounts(found: Fields, at: str) -> Faults:
    for key, value in found.items():
        if not _is_known(key):
            yield f"{at}/{escaped(key)}", "must be cpu, memory, ephemeral-storage, or a name with a domain"
            continue
        size = amount(value)
        if size is not None and size < 0:
            yield f"{at}/{escaped(key)}", "must not be negative"
        elif size is not None and _is_extended(key) and size.denominator != 1:
            yield f"{at}/{escaped(key)}", "must be a whole number"


def _pairs(limits: Fields, requests: Fields, at: str) -> Faults:
    for key, value in requests.items():
        request, limit = amount(value), amount(limits.get(key))
        is_fixed = _is_extended(key) or key.startswith(_HUGE_PAGES)
        if request is None or not _is_known(key):
            continue
        if limit is None:
            if is_fixed and key not in limits:
                yield f"{at}/requests/{escaped(key)}", "needs a limit: it cannot be overcommitted"
        elif message := _against(request, limit, is_fixed=is_fixed):
            yield f"{at}/requests/{escaped(key)}", message


def _against(request: Fraction, limit: Fraction, *, is_fixed: bool) -> str:
    if is_fixed:
        return "" if request == limit else "must be equal to the limit: it cannot be overcommitted"
    return "" if request <= limit else "must not be more than the limit"


def _is_known(key: str) -> bool:
    if key in _OVERCOMMITTED or key.startswith(_HUGE_PAGES):
        return True
    return "/" in key and not name.qualified(key)


def _is_extended(key: str) -> bool:
    return "/" in key and _OWN_DOMAIN not in key
