"""Fields that no rendering can tell: their values are random, or decided in the cluster, so they are not compared."""

from __future__ import annotations

import re
from dataclasses import replace

from gitops_audit.deployer import flux
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.path import field_path
from gitops_audit.model.resource import Declared


def without_varying(drift: Drift, resource: Declared) -> Drift:
    """The drift without differences in such fields; where no other is left, it is unknown, with the reason.

    What a rule ignores stays ignored. A field that is gone counts, unless all of the object is made in such a way.
    """
    if not resource.varying:
        return drift
    drift = _without_builds(drift)
    if drift.status == "missing" and (whole := _whole(resource)):
        return Drift("unknown", reason=f"it cannot be looked for by its name: {whole}")
    kept = tuple(c for c in drift.changes if c.ignored is not None or not _reason(c, resource))
    if drift.status != "modified" or len(kept) == len(drift.changes):
        return drift
    words = _words([c for c in drift.changes if c not in kept], resource)
    if any(c.ignored is None for c in kept):
        return replace(drift, changes=kept, reason="; ".join(filter(None, (drift.reason, words))))
    return Drift("unknown", kept, reason=words)


def _without_builds(drift: Drift) -> Drift:
    """The drift without texts that are equal but for what Flux puts behind the version of a chart."""
    kept = tuple(c for c in drift.changes if not _is_build(c))
    if drift.status != "modified" or len(kept) == len(drift.changes):
        return drift
    is_left = any(c.ignored is None for c in kept)
    return replace(drift, changes=kept) if is_left else replace(drift, changes=kept, status="in-sync", confirmed=True)


def _is_build(change: Change) -> bool:
    declared, live, build = change.declared, change.live, flux.UNKNOWN_BUILDS[0]
    if change.type != "changed" or not (isinstance(declared, str) and isinstance(live, str) and build in declared):
        return False
    return re.fullmatch(re.escape(declared).replace(build, "[0-9A-Za-z.-]+"), live) is not None


def _whole(resource: Declared) -> str:
    return next((reason for pointer, reason in resource.varying if not pointer), "")


def _reason(change: Change, resource: Declared) -> str:
    if change.type in ("changed", "removed", "stale") and (whole := _whole(resource)):
        return whole
    below = (r for p, r in resource.varying if f"{change.pointer}/".startswith(f"{p}/") and change.type == "changed")
    return next(below, "")


def _words(changes: list[Change], resource: Declared) -> str:
    places = ", ".join(dict.fromkeys(field_path(c.pointer, resource.body) or c.path for c in changes[:5]))
    return f"{places} cannot be compared: {_reason(changes[0], resource)}"
