"""All declared resources of a run: keyed, scoped, with their namespace settled and their Secrets redacted."""

from gitops_audit.inventory.build import Inventory, build
from gitops_audit.inventory.scope import Scope, offline_scope

__all__ = ["Inventory", "Scope", "build", "offline_scope"]
