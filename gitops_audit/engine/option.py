"""The options of a run, each named once: pytest puts `--gitops-` before the name, the CLI `--`.

`engine/options.py` says what they mean.
"""

from __future__ import annotations

from typing import NamedTuple

from gitops_audit.model.severity import Severity


class Option(NamedTuple):
    """`metavar` is empty for a flag; `choices` are the only values; `is_repeatable`: given more than once, all count.

    `is_path`: its value is a file, seen from the working directory.
    """

    name: str
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    is_repeatable: bool = False
    is_path: bool = False

    @property
    def is_flag(self) -> bool:
        return not (self.metavar or self.choices)

    @property
    def key(self) -> str:
        """The name as Python writes it."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option("cluster", "only this cluster", "NAME", is_repeatable=True),
    Option("source", "only this source", "NAME", is_repeatable=True),
    Option("revision", "audit this revision instead of the configured ones", "REV"),
    Option("snapshot", "read the cluster from this recording", "FILE", is_path=True),
    Option("offline", "declared state only: no cluster, no fetch"),
    Option("mode", "which differences are drift", choices=("declared", "owned", "strict")),
    Option("fail-on", "the lowest severity that fails", choices=tuple(s.name for s in Severity)),
    Option("baseline", "the findings that are known", "FILE", is_path=True),
    Option("only-new", "only findings that the baseline does not know fail"),
    Option("shard", "the I-th of N parts of the audit", "I/N"),
    Option("audit-log", "Kubernetes audit log, to name users", "FILE", is_repeatable=True, is_path=True),
    Option("no-cache", "render everything anew, whatever earlier runs kept"),
    Option("allow-unsupported", "skip what no policy engine here can do"),
)

BASE = Option("base", "only what the checked-out change adds to REV fails", "REV")
"""Of an audit alone: a diff or a baseline is of one state."""
