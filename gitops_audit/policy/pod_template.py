"""The pod template of what a policy judges."""

from __future__ import annotations

from gitops_audit.kube.pod_template import RUNNING, value_at
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import Subject


def template_of(subject: Subject) -> JsonObject | None:
    """The pod template of an object (a Pod is its own), None where there is none."""
    path = RUNNING.get((subject.group, subject.kind))
    template = None if path is None else value_at(subject.body, path)
    return template if isinstance(template, dict) else None
