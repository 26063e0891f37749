"""Judges an object by the Pod Security Standards, as the API server's Pod Security Admission does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from gitops_audit.errors import Location, PolicyError
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security.pod import locate
from gitops_audit.policy.pod_security.proof import is_fine
from gitops_audit.policy.pod_security.registry import LAST_CHANGE, ActiveControl, active
from gitops_audit.policy.pod_security.result import LEVELS, ControlResult, Level, Violation

LATEST = "latest"
_VERSION = re.compile(r"v?1\.(0|[1-9][0-9]{0,3})")


def check(level: Level, version: str, body: JsonObject) -> Sequence[Violation]:
    """The controls of a level that the object's pod (template) does not fulfil, in Kubernetes' order.

    `version` is `1.0` ... or `latest`; a version newer than the last change of the standards means that last change, as
    in Kubernetes. Objects without a pod have no violations. The object is judged as it is written: what the API server
    sets on creation (the `hostPort` of a host-network Pod, fields from old annotations) is judged on the live object.

    Raises PolicyError for an unknown level or version, MalformedPod for fields of impossible types.
    """
    controls = active(parse_level(level), parse_version(version))
    place = locate(body) if controls else None
    if place is None or is_fine(level, place.holder):
        return ()
    is_baseline = level == "restricted" and is_fine("baseline", place.holder)
    pod = place.pod()
    asked = (item for item in controls if not item.is_overridden and not (is_baseline and item.is_baseline))
    found = ((item.control, item.judge(pod)) for item in asked)
    return tuple(
        Violation(control.id, control.name, control.level, breach.reason, breach.detail, breach.evidence)
        for control, breach in found
        if breach is not None
    )


def evaluate_controls(level: Level, version: str, body: JsonObject) -> Sequence[ControlResult]:
    """Every control of a level with its result, fulfilled and overridden ones too. Raises as `check` does."""
    controls = active(parse_level(level), parse_version(version))
    place = locate(body)
    if place is None:
        return ()
    if is_fine(level, place.holder):
        return _fulfilled(controls)
    pod = place.pod()
    return tuple(
        ControlResult(item.control.id, item.control.name, item.control.level, item.judge(pod), item.is_overridden)
        for item in controls
    )


@lru_cache(maxsize=256)
def _fulfilled(controls: tuple[ActiveControl, ...]) -> tuple[ControlResult, ...]:
    return tuple(
        ControlResult(item.control.id, item.control.name, item.control.level, None, item.is_overridden)
        for item in controls
    )


def message(level: Level, version: str, violations: Sequence[Violation]) -> str:
    """All violations in one sentence, as Kubernetes refuses a pod: `violates PodSecurity "baseline:v1.30": ...`."""
    shown = LATEST if version == LATEST else f"v{version.removeprefix('v')}"
    return f'violates PodSecurity "{level}:{shown}": {", ".join(str(violation) for violation in violations)}'


def parse_level(level: str, where: Location | None = None) -> Level:
    """A level by its name. Raises PolicyError (GA432) for another."""
    for known in LEVELS:
        if level == known:
            return known
    hint = f"use one of {', '.join(LEVELS)}"
    raise PolicyError(f"{level!r} is not a level of the Pod Security Standards", code="GA432", where=where, hint=hint)


def parse_version(version: str, where: Location | None = None) -> int:
    """The minor version that decides: `1.24`, `v1.24` -> 24, `latest` and later ones -> that of the last change.

    Raises PolicyError (GA433) for anything else.
    """
    if version == LATEST:
        return LAST_CHANGE
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if found is None:
        hint = 'write it as "1.0", "1.1", ... or latest (in quotes: YAML reads 1.30 as a number)'
        raise PolicyError(
            f"{version!r} is not a version of the Pod Security Standards", code="GA433", where=where, hint=hint
        )
    return min(int(found[1]), LAST_CHANGE)
