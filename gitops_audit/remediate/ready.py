"""What later waves need of earlier ones: definitions that are served, namespaces that are there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.live.writer import Writer
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.write import Step, Tools, wait_for

_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")


def wait_until_ready(steps: Sequence[Step], tools: Tools) -> None:
    """Waits, within `remediation.wait.timeout`, until the definitions among the objects are established.

    What is not ready in time makes the actions fail that need it: they say so themselves.
    """
    for step in steps:
        key = step.target.key
        if (key.group, key.kind) == _DEFINITION and step.written is not None:
            writer = tools.writers.of(key.cluster)
            if wait_for(partial(_is_established, step, writer, tools), tools.settings.remediation.wait_s):
                writer.reconnect()


def _is_established(step: Step, writer: Writer, tools: Tools) -> bool:
    try:
        tools.renew(step.target.key.cluster)
        found: JsonObject = writer.get(step.target) or {}
    except (ClusterError, RemediationError):  # a lock that is lost stops the next action
        return False
    conditions = (found.get("status") or {}).get("conditions") or []
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions if isinstance(c, dict))
