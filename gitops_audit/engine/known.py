"""What has become of the findings that a baseline knows: found again, gone, or not looked at in this run.

Only what was looked at can be gone: a resource that could not be read, a cluster that was not asked, or a check that
did not apply leaves what is known of it as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gitops_audit.model.baseline import Baseline, KnownFinding
from gitops_audit.model.check import DRIFT, ENGINE, POLICY
from gitops_audit.model.finding import Finding
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.subject import Undeclared
from gitops_audit.model.verdict import Verdict

Place = tuple[str, str]
"""A cluster, and a resource as people read it."""


class KnownFindings:
    """Follows the verdicts of one run."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._entries: dict[Place, list[KnownFinding]] = {}
        for entry in baseline.entries:
            self._entries.setdefault((entry.cluster, entry.resource), []).append(entry)
        self._found: set[str] = set()
        self._judged: dict[Place, Verdict] = {}

    def add(self, verdict: Verdict) -> None:
        subject = verdict.subject
        if isinstance(subject, Undeclared) and subject.is_removed:
            return  # what was known of it is gone with it
        place = subject.key.cluster, printable(subject.title)
        if place in self._entries:
            self._judged[place] = verdict
            self._found.update(f.fingerprint for f in verdict.findings if f.state is not None and self._is_there(f))

    def _is_there(self, finding: Finding) -> bool:
        """Of a change: what it repairs in Git is repaired, though the cluster has it until the change is deployed."""
        entry = self._baseline.known.get(finding.fingerprint)
        is_live = self._baseline.is_base and finding.check in (POLICY, ENGINE) and finding.on == "live"
        return not (is_live and entry is not None and entry.side != "live")

    def resolved(self, is_gone: Callable[[KnownFinding], bool], *, has_other_mode: bool) -> Sequence[KnownFinding]:
        """The known findings that are none any more. `is_gone`: whether a resource is declared nowhere, for sure.
        `has_other_mode`: this run looks for other differences than its configuration says."""
        return [
            entry
            for entry in self._baseline.entries
            if entry.fingerprint not in self._found
            and not (has_other_mode and entry.check == DRIFT)
            and self._is_settled(entry, is_gone)
        ]

    def notes(self, resolved: Sequence[KnownFinding]) -> Sequence[str]:
        """What people should do about the file."""
        path, told = self._baseline.path, list[str]()
        if self._baseline.is_base:
            return told
        if resolved:
            first = resolved[0]
            told.append(
                f"{how_many(len(resolved), 'finding')} of the baseline {path} {'is' if len(resolved) == 1 else 'are'} "
                f"resolved, the first is {first.rule} on "
                f"{first.resource}: `gitops-audit baseline prune` removes them"
            )
        lapsed = [e for e in self._baseline.entries if e.fingerprint in self._baseline.expired]
        if lapsed:
            entry = lapsed[0]
            told.append(
                f"expired entries of the baseline {path}, which count as new: {len(lapsed)}, the first is "
                f"{entry.rule} on {entry.resource} ({entry.owner}, {entry.expires})"
            )
        return told

    def _is_settled(self, entry: KnownFinding, is_gone: Callable[[KnownFinding], bool]) -> bool:
        verdict = self._judged.get((entry.cluster, entry.resource))
        return is_gone(entry) if verdict is None else _is_evaluated(verdict, entry)


def _is_evaluated(verdict: Verdict, entry: KnownFinding) -> bool:
    """Whether the check of a finding came to an answer at this resource."""
    if any(f.result == "error" and f.waiver is None for f in verdict.findings):
        return False
    if entry.check == DRIFT:
        return verdict.is_compared
    if entry.check == ENGINE:
        is_seen = verdict.is_compared or isinstance(verdict.subject, Undeclared) or entry.side == "declared"
        return verdict.is_engine_checked and is_seen
    if entry.check != POLICY:
        return not verdict.unchecked
    if entry.side and not verdict.is_compared:
        return False
    return not any(f.check == POLICY and f.result == "skip" and _policy(f) == _policy(entry) for f in verdict.findings)


def _policy(about: Finding | KnownFinding) -> str:
    return about.rule.partition("/")[0]
