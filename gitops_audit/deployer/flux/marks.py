"""Flux's own words: its kinds, the labels that it writes and reads, and when it repairs what it deployed.

Sources: fluxcd.io/flux/components (kustomize/kustomizations, helm/helmreleases, source/gitrepositories).
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.model.resource import JsonObject, mapping

_KUSTOMIZE, _HELM, _SOURCE = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "source.toolkit.fluxcd.io"

KUSTOMIZATION = (_KUSTOMIZE, "Kustomization")
HELM_RELEASE = (_HELM, "HelmRelease")
GIT_REPOSITORY = (_SOURCE, "GitRepository")
OCI_REPOSITORY = (_SOURCE, "OCIRepository")
HELM_REPOSITORY = (_SOURCE, "HelmRepository")
HELM_CHART = (_SOURCE, "HelmChart")
BUCKET = (_SOURCE, "Bucket")
EXTERNAL_ARTIFACT = (_SOURCE, "ExternalArtifact")
ARTIFACT_GENERATOR = ("source.extensions.fluxcd.io", "ArtifactGenerator")
RESOURCE_SET = ("fluxcd.controlplane.io", "ResourceSet")
"""Of the Flux Operator: templates of objects, with inputs."""

BOOTSTRAP = "flux-system"
"""How `flux bootstrap` names its namespace, and the GitRepository of the repository that it writes to."""

UNKNOWN_BUILDS = ("unknown0", "unknown1")
"""What the audit puts behind the version of a chart where it is not known what Flux puts there, one at a time."""

PREFIXES = (f"{_KUSTOMIZE}/", f"{_HELM}/", f"{_SOURCE}/")
OWNER, OWNER_NAMESPACE = f"{_KUSTOMIZE}/name", f"{_KUSTOMIZE}/namespace"
"""The labels that name an object's Kustomization."""
RELEASE, RELEASE_NAMESPACE = f"{_HELM}/name", f"{_HELM}/namespace"
"""The labels that name an object's HelmRelease."""

REQUESTED = "reconcile.fluxcd.io/requestedAt"
REQUESTS = frozenset({REQUESTED, "reconcile.fluxcd.io/forceAt", "reconcile.fluxcd.io/resetAt"})
"""Annotations by which people and tools ask it to reconcile an object; they stay."""

RECONCILE, SSA, PRUNE = f"{_KUSTOMIZE}/reconcile", f"{_KUSTOMIZE}/ssa", f"{_KUSTOMIZE}/prune"
SUBSTITUTE, DECRYPT = f"{_KUSTOMIZE}/substitute", f"{_KUSTOMIZE}/decrypt"
DRIFT_DETECTION = f"{_HELM}/driftDetection"


def is_kustomization_healing(kustomization: JsonObject) -> bool:
    """Whether the Kustomization sets back what somebody changes in the cluster."""
    return not mapping(kustomization.get("spec")).get("suspend")


def is_release_healing(release: JsonObject) -> bool:
    """Whether the HelmRelease sets back what somebody changes in the cluster."""
    spec = mapping(release.get("spec"))
    return mapping(spec.get("driftDetection")).get("mode") == "enabled" and not spec.get("suspend")


def deployed_objects(kustomization: JsonObject) -> Iterator[tuple[str, str, str, str]]:
    """The group, kind, namespace and name of all that it applied, as its inventory lists them.

    An id is `namespace_name_group_kind`; a colon in a name is two underscores (cli-utils, `object.ObjMetadata`).
    """
    entries = mapping(mapping(kustomization.get("status")).get("inventory")).get("entries")
    for entry in (e for e in (entries if isinstance(entries, list) else ()) if isinstance(e, dict)):
        namespace, _, rest = str(entry.get("id") or "").partition("_")
        rest, _, kind = rest.rpartition("_")
        name, _, group = rest.rpartition("_")
        yield group, kind, namespace, name.replace("__", ":")
