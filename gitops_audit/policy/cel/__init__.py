"""CEL with the Kubernetes library (docs/reference/cel.md).

program = cel.compile("object.spec.replicas > 1", {"object": "dyn"})
program.evaluate(cel.Activation.of({"object": body}))
"""

from __future__ import annotations

from gitops_audit.policy.cel.composition import Composition
from gitops_audit.policy.cel.program import Activation, CelError, CelLimit, Late, Program, compile
from gitops_audit.policy.cel.reach import CERTAIN

__all__ = ["CERTAIN", "Activation", "CelError", "CelLimit", "Composition", "Late", "Program", "compile"]
