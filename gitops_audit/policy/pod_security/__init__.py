"""The Pod Security Standards, natively: `baseline` and `restricted` in every version, with Kubernetes' own messages."""

from __future__ import annotations

from gitops_audit.policy.pod_security.evaluate import (
    LATEST,
    check,
    evaluate_controls,
    message,
    parse_level,
    parse_version,
)
from gitops_audit.policy.pod_security.fields import MalformedPod
from gitops_audit.policy.pod_security.registry import CONTROLS, LAST_CHANGE
from gitops_audit.policy.pod_security.result import Breach, ControlResult, Evidence, Level, Violation

__all__ = [
    "CONTROLS",
    "LAST_CHANGE",
    "LATEST",
    "Breach",
    "ControlResult",
    "Evidence",
    "Level",
    "MalformedPod",
    "Violation",
    "check",
    "evaluate_controls",
    "message",
    "parse_level",
    "parse_version",
]
