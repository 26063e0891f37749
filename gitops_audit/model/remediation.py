"""What a remediation did about the drift of one resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

RemediationResult = Literal["planned", "done", "failed", "refused", "fight", "skipped"]
NO_ACTION = "none"
"""The action of a resource that was refused."""


@dataclass(frozen=True, slots=True)
class Remediation:
    """In the words of the JSON report. `run` is empty where nothing was written, `message` says why something was not.

    `repaired` are the fingerprints of findings that count no more (`remediation.outcome: pass`).
    """

    action: str
    result: RemediationResult
    run: str = ""
    message: str = ""
    repaired: frozenset[str] = field(default=frozenset(), compare=False)
