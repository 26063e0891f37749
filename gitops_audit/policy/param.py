"""Parameters of CEL policies: objects of the cluster that a binding (or a rule) names.

After ParamKind and ParamRef of admissionregistration/v1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitops_audit.kube.match import labels_of
from gitops_audit.kube.selector import LabelSelector
from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.contract import Subject, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.selector import label_selector


@dataclass(frozen=True, slots=True)
class ParamKind:
    group: str
    kind: str

    @classmethod
    def from_document(cls, document: Document, pointer: str = "/spec/paramKind") -> ParamKind | None:
        if document.value(pointer) is None:
            return None
        document.only(pointer, ("apiVersion", "kind"))
        group, _ = split_api_version(document.text(f"{pointer}/apiVersion"))
        return cls(group, document.text(f"{pointer}/kind"))


@dataclass(frozen=True, slots=True)
class ParamRef:
    """Parameter objects by name or by labels; in `namespace`, else in that of the object under audit."""

    name: str = ""
    namespace: str = ""
    selector: LabelSelector | None = None
    is_missing_denied: bool = True

    @classmethod
    def from_document(cls, document: Document, pointer: str = "/spec/paramRef") -> ParamRef | None:
        if document.value(pointer) is None:
            return None
        document.only(pointer, ("name", "namespace", "selector", "parameterNotFoundAction"))
        has_selector = document.value(f"{pointer}/selector") is not None
        name = document.text(f"{pointer}/name")
        if bool(name) == has_selector:
            raise document.fault(pointer, "paramRef needs either a name or a selector")
        return cls(
            name=name,
            namespace=document.text(f"{pointer}/namespace"),
            selector=label_selector(document, f"{pointer}/selector") if has_selector else None,
            is_missing_denied=document.choice(f"{pointer}/parameterNotFoundAction", ("Allow", "Deny"), "Deny")
            == "Deny",
        )

    def find(self, kind: ParamKind, subject: Subject, world: World) -> Sequence[JsonObject]:
        namespace = self.namespace or subject.namespace
        if self.selector is not None:
            listed = world.list(kind.group, kind.kind, namespace) or world.list(kind.group, kind.kind)
            return [b for b in listed if _is_in(b, namespace) and self.selector.matches(labels_of(b))]
        # whether the kind is namespaced is not known here: an object without namespace is cluster-scoped
        found = world.get(kind.group, kind.kind, namespace, self.name)
        if found is None and not self.namespace:
            found = world.get(kind.group, kind.kind, "", self.name)
        return [found] if found is not None else []

    def missing(self, kind: ParamKind) -> str:
        wanted = f"{kind.kind} {self.name!r}" if self.name else f"a {kind.kind} with the selected labels"
        return f"no params found for policy binding with `Deny` parameterNotFoundAction: {wanted}"


def _is_in(body: JsonObject, namespace: str) -> bool:
    own = (body.get("metadata") or {}).get("namespace", "")
    return not own or own == namespace
