"""The names a person types for a kind: in any case, singular or plural, short as in kubectl, with a group or not."""

from __future__ import annotations

from gitops_audit.kube.builtin import kind_of_short_name
from gitops_audit.kube.glob import is_like
from gitops_audit.kube.plural import plural


def is_kind(typed: str, kind: str, group: str) -> bool:
    """Whether `typed` (`deploy`, `Deployments`, `deployments.apps`, `deploy*`) names a kind."""
    word, _, wanted_group = typed.lower().partition(".")
    lower = kind.lower()
    names = (lower, plural(kind))
    is_named = kind_of_short_name(word) == kind or any(is_like(word, name) for name in names)
    return is_named and (not wanted_group or is_like(wanted_group, group.lower()))
