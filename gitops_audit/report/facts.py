"""What programs sort and count findings by, as names and values: properties of test cases, and the end of their text.

Some readers of JUnit show properties, others only the text of a failure (GitLab): both get the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gitops_audit.model.finding import Finding
from gitops_audit.model.printable import printable
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.diff import shortened

MAX_VALUES = 20
MAX_CHARS = 1_000


def facts(verdict: Verdict, commit: str = "") -> Sequence[tuple[str, str]]:
    """Pairs of a name and a printable value, in a fixed order; what is not known is left out.

    `commit` is that of the source, where the last commit of the manifest is not known. Several values of one name
    (two fields, two people) are joined by a comma.
    """
    found = verdict.findings
    if not found:
        return [("status", verdict.drift.status)] if verdict.drift is not None else ()
    open_ = [f for f in found if f.waiver is None and f.result != "skip"]
    return [(name, value) for name, values in _values(verdict, open_, commit) if (value := _joined(values))]


def lines(told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The same for the end of a text."""
    return (f"{name}: {value}" for name, value in told)


def _values(verdict: Verdict, open_: Sequence[Finding], commit: str) -> Iterator[tuple[str, Iterable[str]]]:
    yield "status", [verdict.drift.status] if verdict.drift is not None else []
    yield "check", (f"{f.check}/{f.rule}" for f in open_)
    yield "severity", [str(max(f.severity for f in open_))] if open_ else []
    yield "cause", (f.cause for f in open_ if f.change is not None or f.rule in ("missing", "extra"))
    owners = [f.change.by for f in open_ if f.change is not None and f.change.by is not None]
    yield "manager", (owner.manager for owner in owners)
    yield "user", (owner.user for owner in owners)
    yield "commit", [verdict.commit.sha if verdict.commit else commit]
    yield "state", (f.state for f in open_ if f.state)
    yield "since", sorted(f.since for f in open_ if f.since)[:1]
    yield "fingerprint", (f.fingerprint for f in open_)
    if (done := verdict.remediation) is not None:
        pairs = (("action", done.action), ("result", done.result), ("run", done.run), ("message", done.message))
        yield from ((f"remediation.{name}", [value]) for name, value in pairs)


def _joined(values: Iterable[str]) -> str:
    """Each value once; of very many the first, and how many there are."""
    known = list(dict.fromkeys(value for value in values if value))
    more = f" and {len(known) - MAX_VALUES} more" if len(known) > MAX_VALUES else ""
    return printable(shortened(", ".join(known[:MAX_VALUES]), MAX_CHARS)) + more
