"""JMESPath as Kyverno speaks it: standard, with more functions, and an error for a key that is not there."""

from __future__ import annotations

from gitops_audit.policy.form.kyverno.jmes.error import JmesError, NotFound, Unsupported
from gitops_audit.policy.form.kyverno.jmes.search import search, unsupported_function

__all__ = ["JmesError", "NotFound", "Unsupported", "search", "unsupported_function"]
