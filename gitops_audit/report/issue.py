"""What needs a person, as one list with the worst first: for the formats of code scanners and pull requests.

What is waived or was skipped is no issue. A source of which nothing was evaluated is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from gitops_audit.model.check import DRIFT
from gitops_audit.model.finding import FindingResult, FindingState, Severity
from gitops_audit.model.fingerprint import fingerprint
from gitops_audit.model.printable import printable
from gitops_audit.model.result import NOT_EVALUATED, AuditResult
from gitops_audit.report import text
from gitops_audit.report.base import is_of_the_change
from gitops_audit.report.cause import cause_of, shared_causes
from gitops_audit.report.diff import shortened

CONFIGURATION = "gitops-audit.yaml"
"""In place of a file, for what no file declares: code scanners refuse what has no place."""

MAX_CHARS = 2_000
MAX_NAME_CHARS = 250


@dataclass(frozen=True, slots=True)
class Issue:
    """One open finding. `rule` names its check too (`drift/changed`, `policy/require-limits`), `text` is one printable
    line, `line` counts from 1. No two issues of a run share a `fingerprint`."""

    subject: str
    cluster: str
    source: str
    rule: str
    result: FindingResult
    severity: Severity
    text: str
    path: str
    line: int
    fingerprint: str
    state: FindingState | None = None
    since: str = ""

    @property
    def rank(self) -> tuple[bool, bool, int, bool, str]:
        """What could not be evaluated comes first: nobody knows what it hides. What is known already comes last."""
        is_known = self.state == "persisting"
        return (self.result != "error", is_known, -self.severity, self.result == "warn", self.subject)


def issues(result: AuditResult, *, is_shared_once: bool = False) -> list[Issue]:
    """Every issue of a run. `is_shared_once`: an error that many resources have for one cause is told on the first of
    them, with their number, so that it does not displace all others where a format has a limit."""
    found = [*_unanswered(result), *_open(result, is_shared_once=is_shared_once)]
    return list(_told_apart(sorted(found, key=lambda issue: issue.rank)))


def annotated(result: AuditResult) -> list[Issue]:
    """The issues to be shown beside a change: of one that was compared with its base, only those that it adds."""
    found = issues(result, is_shared_once=True)
    return [issue for issue in found if issue.state != "persisting"] if result.base is not None else found


def url_quoted(text: str, safe: str = "/") -> str:
    """A path, or another part of a URL; lone surrogates too, which UTF-8 has no bytes for."""
    return quote(text.encode("utf-8", "backslashreplace").lstrip(b"/"), safe=safe)


def _unanswered(result: AuditResult) -> Iterator[Issue]:
    for (cluster, source), sentence in result.summary.unanswered.items():
        name = fingerprint(f"{cluster}/{source}", DRIFT, NOT_EVALUATED, "")
        yield Issue(
            f"{cluster}/{source}",
            cluster,
            source,
            f"{DRIFT}/{NOT_EVALUATED}",
            "error",
            Severity.critical,
            printable(sentence),
            CONFIGURATION,
            1,
            name,
        )


def _open(result: AuditResult, *, is_shared_once: bool) -> Iterator[Issue]:
    shared = dict(shared_causes(result.verdicts)) if is_shared_once else {}
    told = set()
    for verdict, finding in result.findings:
        if finding.waiver is not None or finding.result == "skip":
            continue
        if result.base is not None and is_of_the_change(finding):
            continue
        cause = cause_of(finding)
        if cause in told:
            continue
        others = ""
        if cause is not None and cause in shared:
            told.add(cause)
            others = f" ({shared[cause].count} resources have this error)"
        resource = verdict.subject
        said = f"{resource.key} (cluster {resource.key.cluster}): {text.sentence(finding)}"
        yield Issue(
            shortened(resource.id, MAX_NAME_CHARS),
            shortened(resource.key.cluster, MAX_NAME_CHARS),
            shortened(resource.source, MAX_NAME_CHARS),
            printable(shortened(f"{finding.check}/{finding.rule}", MAX_NAME_CHARS)),
            finding.result,
            finding.severity,
            printable(shortened(said, MAX_CHARS)) + others + text.known(finding),
            resource.origin.path or CONFIGURATION,
            finding.line or resource.origin.line or 1,
            finding.fingerprint,
            finding.state,
            finding.since,
        )


def _told_apart(found: Iterable[Issue]) -> Iterator[Issue]:
    """An object that is declared twice has every finding twice: the second is told apart by its number."""
    seen = Counter[str]()
    for issue in found:
        seen[issue.fingerprint] += 1
        count = seen[issue.fingerprint]
        yield issue if count == 1 else replace(issue, fingerprint=f"{issue.fingerprint}:{count}")
