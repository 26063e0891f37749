"""Whether what was declared also works, as the live object says of itself: dicts in, a word and a reason out."""

from gitops_audit.health.status import health_of

__all__ = ["health_of"]
