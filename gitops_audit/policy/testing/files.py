"""Reads the files that a test names, relative to its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gitops_audit.errors import Location, PolicyError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.document import Document
from gitops_audit.policy.load.file import data_of, files_of


def documents(path: Path) -> list[Document]:
    """The objects of a YAML file with the lines of their fields; documents of any shape but objects are refused.

    Raises PolicyError (GA404 not readable, GA403 broken) with file and line.
    """
    data = data_of(path)
    found, problems = manifest.documents(data, str(path))
    for problem in problems:
        raise PolicyError(problem.message, code="GA403", where=Location(str(path), problem.line))
    for line, value in found:
        if not isinstance(value, dict):
            raise PolicyError("a document is not an object", code="GA403", where=Location(str(path), line))
    return [Document(value, str(path), line, manifest.field_lines(data, line)) for line, value in found]


def objects(folder: Path, names: Sequence[str], where: Location) -> list[Document]:
    """The Kubernetes objects of files and directories that a test names. Raises PolicyError as `documents` does."""
    return [document for name in names for path in _resolved(folder, name, where) for document in _objects(path)]


def readable_objects(folder: Path, names: Sequence[str], where: Location) -> tuple[list[Document], list[PolicyError]]:
    """As `objects`, with the errors of the files that cannot be read instead of the first one raised."""
    found: list[Document] = []
    errors: list[PolicyError] = []
    for name in names:
        try:
            found += objects(folder, [name], where)
        except PolicyError as error:
            errors.append(error)
    return found, errors


def _objects(path: Path) -> Iterator[Document]:
    data = data_of(path)
    rendered = manifest.load(data, str(path))
    for problem in rendered.problems:
        raise PolicyError(problem.message, code="GA403", where=Location(str(path), problem.line))
    for item in rendered.manifests:
        lines = manifest.field_lines(data, item.origin.line)
        yield Document(item.body, str(path), item.origin.line, lines)


def _resolved(folder: Path, name: str, where: Location) -> list[Path]:
    if "://" in name:
        hint = "copy the file beside the test: tests do not use the network"
        raise PolicyError(f"the test names {name}, which is not a local file", code="GA404", where=where, hint=hint)
    path = folder / name
    try:
        if path.is_dir():
            return files_of(path, with_hidden=True)
        is_there = path.exists()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise PolicyError(f"the test names {name}, which does not exist", code="GA404", where=where)
    return [path]


def as_applied(body: JsonObject) -> JsonObject:
    """An object as a cluster would hold it: in `default` where it is namespaced and names no namespace, and with empty
    maps where charts write `labels:` without a value."""
    filled: JsonObject = _filled(body)
    return _with_namespace(filled)


def _filled(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: {} if item is None and key in _MAPS else _filled(item) for key, item in value.items()}


def _with_namespace(body: JsonObject) -> JsonObject:
    metadata = body.get("metadata")
    fields = metadata if isinstance(metadata, dict) else {}
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    if fields.get("namespace") or str(body.get("kind")) in _CLUSTER_SCOPED.get(group, ()):
        return body
    return body | {"metadata": fields | {"namespace": "default"}}


_MAPS = frozenset(("annotations", "data", "labels", "matchLabels", "nodeSelector", "stringData"))
_CLUSTER_SCOPED: dict[str, tuple[str, ...]] = {
    "": ("Namespace", "Node", "PersistentVolume", "ComponentStatus"),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding"),
    "storage.k8s.io": ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"),
    "networking.k8s.io": ("IPAddress", "IngressClass", "ServiceCIDR"),
    "scheduling.k8s.io": ("PriorityClass",),
    "node.k8s.io": ("RuntimeClass",),
    "policy": ("PodSecurityPolicy",),
    "certificates.k8s.io": ("CertificateSigningRequest", "ClusterTrustBundle"),
    "apiextensions.k8s.io": ("CustomResourceDefinition",),
    "apiregistration.k8s.io": ("APIService",),
    "flowcontrol.apiserver.k8s.io": ("FlowSchema", "PriorityLevelConfiguration"),
    "authentication.k8s.io": ("SelfSubjectReview", "TokenReview"),
    "authorization.k8s.io": ("SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"),
    "resource.k8s.io": ("DeviceClass", "ResourceSlice"),
    "admissionregistration.k8s.io": (
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    ),
}
