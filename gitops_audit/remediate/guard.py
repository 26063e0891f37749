"""What stops a whole plan: each guard says whether it lets the plan pass, and why (docs/guide/remediate.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gitops_audit.config.remediation import RemediationConfig
from gitops_audit.kube.glob import is_like_any
from gitops_audit.kube.plural import plural
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import Declared, ResourceKey
from gitops_audit.model.subject import Subject, Unread
from gitops_audit.model.verdict import Verdict
from gitops_audit.remediate.document import Action, Guard
from gitops_audit.remediate.freeze import frozen_by, told
from gitops_audit.remediate.state import LastRun, Part

_READING = ("GA0", "GA1", "GA3")
_DELETING = ("delete", "recreate")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at. `now` is what this run saw, `last` the last good run; `accepts` are the guards whose
    alarm a person says is meant."""

    config: RemediationConfig
    verdicts: Sequence[Verdict]
    actions: Sequence[Action]
    declared: int
    is_whole: bool
    now: LastRun
    last: LastRun | None
    accepts: Collection[str] = ()


def protected(key: ResourceKey, action: str, config: RemediationConfig, served: str = "") -> str:
    """Why an object must not be written, empty where it may; a missing object of a protected kind may be created.

    `served` is the plural under which the server has its kind, which need not be that of English.
    """
    if is_like_any(config.protected_namespaces, key.namespace):
        return f"the namespace {key.namespace} is protected (remediation.protected.namespaces)"
    if action != "create" and _is_kind_protected(key, config, served):
        return f"the kind {key.kind} is protected (remediation.protected.kinds)"
    if action != "create" and (key.group, key.kind) == ("", "Namespace"):
        return protected(key._replace(kind="", namespace=key.name), action, config)
    return ""


def _is_kind_protected(key: ResourceKey, config: RemediationConfig, served: str) -> bool:
    """However people spell a kind: a guard that silently fits nothing is none."""
    patterns = [pattern.lower() for pattern in config.protected_kinds]
    plurals = {plural(key.kind), served or plural(key.kind)}
    names = (key.kind, key.qualified_kind, *plurals, *(f"{name}.{key.group}" for name in plurals))
    return any(is_like_any(patterns, name.lower()) for name in names)


def guards(facts: Facts, moment: datetime) -> tuple[Guard, ...]:
    """All of them, in the order in which a person should read them."""
    return (
        _unread(facts.verdicts),
        _cluster(facts),
        _presence(facts),
        _frozen(facts.config, moment),
        _changes(facts),
        _deletions(facts),
        _shrink(facts),
    )


def is_unread(verdict: Verdict) -> bool:
    """Whether something of a source or cluster could not be read, so that the rest may not mean what it seems to."""
    if isinstance(verdict.subject, Unread) and verdict.has_findings:
        return True
    return any(finding.rule.startswith(_READING) for finding in verdict.unevaluated)


def _unread(verdicts: Sequence[Verdict]) -> Guard:
    unread = [v for v in verdicts if is_unread(v)]
    if not unread:
        return Guard("read", ok=True, detail="everything was read")
    first = unread[0]
    more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
    detail = f"not everything was read: {first.subject.id}: {first.findings[0].message}{more}"
    return Guard("read", ok=False, detail=detail)


def _cluster(facts: Facts) -> Guard:
    then: Mapping[str, str] = facts.last.clusters if facts.last else {}
    moved = [c for c, identity in facts.now.clusters.items() if identity and then.get(c, identity) != identity]
    if moved and "cluster" in facts.accepts:
        return Guard("cluster", ok=True, detail=f"{', '.join(moved)} is another cluster than in the last run, as meant")
    if moved:
        hint = "is the context the right one? Where it was rebuilt, `remediate plan --accept-cluster` says so"
        return Guard("cluster", ok=False, detail=f"{', '.join(moved)} is another cluster than in the last run; {hint}")
    return Guard("cluster", ok=True, detail="the clusters are those of the last run" if then else "no run before")


