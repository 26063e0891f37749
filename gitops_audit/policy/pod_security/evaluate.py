"""Judges an object by the Pod Security Standards, as the API server's Pod Security Admission does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from gitops_audit.errors import Location, PolicyError
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security.pod import find
from gitops_audit.policy.pod_security.registry import LAST_CHANGE, active
from gitops_audit.policy.pod_security.result import ControlResult, Level, Violation

LATEST = "latest"
_VERSION = re.compile(r"v?1\.(0|[1-9][0-9]{0,3})")


def check(level: Level, version: str, body: JsonObject) -> Sequence[Violation]:
    """The controls of a level that the object's pod (template) does not fulfil, in Kubernetes' order.

    `version` is `1.0` ... or `latest`; a version newer than the last change of the standards means that last change, as
    in Kubernetes. Objects without a pod have no violations. The object is judged as it is written: what the API server
    sets on creation (the `hostPort` of a host-network Pod, fields from old annotations) is judged on the live object.

    Raises PolicyError for an unknown level or version, MalformedPod for fields of impossible types.
    """
    pod = find(body) if level != "privileged" else None
    controls = active(parse_level(level), parse_version(version))
    if pod is None:
        return ()
    found = ((item.control, item.judge(pod)) for item in controls if not item.is_overridden)
    return tuple(
        Violation(control.id, control.name, control.level, breach.reason, breach.detail, breach.evidence)
        for control, breach in found
        if breach is not None
    )


def evaluate_controls(level: Level, version: str, body: JsonObject) -> Sequence[ControlResult]:
    """Every control of a level with its result, fulfilled and overridden ones too. Raises as `check` does."""
    controls = active(parse_level(level), parse_version(version))
    pod = find(body)
    if pod is None:
        return ()
    return tuple(
        ControlResult(item.control.id, item.control.name, item.control.level, item.judge(pod), item.is_overridden)
        for item in controls
    )


def message(level: Level, version: str, violations: Sequence[Violation]) -> str:
    """All violations in one sentence, as Kubernetes refuses a pod: `violates PodSecurity "baseline:v1.30": ...`."""
    shown = LATEST if version == LATEST else f"v{version.removeprefix('v')}"
    return f'violates PodSecurity "{level}:{shown}": {", ".join(str(violation) for violation in violations)}'


def parse_level(level: str, where: Location | None = None) -> Level:
    """A level by its name. Raises PolicyError (GA432) for another."""
    for known in get_args(Level):
        if level == known:
            return known  # type: ignore[no-any-return]
    hint = f"use one of {', '.join(get_args(Level))}"
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
