"""Objects of Argo CD and Flux as they stand in a cluster, as far as an audit looks at them."""

from __future__ import annotations

from typing import Any

from gitops_audit.model.resource import JsonObject

URL = "https://git.example.com/shop/deploy.git"
SSH_URL = "git@git.example.com:shop/deploy"
ARGOCD, FLUX_SYSTEM = "argocd", "flux-system"


def argo_source(path: str = "apps", repo: str = URL) -> JsonObject:
    return {"repoURL": repo, "path": path, "targetRevision": "main"}


def deployed_at(commit: str, source: JsonObject | None = None) -> JsonObject:
    """A status with one successful sync; Git has moved since, and Argo CD has seen it."""
    entry = {"id": 3, "revision": commit, "source": source or argo_source()}
    return {"sync": {"status": "OutOfSync", "revision": "f" * 40}, "history": [entry]}


def application(
    status: JsonObject, name: str = "shop", source: JsonObject | None = None, **destination: str
) -> JsonObject:
    to = destination or {"server": "https://kubernetes.default.svc", "namespace": "shop"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": ARGOCD},
        "spec": {"project": "default", "source": source or argo_source(), "destination": to},
        "status": status,
    }


def git_repository(url: str = URL, name: str = "deploy") -> JsonObject:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": name, "namespace": FLUX_SYSTEM},
        "spec": {"url": url, "interval": "1m"},
    }


def kustomization(revision: str, name: str = "shop", path: str = "./apps", **status: Any) -> JsonObject:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": FLUX_SYSTEM},
        "spec": {"path": path, "sourceRef": {"kind": "GitRepository", "name": "deploy"}, "interval": "1m"},
        "status": {"lastAppliedRevision": revision, **status},
    }


def definition(body: JsonObject, plural: str) -> JsonObject:
    """A CustomResourceDefinition that takes any object of its kind."""
    group, _, version = str(body["apiVersion"]).partition("/")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    kind = str(body["kind"])
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [served]},
    }


DEFINITIONS = (
    definition(application({}), "applications"),
    definition(kustomization(""), "kustomizations"),
    definition(git_repository(), "gitrepositories"),
)
