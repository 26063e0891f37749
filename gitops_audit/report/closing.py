"""The end of what an audit tells on a terminal or in a log: one screen that leads with what to do first.

Each part is cut to the room that the screen has for it, says how much is left out, and that -v shows all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, islice

from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.result import AuditResult, ClusterInfo
from gitops_audit.report import digest, source_table, text
from gitops_audit.report.cause import ErrorCause, Shared, shared_causes
from gitops_audit.report.diff import shortened
from gitops_audit.report.first_steps import FirstStep, first_steps
from gitops_audit.report.screen import Screen
from gitops_audit.report.text import SEVERITY_STYLES, Line

HEADING = "what to do first:"
# So few findings stand above on the same screen.
FEW = 5
_LABEL_CELLS = 11
_MAX_CHARS = 600
_BLANK_ROWS = 4  # two between the parts, the prompt, and the line that it follows


@dataclass(frozen=True, slots=True)
class _Limit:
    """A part is cut after `most` blocks in a log, and on a screen after its share of it."""

    most: int
    share: float = 1


_STEPS, _TABLE, _WAIVED, _NOTES = _Limit(8), _Limit(20, 0.3), _Limit(12, 0.1), _Limit(20, 0.12)


@dataclass(frozen=True)
class Closing:
    """`facts` are lines about the run, `counts` are the last ones of all.

    `is_brief`: without the table and the facts. `is_tight`: also without advice. `is_told`: what to do about errors
    stands above already.
    """

    result: AuditResult
    screen: Screen
    facts: Sequence[str] = ()
    counts: Sequence[Line] = ()
    is_verbose: bool = False
    is_brief: bool = False
    is_tight: bool = False
    is_told: bool = False

    def lines(self) -> Iterator[str]:
        """Ready to be written: printable, wrapped and painted for the screen; a blank line between two parts.

        A small screen, which has no room for all parts, gets fewer of them.
        """
        height = None if self.is_verbose else self.screen.height
        lines: Sequence[str] = ()
        for closing in (self, replace(self, is_brief=True), replace(self, is_brief=True, is_tight=True)):
            lines = list(closing._lines())
            if height is None or self.screen.rows(lines) <= height - 2:  # the prompt, and the line that it follows
                break
        return iter(lines)

    def _lines(self) -> Iterator[str]:
        ends = [line for block in self._ends() for line in block]
        height = None if self.is_verbose else self.screen.height
        room = None if height is None else max(height - _BLANK_ROWS - self.screen.rows(ends), 0)
        share = None if room is None else int(room * _TABLE.share)
        table = self._table(share)
        below = [*self._waived(room), *self._notes(room), *ends]
        left = None if room is None else room + self.screen.rows(ends) - self.screen.rows((*table, *below))
        lead = self._lead(left)
        if share is not None and left is not None:
            table = self._table(share + max(left - self.screen.rows(lead), 0))
        for number, part in enumerate(filter(None, (lead, table, below))):
            yield from ("", *part) if number else part

    def _lead(self, room: int | None) -> Sequence[str]:
        """As many steps as there is room for, two at the least; on a screen that is tight the first."""
        steps = self._steps
        most = len(steps) if self.is_verbose or room is not None else min(len(steps), _STEPS.most)
        for count in range(most, 0, -1):
            lines = [self.screen.paint(HEADING, "title"), *self._told(steps[:count])]
            if count < len(steps):
                lines.append(self._rest(f"and {how_many(len(steps) - count, 'more group')}"))
            if room is None or count <= (1 if self.is_tight else 2) or self.screen.rows(lines) <= room:
                return lines
        return ()

    @cached_property
    def _shared(self) -> Mapping[ErrorCause, Shared]:
        return shared_causes(self.result.verdicts)

    @cached_property
    def _steps(self) -> Sequence[FirstStep]:
        """Errors that many resources share are told here alone; the other groups, where they are more than a few."""
        steps = [step for step in first_steps(self.result) if step.resources]
        is_long = sum(len(step.resources) for step in steps if not self._cause(step)) > FEW
        return [step for step in steps if is_long or self._cause(step)]

    def _told(self, steps: Sequence[FirstStep]) -> Iterator[str]:
        """What to do once below all steps in a row that ask for the same."""
        for advice, alike in groupby(steps, key=self._advice):
            for step in alike:
                severity = Line(f"  {step.severity}", SEVERITY_STYLES[step.severity])
                label = Line("  error", "error") if step.is_error else severity
                yield from self.screen.labelled(label, _LABEL_CELLS, self._what(step))
            for line in advice:
                yield from self.screen.labelled(Line(""), _LABEL_CELLS, _short(line.text), line.style)

    def _what(self, step: FirstStep) -> str:
        shared = self._cause(step)
        return _short(shared.gist if shared else step.sentence(names_clusters=len(self.result.info.clusters) > 1))

    def _advice(self, step: FirstStep) -> Sequence[Line]:
        if self.is_tight:
            return ()
        shared = self._cause(step)
        if shared is None:
            return [Line(step.next.partition("\n")[0], "hint")]
        _, *advice, who = (line.strip() for line in shared.lines())
        return [*(Line(line, "hint") for line in advice if not self.is_told), Line(who, "dim")]

    def _cause(self, step: FirstStep) -> Shared | None:
        """The error that many resources share, where the step is one."""
        return self._shared.get(step.cause) if step.cause else None

    def _table(self, room: int | None) -> Sequence[str]:
        """The worst rows, as many as there is room for."""
        rows = source_table.rows(self.result.verdicts)
        if self.is_brief or len(rows) < 2:
            return ()
        most = len(rows) if self.is_verbose else min(len(rows), _TABLE.most if room is None else max(room, 1))
        for count in range(most, 0, -1):
            lines = [*source_table.lines(dict(islice(rows.items(), count)), self.screen)]
            if left := list(islice(rows.values(), count, None)):
                bad = sum(not row.is_clean for row in left)
                lines.append(self._rest(f"and {len(left)} more, {bad} of them with findings"))
            if room is None or count == 1 or self.screen.rows(lines) <= room:
                return lines
        return ()

    def _waived(self, room: int | None) -> Sequence[str]:
        lines = digest.unfailing(self.result.verdicts)
        blocks = [
            self.screen.labelled(Line(f"{count:>8} x", "dim"), _LABEL_CELLS, told, "dim") for count, told in lines
        ]
        return self._cut(blocks, _WAIVED, room, "kind", " of findings that fail nothing")

    def _notes(self, room: int | None) -> Sequence[str]:
        notes = text.notes(self.result.notes, told=self.result.summary.unevaluated)
        blocks = [list(self.screen.lines(Line(note))) for note in notes]
        return self._cut(blocks, _NOTES, room, "note")

    def _cut(
        self, blocks: Sequence[Sequence[str]], limit: _Limit, room: int | None, noun: str, more: str = ""
    ) -> Sequence[str]:
        """The first blocks, as many as there is room for; then how many are left."""
        rows = None if room is None else room * limit.share
        kept: list[str] = []
        for number, block in enumerate(blocks):
            is_last = number == len(blocks) - 1
            needed = self.screen.rows((*kept, *block)) + (not is_last)
            is_full = number >= limit.most if rows is None else needed > rows
            if is_full and not self.is_verbose:
                left = len(blocks) - number
                told = f"and {how_many(left, f'more {noun}')}" if kept else how_many(left, noun)
                return [*kept, self._rest(f"{told}{more}")]
            kept += block
        return kept

    def _rest(self, told: str) -> str:
        return self.screen.paint(f"  {told} (-v shows all)", "dim")

    def _ends(self) -> Iterator[Sequence[str]]:
        for fact in () if self.is_brief else (*self.facts, *_clusters(self.result.info.clusters)):
            yield list(self.screen.lines(Line(printable(fact), "dim")))
        for line in self.counts:
            yield list(self.screen.lines(line._replace(text=printable(line.text))))


def _clusters(clusters: Sequence[ClusterInfo]) -> Iterator[str]:
    """One line for all clusters that tell the same."""
    alike: dict[str, list[str]] = {}
    for cluster in clusters:
        alike.setdefault(_state(cluster), []).append(cluster.name)
    for state, names in alike.items():
        of = dict.fromkeys(names)
        yield f"cluster{'s' if len(of) > 1 else ''} {', '.join(of)}: {state}" if state else _NO_CLUSTER


_NO_CLUSTER = "no cluster: only what Git declares was checked"


def _state(cluster: ClusterInfo) -> str:
    """Empty where there is no cluster to ask."""
    if not cluster.is_asked:
        return ""
    if not cluster.is_read:
        return "not read"
    return f"Kubernetes {cluster.version}" if cluster.version else "read; it does not tell its Kubernetes version"


def _short(text: str) -> str:
    return printable(shortened(text, _MAX_CHARS))
