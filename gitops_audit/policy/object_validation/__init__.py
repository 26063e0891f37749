"""What the API server's validation refuses although the schema allows it, found without a server.

One module for each family of kinds. A rule is a function `(object or part of it, pointer) -> faults`. Where the rules
come from: the API reference of each kind; tests/e2e holds every one of them to a real API server, both ways.
"""

from __future__ import annotations

from gitops_audit.policy.object_validation.check import object_faults

__all__ = ["object_faults"]
