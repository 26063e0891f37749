"""Which side moved since the last deployment: declared, live and last deployed side by side.

What was deployed last is known from (in this order) the record of a GitOps engine, what the deployer's own field
manager says (`last-applied-configuration` that it wrote last, else the fields it owns), and what Git declared at the
time of the deployment. "unknown" is an answer: a change that is only pending may be let pass, so that is never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gitops_audit.drift.compare import Difference, Kind, agrees
from gitops_audit.drift.ownership import Ownership
from gitops_audit.drift.undeclared import Undeclared
from gitops_audit.kube.path import lookup
from gitops_audit.model.finding import ABSENT, Cause
from gitops_audit.model.resource import JsonObject


def of_difference(
    difference: Difference, ownership: Ownership, kind: Kind, deployed: JsonObject | None = None
) -> Cause:
    """The cause of a declared value that the live object does not hold.

    `deployed` is what was declared at the last deployment, where a GitOps engine's record or the history tells.
    """
    if difference.type == "dropped":
        return "unknown"
    if deployed is not None:
        return _by_record(difference, deployed, ownership, kind)
    if ownership.record is None:
        return _by_ownership(difference, ownership)
    found = _by_record(difference, ownership.record, ownership, kind)
    return found if ownership.applied_by == "deployer" or found == "cluster" else "unknown"


def of_undeclared(found: Undeclared, ownership: Ownership, kind: Kind, deployed: JsonObject | None = None) -> Cause:
    """A stale field is one that Git gave up; if its value is no longer the deployed one, the cluster moved as well.

    One that was not declared at the last deployment either is the deployer's own; of kubectl, a person's.
    """
    if found.type == "added":
        return "cluster"
    if deployed is not None:
        before = lookup(deployed, found.path)
        if before is ABSENT:
            return "cluster" if ownership.deployer.is_kubectl else "unknown"
        return "git" if agrees(before, found.live, found.schema, found.path, kind) else "both"
    if found.applied is ABSENT:
        return "git"
    if ownership.applied_by != "deployer":
        return "unknown"
    return "git" if agrees(found.applied, found.live, found.schema, found.path, kind) else "both"


Trust = Literal["tool", "kubectl", "values"]
"""How far the deployer's name vouches for Git: a tool applies what Git declares; `kubectl apply` may be anybody's; and
a chart may have been given other values than the audit renders it with."""


def with_history(own: Cause, then: Sequence[Cause], trust: Trust) -> Cause:
    """The cause by ownership, held against what Git declared when the object was deployed last.

    `then` are the causes by each version that may have been deployed, none where that is not known. Only a field that
    another took speaks for itself; where the two disagree, the cause is unknown.
    """
    told = then[0] if len(set(then)) == 1 else "unknown"
    if own == "cluster":
        return "both" if told == "both" else "cluster"
    if trust == "tool":
        return _of_tool(own, told, then)
    if trust == "kubectl" or told == "git" or own == told:
        return told
    return "unknown"


def _of_tool(own: Cause, told: Cause, then: Sequence[Cause]) -> Cause:
    if own == "unknown":
        return told
    if own == "git":
        return "git" if not then or "git" in then else "unknown"
    return "both" if told != "git" else "unknown"


def _by_record(difference: Difference, record: JsonObject, ownership: Ownership, kind: Kind) -> Cause:
    before, now = lookup(record, difference.path), difference.live
    if before is ABSENT or before is None:
        return _newly_declared(difference, ownership)
    schema, path = difference.schema, difference.path
    if now is not ABSENT and agrees(before, now, schema, path, kind):
        return "git"
    want = difference.declared
    is_unmoved = agrees(want, before, schema, path, kind) and agrees(before, want, schema, path, kind)
    return "cluster" if is_unmoved else "both"


def _newly_declared(difference: Difference, ownership: Ownership) -> Cause:
    """Git declares it since the last deployment; what stands there may be a default or somebody's own doing."""
    if difference.live is ABSENT:
        return "git"
    owners = ownership.owners(difference.path)
    if not owners:
        return "git" if _is_untouched(difference) else "unknown"
    is_taken = not all(ownership.is_deployer(e) or ownership.is_controller(e) or e is ownership.creator for e in owners)
    return "both" if is_taken else "git"


def _by_ownership(difference: Difference, ownership: Ownership) -> Cause:
    if difference.live is ABSENT:
        return "unknown"
    owners = ownership.owners(difference.path)
    if not owners:
        return "git" if ownership.intent is not None and _is_untouched(difference) else "unknown"
    if any(ownership.is_deployer(e) for e in owners):
        return "git"
    if not ownership.deployer:
        others = [e for e in owners if e is not ownership.creator]
        is_told = any(ownership.is_interactive(e) or ownership.is_controller(e) for e in others)
        return "cluster" if is_told else "unknown"
    # What is older than the deployer's last write was left as it is: Git said the same then, or nothing. Entries of
    # the scale subresource have no time.
    return "cluster" if any(not e.time or e.time >= ownership.deployed_at for e in owners) else "unknown"


def _is_untouched(difference: Difference) -> bool:
    """Whether a value that nobody owns is a default: scaling leaves no owner either, where none was before."""
    return difference.path[-1:] != ("replicas",) or difference.live == 1
