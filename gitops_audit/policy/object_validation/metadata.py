"""The metadata that every object has: its name by the grammar of its kind, labels, annotations, finalizers, owners."""

from __future__ import annotations

from functools import partial

from gitops_audit.kube import name
from gitops_audit.kube.builtin import is_namespaced
from gitops_audit.kube.name import Grammar
from gitops_audit.model.path import escaped
from gitops_audit.policy.object_validation.field import Faults, Fields, labels, mapping, objects, required, texts

_MAX_ANNOTATIONS_BYTES = 256 << 10
_MAX_CRON_JOB_NAME = 52  # the controller adds eleven characters for the name of a Job
_FREE = {
    ("", "Event"),
    ("events.k8s.io", "Event"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("apiregistration.k8s.io", "APIService"),
    ("networking.k8s.io", "IPAddress"),
}
# Not made of CustomResourceDefinitions, with names of their own (`image:tag`, `provider:user`).
_FREE_GROUPS = (".openshift.io",)
_LABELS = {("", "Namespace"), ("", "Service"), ("apps", "StatefulSet")}
_STANDARD_FINALIZERS = ("foregroundDeletion", "orphan", "kubernetes")


def name_grammar(group: str, kind: str, minor: int) -> Grammar:
    """What the name of an object of a kind must be, in Kubernetes 1.`minor` (0: the newest)."""
    key = group, kind
    if key == ("", "Service") and 0 < minor < 34:
        return name.label_1035
    if key == ("apps", "StatefulSet") and 0 < minor < 36:
        return name.subdomain
    if key in _LABELS:
        return name.label
    return name.path_segment if key in _FREE or group.endswith(_FREE_GROUPS) else name.subdomain


def metadata(fields: Fields, group: str, kind: str, minor: int) -> Faults:
    yield from _names(fields, group, kind, name_grammar(group, kind, minor))
    namespace = fields.get("namespace")
    if isinstance(namespace, str) and namespace and (message := name.label(namespace)):
        yield "/metadata/namespace", message
    if found := fields.get("labels"):
        yield from labels(found, "/metadata/labels")
    if found := fields.get("annotations"):
        yield from annotation_faults(found, "/metadata/annotations")
    if found := fields.get("finalizers"):
        yield from _finalizers(found, is_built_in=is_namespaced(group, kind) is not None)
    if found := fields.get("ownerReferences"):
        yield from _owners(found)


def _names(fields: Fields, group: str, kind: str, grammar: Grammar) -> Faults:
    for key, rule in (("name", grammar), ("generateName", partial(name.as_prefix, grammar))):
        value = fields.get(key)
        if isinstance(value, str) and value and (message := rule(value)):
            yield f"/metadata/{key}", message
    own = fields.get("name")
    if own in (None, "") and fields.get("generateName") in (None, ""):
        yield "/metadata", "name is missing"
    elif isinstance(own, str) and (group, kind) == ("batch", "CronJob") and len(own) > _MAX_CRON_JOB_NAME:
        yield "/metadata/name", f"must have at most {_MAX_CRON_JOB_NAME} characters"
    elif isinstance(own, str) and (group, kind) == ("batch", "Job") and len(own) > 63:
        yield "/metadata/name", "must have at most 63 characters: it becomes a label of the pods"


def annotation_faults(value: object, at: str) -> Faults:
    size = 0
    for key, text in mapping(value).items():
        size += len(key) + (len(text) if isinstance(text, str) else 0)
        if message := name.annotation_key(key):
            yield f"{at}/{escaped(key)}", f"the key {message}"
    # Characters are counted first: few objects come near, and bytes are at most four times as many.
    if size > _MAX_ANNOTATIONS_BYTES // 4 and _bytes(mapping(value)) > _MAX_ANNOTATIONS_BYTES:
        yield at, f"annotations take at most {_MAX_ANNOTATIONS_BYTES >> 10} KiB together"


def _bytes(value: Fields) -> int:
    found = (part for item in value.items() for part in item if isinstance(part, str))
    return sum(len(part.encode("utf-8", "surrogatepass")) for part in found)


def _finalizers(value: object, *, is_built_in: bool) -> Faults:
    """The server wants a domain before a slash of its own kinds alone; for custom resources it only warns."""
    for pointer, text in texts(value, "/metadata/finalizers"):
        if message := name.qualified(text):
            yield pointer, message
        elif is_built_in and "/" not in text and text not in _STANDARD_FINALIZERS:
            yield pointer, "must be a name with a domain, such as example.com/cleanup"


def _owners(value: object) -> Faults:
    for pointer, owner in objects(value, "/metadata/ownerReferences"):
        for key in ("apiVersion", "kind", "name", "uid"):
            if key in owner:
                yield from required(owner, pointer, key)
