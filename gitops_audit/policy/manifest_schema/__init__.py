"""Schema validation of declared manifests: by the cluster's OpenAPI v3 documents, or offline by Kubernetes version."""

from __future__ import annotations

from gitops_audit.policy.manifest_schema.check import ManifestSchemas
from gitops_audit.policy.manifest_schema.explain import SchemaFault
from gitops_audit.policy.manifest_schema.lifecycle import Retirement, retirement
from gitops_audit.policy.manifest_schema.offline import NOT_INSTALLED, offline_documents, versions

__all__ = [
    "NOT_INSTALLED",
    "ManifestSchemas",
    "Retirement",
    "SchemaFault",
    "offline_documents",
    "retirement",
    "versions",
]
