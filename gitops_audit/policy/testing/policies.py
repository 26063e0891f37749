"""The policies of a test: each loaded on its own, so that a fault in one fails only what is expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gitops_audit.errors import AuditError
from gitops_audit.policy.contract import Policy, RuleResult, Subject, World
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.exception import KIND as EXCEPTION
from gitops_audit.policy.form.kyverno.exception import KyvernoException
from gitops_audit.policy.form.kyverno.load import load_policy
from gitops_audit.policy.form.kyverno.policy import KyvernoPolicy
from gitops_audit.policy.form.kyverno.request import Request
from gitops_audit.policy.form.kyverno.validating import policy as kyverno_validating
from gitops_audit.policy.form.kyverno.validating.policy import ValidatingPolicy
from gitops_audit.policy.load import policies as registry
from gitops_audit.policy.loaded import policies_of
from gitops_audit.policy.namespace import NAME_LABEL

_KYVERNO = "kyverno.io"


@dataclass(frozen=True, slots=True)
class Policies:
    """Loaded policies, and why others could not be loaded, by name."""

    loaded: Sequence[Policy]
    errors: dict[str, AuditError] = field(default_factory=dict)

    @classmethod
    def load(cls, documents: Sequence[Document]) -> Policies:
        """From policies, bindings and exceptions. Raises PolicyError for an exception that is malformed."""
        exceptions = [KyvernoException.from_document(d) for d in documents if _is(d, _KYVERNO, EXCEPTION)]
        companions = [d for d in documents if d.kind.endswith("Binding") or d.kind == EXCEPTION]
        loaded: list[Policy] = []
        errors: dict[str, AuditError] = {}
        for document in documents:
            if document in companions or not registry.is_policy(document):
                continue
            try:
                loaded += _load(document, exceptions, companions)
            except AuditError as error:
                errors[document.name] = error
        return cls(loaded, errors)

    def named(self, name: str) -> list[Policy]:
        """Those of a name (`namespace/name` for a namespaced one)."""
        return [policy for policy in self.loaded if policy.metadata.name == name.rpartition("/")[2]]


def _load(
    document: Document, exceptions: Sequence[KyvernoException], companions: Sequence[Document]
) -> Sequence[Policy]:
    if document.group == _KYVERNO:
        policy = load_policy(document, is_simulated=True)
        return [policy.with_exceptions(exceptions)]
    concerned = [d for d in companions if d.group == document.group and _concerns(d, document)]
    if document.kind in kyverno_validating.FORMS:
        return policies_of(kyverno_validating.load([document, *concerned], is_test=True))
    return registry.load([document, *concerned])


def _concerns(companion: Document, policy: Document) -> bool:
    if companion.kind == EXCEPTION:
        references = companion.sequence("/spec/policyRefs")
        return any(isinstance(item, dict) and item.get("name") == policy.name for item in references)
    return companion.text("/spec/policyName") == policy.name


def _is(document: Document, group: str, kind: str) -> bool:
    return (document.group, document.kind) == (group, kind)


def answer(policy: Policy, request: Request, world: World) -> Sequence[RuleResult]:
    """What a policy says of a request. Forms that know no requests are asked about the object."""
    if isinstance(policy, KyvernoPolicy | ValidatingPolicy):
        return policy.answer(request, world)
    results = policy.evaluate(_in_its_namespace(request), world)
    decisive = next((result for result in results if result.result != "pass"), None) or next(iter(results), None)
    return [replace(decisive, rule="")] if decisive else ()


def _in_its_namespace(request: Request) -> Subject:
    """Kyverno knows every namespace, with the labels that the values give it or none."""
    subject = request.subject
    if not subject.namespace:
        return subject
    labels = {**request.namespace_labels, NAME_LABEL: subject.namespace}
    metadata = {"name": subject.namespace, "labels": labels}
    return replace(subject, namespace_object={"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
