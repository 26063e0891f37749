"""The findings that are known already: what a baseline knows, as it comes into an audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from gitops_audit.model.check import DRIFT
from gitops_audit.model.finding import Finding, together
from gitops_audit.model.printable import printable
from gitops_audit.model.verdict import PENDING_SEVERITY, Verdict


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """One finding that somebody knows and answers for until a day.

    `resource` is as people read it (`Deployment.apps/shop/web`), `path` its field, `since` and `expires` are days.
    `side` is `live` or `both` for a policy that only a look into the cluster can find kept.
    """

    fingerprint: str
    cluster: str
    resource: str
    check: str
    rule: str
    path: str
    source: str
    severity: str
    since: str
    owner: str
    expires: str
    reason: str = ""
    side: str = ""

    @classmethod
    def of(cls, verdict: Verdict, finding: Finding, owner: str, expires: str, today: str) -> KnownFinding:
        """A finding as it is to be known from now on."""
        subject = verdict.subject
        return cls(
            finding.fingerprint,
            subject.key.cluster,
            printable(subject.title),
            finding.check,
            printable(finding.rule),
            printable(finding.path),
            printable(subject.source),
            finding.severity.name,
            finding.since or today,
            owner,
            expires,
            side="" if finding.on == "declared" else finding.on,
        )

    @property
    def order(self) -> tuple[str, ...]:
        return self.cluster, self.resource, self.check, self.rule, self.path, self.fingerprint


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known findings by their fingerprints, on a day: what has expired by then is not known any more.

    `is_base`: they are those of the commit that a change starts from. Then a difference from the cluster that is not
    known is what the change will deploy: neither new nor known, and pending.
    """

    path: str
    known: Mapping[str, KnownFinding]
    today: date
    expired: Mapping[str, KnownFinding] = field(default_factory=dict)
    is_base: bool = False

    @classmethod
    def of(cls, path: str, entries: Iterable[KnownFinding], today: date) -> Baseline:
        by_name = {entry.fingerprint: entry for entry in entries}
        expired = {name: entry for name, entry in by_name.items() if date.fromisoformat(entry.expires) < today}
        known = {name: entry for name, entry in by_name.items() if name not in expired}
        return cls(path, known, today, expired)

    @property
    def entries(self) -> Iterable[KnownFinding]:
        """All of them, sorted as the file is."""
        return sorted((*self.known.values(), *self.expired.values()), key=lambda entry: entry.order)

    def compared(self, verdict: Verdict) -> Verdict:
        """The verdict whose findings say whether they are new, and since when they are known."""
        if not verdict.findings:
            return verdict
        findings, drift = tuple(map(self._compared, verdict.findings)), verdict.drift
        causes = {f.cause for f in findings if f.check == DRIFT and f.result == "fail" and f.waiver is None}
        if self.is_base and drift is not None and causes:
            drift = replace(drift, cause=together(causes))
        return replace(verdict, findings=findings, drift=drift)

    def _compared(self, finding: Finding) -> Finding:
        """What is waived, was skipped or could not be evaluated is neither new nor known."""
        if finding.waiver is not None or finding.result not in ("fail", "warn"):
            return finding
        entry = self.known.get(finding.fingerprint)
        if entry is not None:
            return replace(finding, state="persisting", since=entry.since)
        if self.is_base and finding.check == DRIFT:
            if finding.change is None:
                return replace(finding, cause="git", severity=PENDING_SEVERITY)
            return replace(finding, cause="git", change=replace(finding.change, cause="git"))
        lapsed = self.expired.get(finding.fingerprint)
        since = "" if self.is_base else self.today.isoformat()
        return replace(finding, state="new", since=lapsed.since if lapsed else since)
