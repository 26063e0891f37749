"""Helm's own words: the annotations that it writes and reads (helm.sh/docs, `pkg/action/validate.go`)."""

from __future__ import annotations

PREFIX = "meta.helm.sh/"
RELEASE, RELEASE_NAMESPACE = f"{PREFIX}release-name", f"{PREFIX}release-namespace"
HOOK = "helm.sh/hook"
RESOURCE_POLICY = "helm.sh/resource-policy"
