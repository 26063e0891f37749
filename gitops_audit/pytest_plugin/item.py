"""One test: one managed resource, or one check of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import pytest
from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter
from _pytest.outcomes import Failed

from gitops_audit.errors import AuditError
from gitops_audit.model.check import DRIFT, ENGINE, HEALTH, POLICY, SCHEMA
from gitops_audit.model.printable import printable
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict
from gitops_audit.pytest_plugin.session import AuditRun
from gitops_audit.pytest_plugin.split import checked
from gitops_audit.report import facts, text
from gitops_audit.report.cause import Shared
from gitops_audit.report.screen import Screen
from gitops_audit.report.text import Line

_CHECKS = {name: getattr(pytest.mark, name) for name in (DRIFT, SCHEMA, HEALTH, ENGINE, POLICY)}
_MARKERS: dict[str, Sequence[pytest.MarkDecorator]] = {
    "": tuple(_CHECKS.values()),
    **{name: (marker,) for name, marker in _CHECKS.items()},
}


# The line above what this plugin tells at the end, and the line of counts below it, are pytest's own.
_OWN_ROWS = 2


def screen(tw: TerminalWriter) -> Screen:
    """What pytest writes to. Where it is no terminal, lines are not broken: they are searched, not read."""
    if not tw._file.isatty():
        return Screen(has_colour=tw.hasmarkup)
    return Screen(tw.fullwidth, get_terminal_size().lines - _OWN_ROWS, tw.hasmarkup)


def write(tw: TerminalWriter, lines: Iterable[Line]) -> None:
    """Lines that are printable, in their styles."""
    shown = screen(tw)
    for line in lines:
        for part in shown.lines(line):
            tw.line(part)


class AuditFinding(Failed):
    """Raised by an item whose resource does not pass. Without a traceback: building one costs pytest 0.3 s each."""

    def __init__(self) -> None:
        super().__init__("the resource does not pass", pytrace=False)


class FindingRepr(TerminalRepr):
    """A verdict in pytest's failure section, written out when somebody reads it; `is_brief`: its headline only.

    Reports get all of it either way.
    """

    def __init__(self, verdict: Verdict, *, is_brief: bool = False) -> None:
        self.verdict = verdict
        self.is_brief = is_brief
        self.reprcrash = _Gist(text.one_line(verdict))

    def toterminal(self, tw: TerminalWriter) -> None:
        write(tw, islice(text.lines(self.verdict), 1 if self.is_brief else None))

    def __str__(self) -> str:
        """For report files: with what programs sort by, as some show nothing else of a failure."""
        return "\n".join([text.plain(self.verdict), "", *facts.lines(facts.facts(self.verdict))])


class CauseRepr(TerminalRepr):
    """An error that many resources have for one cause, in place of all of theirs."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.reprcrash = _Gist(printable(shared.gist))

    def toterminal(self, tw: TerminalWriter) -> None:
        write(tw, (Line(printable(line), "high") for line in self.shared.lines()))


class _Gist:
    """What pytest prints behind FAILED in its short summary."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return self.message


class AuditItem(pytest.Item):
    """`<Kind>[.<group>]/[<namespace>/]<name>`, with `[<check>]` behind it when checks are split."""

    run: AuditRun
    resource: Subject
    check: str
    # Travels with the reports (also between xdist processes): the configuration, the resource, the check.
    identity: tuple[str, str, str]

    @classmethod
    def of(cls, parent: pytest.Collector, run: AuditRun, resource: Subject, check: str) -> AuditItem:
        item: AuditItem = cls.from_parent(parent, name=item_name(resource, check))
        item.run, item.resource, item.check = run, resource, check
        item.identity = (str(run.path), resource.id, check)
        item.user_properties.extend(_properties(run, resource))
        for marker in _MARKERS[check.partition(":")[0]]:
            item.own_markers.append(marker.mark)
            item.keywords[marker.name] = marker
        return item

    def judge(self) -> Verdict:
        """The verdict, or the part of it that this check is about. The first call judges all selected items."""
        resource_id = self.identity[1]
        verdict = self.run.verdict(resource_id)
        if verdict is None:
            selected = (i.resource for i in self.session.items if isinstance(i, AuditItem) and i.run is self.run)
            verdict = self.run.judge(selected)[resource_id]
        return checked(verdict, self.check, self.run.provider.threshold) if self.check else verdict

    def setup(self) -> None:
        verdict = self.judge()
        if verdict.outcome == "skipped":
            pytest.skip(verdict.skip_reason)
        if verdict.outcome == "error":
            raise AuditFinding

    def runtest(self) -> None:
        if self.judge().outcome == "failed":
            raise AuditFinding

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> str | TerminalRepr:
        if isinstance(excinfo.value, AuditError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The last part heads the failure. pytest takes it for a dotted name where the node id ends with it.

        pytest wants a line where a marker skips the item.
        """
        return self.path, 0, f"{self.name} on {self.resource.key.cluster}"


def item_name(resource: Subject, check: str) -> str:
    """The last part of a node id. `::` separates node ids, so it is written `%3A%3A` in the rare name that has it."""
    name = printable(resource.title).replace("::", "%3A%3A")
    return f"{name}[{check}]" if check else name


def _properties(run: AuditRun, resource: Subject) -> list[tuple[str, object]]:
    commit = run.commits.get(resource.source, "")
    return [
        ("cluster", resource.key.cluster),
        ("source", resource.source),
        ("file", resource.origin.path),
        *((("line", resource.origin.line),) if resource.origin.line else ()),
        ("commit", commit),
    ]
