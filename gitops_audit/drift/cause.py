"""Which side moved since the last deployment: declared, live and last deployed side by side.

What was deployed last is known from (in this order) the caller's record (a GitOps engine's last synced revision), the
`last-applied-configuration` of client-side apply, and the ownership that server-side apply keeps. "unknown" is an
answer: a change that is only pending may be let pass, so that is never guessed.
"""

from __future__ import annotations

from gitops_audit.drift.compare import Difference, Kind, agrees
from gitops_audit.drift.equality import instant
from gitops_audit.drift.ownership import Ownership
from gitops_audit.drift.path import lookup
from gitops_audit.drift.undeclared import Undeclared
from gitops_audit.model.finding import ABSENT, Cause
from gitops_audit.model.resource import JsonObject


def of_difference(
    difference: Difference, ownership: Ownership, kind: Kind, deployed: JsonObject | None = None
) -> Cause:
    """The cause of a declared value that the live object does not hold.

    `deployed` is what was declared at the last deployment, where a GitOps engine's record tells.
    """
    if difference.type == "dropped":
        return "unknown"
    record = ownership.record if deployed is None else deployed
    if record is not None:
        return _by_record(difference, record, ownership, kind)
    return _by_ownership(difference, ownership)


def of_undeclared(found: Undeclared, kind: Kind) -> Cause:
    """A stale field is one that Git gave up; if its value is no longer the deployed one, the cluster moved as well."""
    if found.type == "added":
        return "cluster"
    if found.applied is ABSENT or agrees(found.applied, found.live, found.schema, found.path, kind):
        return "git"
    return "both"


def after_commit(cause: Cause, deployed_at: str, committed: str) -> Cause:
    """Sharpens "unknown": what was applied after the last commit of the file was deployed, so the cluster moved.

    Both are RFC 3339. An older deployment proves nothing: the commit may have touched another object of the file.
    """
    applied, commit = instant(deployed_at), instant(committed)
    is_after = applied is not None and commit is not None and applied > commit
    return "cluster" if cause == "unknown" and is_after else cause


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
    is_taken = any(ownership.is_interactive(e) for e in ownership.owners(difference.path))
    return "both" if is_taken else "git"


def _by_ownership(difference: Difference, ownership: Ownership) -> Cause:
    if difference.live is ABSENT:
        return "unknown"
    owners = ownership.owners(difference.path)
    if not owners:
        return "git" if ownership.intent is not None else "unknown"
    return "git" if any(ownership.is_applier(e) for e in owners) else "cluster"
