"""CEL with the Kubernetes library (docs/reference/cel.md).

program = cel.compile("object.spec.replicas > 1", {"object": "dyn"})
program.evaluate(cel.Activation.of({"object": body}))
"""

from __future__ import annotations

from gitops_audit.policy.cel.composition import Composition
from gitops_audit.policy.cel.program import Activation, CelError, Program, compile

__all__ = ["Activation", "CelError", "Composition", "Program", "compile"]
