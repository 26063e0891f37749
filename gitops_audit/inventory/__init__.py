"""All declared resources of a run: keyed, scoped, with their namespace settled and their Secrets redacted."""

from gitops_audit.deployer.hook import is_argocd_s
from gitops_audit.inventory.build import Inventory, build
from gitops_audit.inventory.scope import Scope, declared_scopes, offline_scope

__all__ = ["Inventory", "Scope", "build", "declared_scopes", "is_argocd_s", "offline_scope"]
