"""From documents of kyverno.io to policies with their exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitops_audit.errors import PolicyError
from gitops_audit.policy.cel import Composition
from gitops_audit.policy.cel_rule import conditions
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno import admission, autogen
from gitops_audit.policy.form.kyverno.exception import KIND as EXCEPTION
from gitops_audit.policy.form.kyverno.exception import KyvernoException
from gitops_audit.policy.form.kyverno.policy import KyvernoPolicy
from gitops_audit.policy.form.kyverno.rule import Rule, unsupported
from gitops_audit.policy.form.kyverno.shape import SPEC
from gitops_audit.policy.loaded import Loaded, companions
from gitops_audit.policy.metadata import from_annotations

_HINT = "leave the policy out, or let unsupported rules be shown as skipped with --allow-unsupported"
_MATCH_CONDITIONS = "/spec/webhookConfiguration/matchConditions"


def load(documents: Sequence[Document]) -> Iterator[Loaded[KyvernoPolicy]]:
    """The exceptions among the documents, then the policies with them: of each the policy, or its first fault.

    A policy with rules that are not supported comes with the fault of the first of them.
    """
    exceptions, loaded = companions((d for d in documents if d.kind == EXCEPTION), KyvernoException.from_document)
    yield from loaded
    for document in documents:
        if document.kind != EXCEPTION:
            found = Loaded.of(document, lambda d: load_policy(d).with_exceptions(exceptions))
            yield found if found.policy is None else replace(found, fault=_unsupported(document, found.policy))


def load_policy(document: Document, *, is_simulated: bool = False) -> KyvernoPolicy:
    """A policy from a `ClusterPolicy` or `Policy` document of kyverno.io. Rules that are not supported give skips.

    Raises PolicyError (GA401 malformed, GA42x CEL) at the line of the first fault. `is_simulated` is for tests, whose
    values stand in for what would be fetched.
    """
    document.only("/spec", SPEC)
    bodies = [document.mapping(f"/spec/rules/{index}") for index in range(len(document.sequence("/spec/rules")))]
    if not bodies:
        raise document.fault("/spec", "the policy has no rules")
    namespace = (document.text("/metadata/namespace") or "default") if document.kind == "Policy" else ""

    def rule(source: Document, index: int) -> Rule:
        return Rule.from_document(source, f"/spec/rules/{index}", is_simulated=is_simulated)

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


def _unsupported(document: Document, policy: KyvernoPolicy) -> PolicyError | None:
    """The fault of the first rule that is not supported."""
    place = next((index for index, rule in enumerate(policy.own) if rule.skip_reason), None)
    if place is None:
        return None
    pointer, reason = unsupported(document, f"/spec/rules/{place}")
    return document.fault(pointer, reason, code="GA410", hint=_HINT)
