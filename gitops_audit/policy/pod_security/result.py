"""What a control says of a pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gitops_audit.model.finding import ABSENT

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = ("privileged", "baseline", "restricted")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One field that decided.

    `pointer` is its RFC 6901 pointer in the whole object, also where the field is missing (`value` is then ABSENT: look
    for the nearest parent). `field` is the restricted field as the standard writes it, counted from the pod
    (`spec.containers[*].securityContext.privileged`), also within a Deployment. `container` and `image` are empty for
    fields of the pod itself.
    """

    pointer: str
    field: str
    value: Any = ABSENT
    container: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """Why a control refuses a pod, in the words of Kubernetes' own check (`ForbiddenReason`, `ForbiddenDetail`)."""

    reason: str
    detail: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ControlResult:
    """One control on one pod. `breach` is None where it is fulfilled.

    `control` is the check's id in Kubernetes (`capabilities_baseline`), `name` the control's title in the Pod Security
    Standards (`Capabilities`; the `controlName` of a Kyverno `podSecurity.exclude`). `is_overridden` marks a baseline
    control that Kubernetes leaves out because a stricter one of the level judges the same fields.
    """

    control: str
    name: str
    level: Level
    breach: Breach | None
    is_overridden: bool = False

    @property
    def is_allowed(self) -> bool:
        return self.breach is None


@dataclass(frozen=True, slots=True)
class Violation:
    """A control that is not fulfilled. `str()` gives the part of Kubernetes' message that belongs to it."""

    control: str
    name: str
    level: Level
    reason: str
    detail: str
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason

    @property
    def pointers(self) -> tuple[str, ...]:
        return tuple(item.pointer for item in self.evidence)
