"""Schema validation of declared manifests: by the cluster's OpenAPI v3 documents, or offline by Kubernetes version."""

from __future__ import annotations

from gitops_audit.policy.manifest_schema.check import UNDEFINED, ManifestSchemas
from gitops_audit.policy.manifest_schema.explain import SchemaFault
from gitops_audit.policy.manifest_schema.judged import RULE_UNEVALUATED, Judged
from gitops_audit.policy.manifest_schema.lifecycle import Retirement, retirement
from gitops_audit.policy.manifest_schema.offline import NOT_INSTALLED, is_known, offline_documents, versions

__all__ = [
    "NOT_INSTALLED",
    "RULE_UNEVALUATED",
    "UNDEFINED",
    "Judged",
    "ManifestSchemas",
    "Retirement",
    "SchemaFault",
    "is_known",
    "offline_documents",
    "retirement",
    "versions",
]
