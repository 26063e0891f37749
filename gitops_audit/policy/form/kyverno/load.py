"""From documents of kyverno.io to policies with their exceptions."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.policy.cel import Composition
from gitops_audit.policy.cel_rule import conditions
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno import admission, autogen
from gitops_audit.policy.form.kyverno.exception import KIND as EXCEPTION
from gitops_audit.policy.form.kyverno.exception import KyvernoException
from gitops_audit.policy.form.kyverno.policy import KyvernoPolicy
from gitops_audit.policy.form.kyverno.rule import Rule
from gitops_audit.policy.form.kyverno.shape import SPEC
from gitops_audit.policy.metadata import from_annotations

_MATCH_CONDITIONS = "/spec/webhookConfiguration/matchConditions"


def load(documents: Sequence[Document], *, allow_unsupported: bool = False) -> Sequence[KyvernoPolicy]:
    """The policies among the documents, with the exceptions among them. Raises PolicyError as `load_policy` does."""
    exceptions = [KyvernoException.from_document(document) for document in documents if document.kind == EXCEPTION]
    policies = [document for document in documents if document.kind != EXCEPTION]
    loaded = (load_policy(document, allow_unsupported=allow_unsupported) for document in policies)
    return [policy.with_exceptions(exceptions) for policy in loaded]


def load_policy(document: Document, *, allow_unsupported: bool = False, is_simulated: bool = False) -> KyvernoPolicy:
    """A policy from a `ClusterPolicy` or `Policy` document of kyverno.io.

    Raises PolicyError (GA401 malformed, GA410 unsupported, GA42x CEL) at the line of the first fault. With
    `allow_unsupported` such rules give a visible skip instead; `is_simulated` is for tests, whose values stand in for
    what would be fetched.
    """
    document.only("/spec", SPEC)
    bodies = [document.mapping(f"/spec/rules/{index}") for index in range(len(document.sequence("/spec/rules")))]
    if not bodies:
        raise document.fault("/spec", "the policy has no rules")
    namespace = (document.text("/metadata/namespace") or "default") if document.kind == "Policy" else ""

    def rule(source: Document, index: int) -> Rule:
        at = f"/spec/rules/{index}"
        return Rule.from_document(source, at, is_simulated=is_simulated, allow_unsupported=allow_unsupported)

    own = tuple(rule(document, index) for index in range(len(bodies)))
    by_kind: dict[str, tuple[Rule, ...]] = {}
    for group, source in autogen.documents(document, autogen.controllers(document.annotations, bodies)):
        made = [rule(source, i) for i, body in enumerate(source.sequence("/spec/rules")) if body is not bodies[i]]
        kept = (item for item in own if not made or not item.name.startswith("autogen-"))
        by_kind |= dict.fromkeys(group, (*kept, *made))
    return KyvernoPolicy(
        metadata=from_annotations(document, document.kind),
        namespace=namespace,
        own=own,
        by_kind=by_kind,
        conditions=conditions(document, _MATCH_CONDITIONS, Composition(admission.VARIABLES)),
        is_first_only=document.choice("/spec/applyRules", ("All", "One"), "All") == "One",
    )
