"""The report as Markdown, for comments on pull requests: the worst first, and short enough for one comment.

What the audit found stands in code spans and fenced blocks alone, whose fences are longer than any in it: there no site
makes a link, a mention, an image or HTML of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gitops_audit.model.finding import ABSENT, Change, Finding
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult, part_of
from gitops_audit.model.verdict import Outcome, Verdict
from gitops_audit.report import text
from gitops_audit.report.base import counted, gone_by_object, is_added
from gitops_audit.report.cause import cause_of, shared_causes
from gitops_audit.report.diff import shortened, shown

MAX_BYTES = 60_000
"""GitHub takes 65,536 characters in a comment."""
_KEPT_BYTES = 400  # for the sentence that says what was cut
MAX_PARTS = 60
MAX_FINDINGS = 20
MAX_LINES = 12
MAX_DIFF_LINES = 60
MAX_SPAN_CHARS = 400
_OUTCOMES: tuple[Outcome, ...] = ("failed", "error", "passed", "skipped")
_TICKS = re.compile(r"`+")
_FOLDED, _UNFOLDED = "\n<details><summary>", "\n</details>"


def write(result: AuditResult) -> bytes:
    """The report as UTF-8, at most MAX_BYTES."""
    head = "\n".join(_head(result))
    blocks = list(_blocks(result))
    room = MAX_BYTES - _KEPT_BYTES - len(head.encode())
    kept = _fitting(blocks, room)
    cut = len(blocks) - len(kept)
    tail = [_UNFOLDED] if _is_open(kept) else []
    tail += [f"\n*{cut} more are not shown, to fit into one comment: the JSON report has all.*\n"] if cut else []
    return "\n".join([head, *kept, *tail, ""]).encode()


def span(content: str) -> str:
    """A code span that shows the content and ends where it ends, also in a cell of a table."""
    content = printable(shortened(content, MAX_SPAN_CHARS)).replace("|", "\\x7c") or " "
    ticks = "`" * (_longest_ticks(content) + 1)
    pad = " " if content[0] in "` " or content[-1] in "` " else ""
    return f"{ticks}{pad}{content}{pad}{ticks}"


def _is_open(blocks: Sequence[str]) -> bool:
    """Whether what was cut closes a fold."""
    return any(block.startswith(_FOLDED) for block in blocks) and _UNFOLDED not in blocks


def _longest_ticks(content: str) -> int:
    return max(map(len, _TICKS.findall(content)), default=0)


def _fitting(blocks: Sequence[str], room: int) -> Sequence[str]:
    for number, block in enumerate(blocks):
        room -= len(block.encode()) + 1
        if room < 0:
            return blocks[:number]
    return blocks


def _head(result: AuditResult) -> Iterator[str]:
    counts = result.summary.outcomes
    yield f"## GitOps audit: {_verdict(result)}\n"
    if result.base is not None:
        known = result.summary.states["persisting"]
        stood = f"; {how_many(known, 'finding')} stood there before" if known else ""
        yield f"Against {span(result.base.revision)}, {counted(result.base.changes)}{stood}.\n"
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in _OUTCOMES)
    yield f"{how_many(result.summary.resources, 'resource')}: {told}.\n"
    states = text.states(result.summary) if result.base is None else ()
    yield from (f"**{sentence[0].upper()}{sentence[1:]}.**\n" for sentence in states)
    for sentence in list(result.summary.unanswered.values())[:MAX_FINDINGS]:
        yield f"- **not evaluated**: {span(sentence)}\n"
    yield from _table(result)


def _verdict(result: AuditResult) -> str:
    added = result.summary.states["new"]
    if result.base is None or result.summary.exit_code == 3:
        return "clean" if result.summary.exit_code == 0 else "not clean"
    ended = f", ends {len(result.summary.resolved)}" if result.summary.resolved else ""
    return f"this change adds {added or 'no'} finding{'' if added == 1 else 's'}{ended}"


def _table(result: AuditResult) -> Iterator[str]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for verdict in result.verdicts:
        counted.setdefault(part_of(verdict), Counter())[verdict.outcome] += 1
    rows = sorted(counted.items(), key=lambda row: (-row[1]["error"], -row[1]["failed"], row[0]))
    yield "| cluster | source | " + " | ".join(_OUTCOMES) + " |"
    yield "|---|---|" + "---:|" * len(_OUTCOMES)
    for (cluster, source), counts in rows[:MAX_PARTS]:
        yield f"| {_name(cluster)} | {_name(source)} | " + " | ".join(str(counts[o]) for o in _OUTCOMES) + " |"
    yield f"\n*and {how_many(len(rows) - MAX_PARTS, 'more source')}*\n" if len(rows) > MAX_PARTS else ""


def _name(content: str) -> str:
    return span(shortened(content, 80))


def _blocks(result: AuditResult) -> Iterator[str]:
    """What can be cut: shared errors, then resources from the worst on, then what fails nothing, then notes."""
    shared = shared_causes(result.verdicts)
    for cause in shared.values():
        yield f"- **error** on {how_many(cause.count, 'resource')}: {span(cause.gist)}"
    told: list[tuple[tuple[int, bool, int, str], Verdict, list[Finding]]] = []
    for verdict in result.verdicts:
        open_ = [f for f in verdict.findings if f.waiver is None and f.result != "skip" and cause_of(f) not in shared]
        open_ = [f for f in open_ if is_added(f, result.base)]
        if open_:
            told.append((_rank(verdict, open_), verdict, open_))
    for _, verdict, open_ in sorted(told, key=lambda entry: entry[0]):
        yield "\n".join(_resource(verdict, open_, has_state=result.base is None))
    yield from _ended(result)
    yield from _unfailing(result)
    for number, note in enumerate(dict.fromkeys(result.notes)):
        yield f"{'' if number else chr(10)}- note: {span(note)}"
    yield from _diffs(result)


def _ended(result: AuditResult) -> Iterator[str]:
    """What the change repairs or removes."""
    ended = gone_by_object(result) if result.base is not None else ()
    if ended:
        yield "\n#### Repaired and removed\n"
    for how, place, rules in ended[:MAX_FINDINGS]:
        yield f"- **{how}** {span(place)}: {', '.join(map(span, rules[:MAX_FINDINGS]))}"
    if len(ended) > MAX_FINDINGS:
        yield f"- and {len(ended) - MAX_FINDINGS} more"


def _diffs(result: AuditResult) -> Iterator[str]:
    """What the change makes of the declared objects, folded: of the fold itself nothing comes from outside."""
    if result.base is None or not result.base.changes:
        return
    yield f"{_FOLDED}What is rendered ({counted(result.base.changes)})</summary>"
    for change in result.base.changes:
        told = f"{change.change} {change.resource} (cluster {change.cluster}, source {change.source})"
        kept = [shortened(line, 200) for line in change.diff[:MAX_DIFF_LINES]]
        more = [f"… and {how_many(len(change.diff) - len(kept), 'more line')}"] if len(kept) < len(change.diff) else []
        yield "\n".join([f"\n{span(told)}", *_fenced([*kept, *more])])
    yield _UNFOLDED


def _rank(verdict: Verdict, open_: Sequence[Finding]) -> tuple[int, bool, int, str]:
    """Errors, then what is new, then what is known already."""
    is_error = any(f.result == "error" for f in open_)
    is_known = all(f.state == "persisting" for f in open_)
    return (0 if is_error else 1, is_known, -max(f.severity for f in open_), verdict.subject.id)


def _resource(verdict: Verdict, open_: Sequence[Finding], *, has_state: bool) -> Iterator[str]:
    resource, worst = verdict.subject, max(f.severity for f in open_)
    yield f"\n#### {worst}: {span(str(resource.key))}\n"
    place = f", {span(str(resource.origin))}" if resource.origin.path else ""
    yield f"cluster {span(resource.key.cluster)}, source {span(resource.source)}{place}\n"
    for finding in sorted(open_, key=lambda f: (f.result != "error", -f.severity))[:MAX_FINDINGS]:
        word = "" if finding.result == "fail" else f"{text.word(finding)}, "
        line = f", line {finding.line}" if finding.line > 1 else ""
        state = text.known(finding) if has_state else ""
        yield f"- {word}**{finding.severity}**: {span(text.sentence(finding))}{line}{state}"
    if len(open_) > MAX_FINDINGS:
        yield f"- and {len(open_) - MAX_FINDINGS} more"
    if verdict.remediation is not None:
        yield f"- remediation: {span(text.remediation(verdict.remediation))}"
    changes = [f.change for f in open_ if f.change is not None][:MAX_FINDINGS]
    if changes:
        yield from _fenced([line for change in changes for line in _diff(change)])


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    fence = "`" * max(3, _longest_ticks("\n".join(lines)) + 1)
    yield f"\n{fence}diff"
    yield from lines
    yield fence


def _diff(change: Change) -> Iterator[str]:
    yield f"@@ {printable(shortened(change.path, MAX_SPAN_CHARS))} @@"
    for mark, value in (("-", change.declared), ("+", change.live)):
        if value is not ABSENT:
            yield from (f"{mark} {line}" for line in _value_lines(value))


def _value_lines(value: object) -> Iterable[str]:
    if not isinstance(value, str) or "\n" not in value:
        return [printable(shown(value))]
    lines = value.split("\n")
    kept = [printable(shortened(line, 200)) for line in lines[:MAX_LINES]]
    return [*kept, f"… and {how_many(len(lines) - MAX_LINES, 'more line')}"] if len(lines) > MAX_LINES else kept


def _unfailing(result: AuditResult) -> Iterator[str]:
    counted = Counter(text.told(f) for _, f in result.findings if f.waiver is not None or f.result == "skip")
    if counted:
        yield "\n#### Waived and skipped\n"
    for (word, said), count in counted.most_common():
        yield f"- {count} x {word}: {span(said)}"
