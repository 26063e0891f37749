"""Pod controllers as policies for Pods see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.cel.selection import TEMPLATES
from gitops_audit.policy.contract import Subject

PATHS: Mapping[tuple[str, str], tuple[str, ...]] = {(group, kind): path for group, kind, path in TEMPLATES}


def template_of(subject: Subject) -> JsonObject | None:
    """The pod template of an object (a Pod is its own), None where there is none."""
    path = PATHS.get((subject.group, subject.kind))
    if path is None:
        return None
    found: Any = subject.body
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def containers(spec: Any, *keys: str) -> Iterator[Any]:
    """The entries of the named lists of a pod spec, whatever else it is."""
    for key in keys:
        found = spec.get(key) if isinstance(spec, dict) else None
        yield from found if isinstance(found, list) else ()