def _presence(facts: Facts) -> Guard:
    """A source of which nothing was ever seen in a cluster is likelier meant for another one than lost as a whole."""
    written = {(a.cluster, a.source) for a in facts.actions if a.action == "create"}
    seen = facts.now.present | (facts.last.present if facts.last else frozenset())
    absent = sorted(written - seen) if facts.is_whole else sorted(p for p in written - seen if _is_absent(p, facts))
    if absent:
        cluster, source = absent[0]
        detail = f"nothing of source {source} is in cluster {cluster}, nor was it: deploy it there first"
        return Guard("presence", ok=False, detail=detail)
    return Guard("presence", ok=True, detail="something of each source is (or was) in its cluster")


def _is_absent(part: Part, facts: Facts) -> bool:
    own = [v for v in facts.verdicts if (v.subject.key.cluster, v.subject.source) == part]
    return bool(own) and all(v.drift is not None and v.drift.status == "missing" for v in own) and len(own) > 1


def _frozen(config: RemediationConfig, moment: datetime) -> Guard:
    window = frozen_by(config.freeze, moment)
    if window is None:
        return Guard("freeze", ok=True, detail="no freeze window")
    return Guard("freeze", ok=False, detail=f"a freeze window is open: {told(window)} ({window.where})")


def _changes(facts: Facts) -> Guard:
    count, most = len(facts.actions), facts.config.max_changes
    detail = f"{count} of at most {how_many(most, 'action')} (remediation.maxChanges)"
    return Guard("changes", ok=count <= most, detail=detail)


def _deletions(facts: Facts) -> Guard:
    config, count = facts.config, sum(a.action in _DELETING for a in facts.actions)
    share = count / max(1, facts.declared)
    most = f"{config.max_deletions} and {config.max_deletion_share:.0%} of what is declared"
    detail = f"{how_many(count, 'deletion')}, at most {most}"
    return Guard("deletions", ok=count <= config.max_deletions and share <= config.max_deletion_share, detail=detail)


def _shrink(facts: Facts) -> Guard:
    """Without deletions a shrunk source does no harm; without a good run before, nobody knows whether it shrank."""
    deletions = [a for a in facts.actions if a.action == "delete"]
    lost = shrunk(facts.now, facts.last, facts.config.max_shrink)
    if not deletions:
        return Guard("shrink", ok=True, detail=lost or "nothing is deleted")
    if facts.last is None:
        return Guard("shrink", ok=False, detail="no good run before this one to compare with: nothing is deleted yet")
    if not facts.is_whole:
        return Guard("shrink", ok=False, detail="deletions need a plan of everything, not of chosen resources")
    if lost and "shrink" not in facts.accepts:
        return Guard("shrink", ok=False, detail=f"{lost}; `remediate plan --accept-shrink` says that this is meant")
    return Guard("shrink", ok=True, detail=lost or "no source declares much less than in the last run")


def shrunk(now: LastRun, last: LastRun | None, most: float) -> str:
    """Which source lost more of its resources than `most` since the last good run, empty where none did."""
    read = [(part, ids) for part, ids in sorted(last.declared.items()) if part[0] in now.clusters] if last else []
    for part, then in read:
        gone = len(then - now.declared.get(part, frozenset()))
        if then and gone / len(then) > most:
            cluster, source = part
            return f"source {source} declares {gone} of {how_many(len(then), 'resource')} no longer (cluster {cluster})"
    return ""


def seen(verdicts: Collection[Verdict], resources: Collection[Subject], identities: Mapping[str, str]) -> LastRun:
    """What a run saw, for the guards of the next one."""
    declared: dict[Part, set[str]] = {}
    for resource in resources:
        if isinstance(resource, Declared):
            declared.setdefault((resource.key.cluster, resource.source), set()).add(str(resource.key))
    present = {
        (v.subject.key.cluster, v.subject.source)
        for v in verdicts
        if v.drift is not None and v.drift.status in ("in-sync", "modified")
    }
    frozen = {part: frozenset(ids) for part, ids in declared.items()}
    return LastRun(frozen, frozen, frozenset(present), identities)
