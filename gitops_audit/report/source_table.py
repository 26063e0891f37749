"""The sources by clusters as a table for a terminal or a log: what came of their resources, and of what severity."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gitops_audit.model.finding import Severity
from gitops_audit.model.printable import printable
from gitops_audit.model.result import Part, part_of
from gitops_audit.model.verdict import Outcome, Verdict
from gitops_audit.report.screen import Screen, colours
from gitops_audit.report.text import SEVERITY_STYLES, Style

_OUTCOMES: dict[Outcome, Style] = {"passed": "good", "failed": "high", "error": "error", "skipped": "dim"}
# In a log nothing wraps; on a terminal that is narrower than the other it is left to break the lines.
_ANY_WIDTH, _MIN_WIDTH = 10_000, 60


@dataclass(slots=True)
class Row:
    """One source on one cluster: its resources by outcome, its open findings by severity."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    severities: Counter[Severity] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        return not self.outcomes["failed"] and not self.outcomes["error"]

    @property
    def rank(self) -> tuple[int, ...]:
        """The worst first: what is not known, then what is most severe."""
        return (-self.outcomes["error"], *(-self.severities[s] for s in SEVERITY_STYLES), -self.outcomes["failed"])


def rows(verdicts: Iterable[Verdict]) -> Mapping[Part, Row]:
    """One row for each source on each cluster, the worst first."""
    found: dict[Part, Row] = {}
    for verdict in verdicts:
        row = found.setdefault(part_of(verdict), Row())
        row.outcomes[verdict.outcome] += 1
        if verdict.outcome in ("failed", "error"):
            row.severities.update(f.severity for f in verdict.findings if f.waiver is None and f.result == "fail")
    return dict(sorted(found.items(), key=lambda item: item[1].rank))


def lines(rows: Mapping[Part, Row], screen: Screen) -> Sequence[str]:
    """The header and the rows, names wrapped where they must be; no column without a number."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    outcomes = {name: style for name, style in _OUTCOMES.items() if any(row.outcomes[name] for row in rows.values())}
    severities = {s: style for s, style in SEVERITY_STYLES.items() if any(row.severities[s] for row in rows.values())}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=colours("title"))
    for name in ("source", "cluster"):
        table.add_column(name, overflow="fold")
    for name in (*outcomes, *(severity.name for severity in severities)):
        table.add_column(name, justify="right", overflow="fold")
    for (cluster, source), row in rows.items():
        counts = [(row.outcomes[name], style) for name, style in outcomes.items()]
        counts += [(row.severities[severity], style) for severity, style in severities.items()]
        cells = (Text(str(n or "-"), colours(style if n else "dim")) for n, style in counts)
        table.add_row(Text(printable(source)), Text(printable(cluster)), *cells)
    file = io.StringIO()
    width = _ANY_WIDTH if screen.width is None else max(screen.width, _MIN_WIDTH)
    system: Literal["standard"] | None = "standard" if screen.has_colour else None
    console = Console(
        file=file, width=width, height=1, color_system=system, force_terminal=screen.has_colour, legacy_windows=False
    )
    console.print(table)
    return [line.rstrip() for line in file.getvalue().splitlines()]
