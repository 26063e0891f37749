"""What one run of the audit came to: all that reports, the history and remediation read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.check import POLICY
from gitops_audit.model.finding import DriftStatus, Finding, FindingState
from gitops_audit.model.verdict import Outcome, Verdict
from gitops_audit.version import __version__

NOT_EVALUATED = "GA231"
FEW_SOURCES = 4
_LACKING = "they may lack a cluster, a policy, or the CustomResourceDefinition of their kinds"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source as it was read: `repo` without user information, `commit` empty for a work tree.

    `ignored` are the files that hold no Kubernetes objects, with the reason; `tools` rendered it: (name, version).
    `followed_from` is the object it follows from, and where that stands; empty for one of the configuration. `chart` is
    the name and version of the chart that it is, empty for none.
    """

    name: str
    repo: str
    revision: str
    commit: str
    path: str
    ignored: tuple[tuple[str, str], ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    followed_from: str = ""
    chart: str = ""


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster as it answered; `is_read` is false where it did not, `is_asked` where there is none to ask.

    `version` is empty where it is not known: the output of `kubectl get` does not tell it.
    """

    name: str
    version: str
    is_asked: bool = True
    is_read: bool = True


@dataclass(frozen=True, slots=True)
class PolicyInfo:
    """A policy as it speaks of itself: what it asks for and why, the standards it comes from, and how to comply."""

    name: str
    title: str = ""
    description: str = ""
    category: str = ""
    standards: tuple[str, ...] = ()
    remediation: str = ""


@dataclass(frozen=True, slots=True)
class ShardInfo:
    """The `index`-th (from 1) of `count` parts of an audit."""

    index: int
    count: int


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was looked at. Times are RFC 3339, UTC. `shard` is None where all of it was.

    `policies` are all that were loaded, also those that no object concerned, `version` is that of this tool.
    """

    started_at: str
    clusters: tuple[ClusterInfo, ...] = ()
    sources: tuple[SourceInfo, ...] = ()
    shard: ShardInfo | None = None
    policies: tuple[PolicyInfo, ...] = ()
    version: str = __version__


def policy_of(rule: str, policies: Mapping[str, PolicyInfo]) -> PolicyInfo | None:
    """The policy that the rule of a finding (`policy`, `policy/rule`) belongs to, where it is among these."""
    return policies.get(rule) or policies.get(rule.rpartition("/")[0])


# What must come to an answer, each for itself: a cluster and a source.
Part = tuple[str, str]


def part_of(verdict: Verdict) -> Part:
    return verdict.subject.key.cluster, verdict.subject.source


def is_answer(verdict: Verdict) -> bool:
    """Whether any check came to one, be it an error."""
    return verdict.outcome in ("failed", "error") or verdict.is_evaluated


@dataclass(slots=True)
class Summary:
    """Counts over the verdicts of a run, as the JSON report shows them.

    `evaluated` says of each cluster and source whether any check of any of its resources came to an answer.
    `elsewhere` are those that are answered for elsewhere: by other shards, or by what follows from a source.
    `is_empty_shard`: there are resources, and other shards audit all of them. `states` are how many findings are new
    and how many are known, `resolved` the known ones that are gone: None where there is no baseline.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    drift: Counter[DriftStatus] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    evaluated: dict[Part, bool] = field(default_factory=dict)
    elsewhere: set[Part] = field(default_factory=set)
    is_empty_shard: bool = False
    states: Counter[FindingState] = field(default_factory=Counter)
    resolved: Sequence[KnownFinding] | None = None

    def add(self, verdict: Verdict) -> None:
        self.outcomes[verdict.outcome] += 1
        part = part_of(verdict)
        if not self.evaluated.get(part):
            self.evaluated[part] = is_answer(verdict)
        if verdict.drift is not None:
            self.drift[verdict.drift.status] += 1
        for finding in verdict.findings:
            if finding.state is not None:
                self.states[finding.state] += 1
            if finding.check == POLICY and finding.result == "fail" and finding.waiver is None:
                self.violations[finding.severity.name] += 1

    @property
    def resources(self) -> int:
        return self.outcomes.total()

    @property
    def unanswered(self) -> Mapping[Part, str]:
        """A sentence for every source of which no resource came to an answer in any check."""
        parts = (p for p, is_evaluated in self.evaluated.items() if not is_evaluated and p not in self.elsewhere)
        return {
            (
                cluster,
                source,
            ): f"nothing of source {source} was evaluated for cluster {cluster}: no check applied to any "
            f"of its resources ({_LACKING}) [{NOT_EVALUATED}]"
            for cluster, source in parts
        }

    @property
    def unevaluated(self) -> Sequence[str]:
        """The same for people."""
        return told_once(self.unanswered)

    @property
    def exit_code(self) -> int:
        """Of the CLI (DESIGN 4.3): unread beats findings beats clean; nothing looked at is not clean."""
        is_empty = not self.resources and not self.is_empty_shard
        if self.outcomes["error"] or is_empty or self.unanswered:
            return 3
        return 1 if self.outcomes["failed"] else 0


def told_once(unanswered: Mapping[Part, str]) -> Sequence[str]:
    """The sentences; one for a cluster of which nothing of many sources was evaluated."""
    by_cluster: dict[str, list[str]] = {}
    for cluster, source in unanswered:
        by_cluster.setdefault(cluster, []).append(source)
    few = [unanswered[c, s] for c, names in by_cluster.items() if len(names) <= FEW_SOURCES for s in names]
    return few + [_of_many(c, names) for c, names in by_cluster.items() if len(names) > FEW_SOURCES]


def _of_many(cluster: str, sources: Sequence[str]) -> str:
    first, rest = ", ".join(sources[:FEW_SOURCES]), len(sources) - FEW_SOURCES
    return (
        f"nothing of {len(sources)} sources was evaluated for cluster {cluster}: no check applied to any of their "
        f"resources ({_LACKING}): {first} and {rest} more (the JSON report names all) [{NOT_EVALUATED}]"
    )


@dataclass(frozen=True, slots=True)
class RenderedChange:
    """What a change makes of one declared object; `diff` are the lines of a unified diff of YAML."""

    cluster: str
    source: str
    resource: str
    change: Literal["added", "removed", "changed"]
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaseInfo:
    """What a change is compared with: `commit` is the last state that it has in common with `revision`."""

    revision: str
    commit: str
    changes: tuple[RenderedChange, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditResult:
    """A finished run. `notes` are facts about the run itself: dead ignore rules, expired exceptions, unread history.

    `base` is what a change was compared with (`--base`).
    """

    info: RunInfo
    finished_at: str
    summary: Summary
    verdicts: Sequence[Verdict] = ()
    notes: tuple[str, ...] = ()
    base: BaseInfo | None = None

    @property
    def findings(self) -> Iterator[tuple[Verdict, Finding]]:
        """Everything that was found, each with the verdict on the subject it was found at."""
        return ((verdict, finding) for verdict in self.verdicts for finding in verdict.findings)
