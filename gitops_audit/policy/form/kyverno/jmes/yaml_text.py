"""`parse_yaml`: the value of the first document of a text."""

from __future__ import annotations

from typing import Any

from gitops_audit.manifest import file as manifest
from gitops_audit.policy.form.kyverno.jmes.error import JmesError


def parse(text: str) -> Any:
    """Read as Kubernetes reads YAML. Raises JmesError where it cannot be."""
    documents, problems = manifest.documents(text.encode(), "parse_yaml")
    if problems:
        raise JmesError(f"parse_yaml: {problems[0].message}")
    return documents[0][1] if documents else None
