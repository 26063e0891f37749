"""What a check is to the engine."""

from __future__ import annotations

from typing import Protocol

from gitops_audit.engine.case import Case
from gitops_audit.model.check import CheckName


class Check(Protocol):
    """One check of one cluster. To add one: a module in this room, and a line in `engine/cluster_pass.py`."""

    @property
    def name(self) -> CheckName: ...

    def applies(self, case: Case) -> bool:
        """Whether there is anything for it to look at."""
        ...

    def checked(self, case: Case) -> Case:
        """The case with what was found. What could not be evaluated is an error in it, never nothing."""
        ...
