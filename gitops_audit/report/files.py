"""The reports that are files, by the name of their option."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from gitops_audit.engine.events import Finished, RunInfo
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import json_report, junit

Writer = Callable[[Path, RunInfo, Sequence[Verdict], Finished], None]


def _json(path: Path, info: RunInfo, verdicts: Sequence[Verdict], finished: Finished) -> None:
    json_report.write(path, json_report.document(info, verdicts, finished))


WRITERS: dict[str, Writer] = {"json": _json, "junit": junit.write}
