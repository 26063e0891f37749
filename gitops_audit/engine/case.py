"""What goes through the stages of an audit: one subject with all that is known of it so far.

`gather` reads, `check` adds what is found, `evidence` adds what a second look tells, `judge` gives the outcome. Each
stage makes new cases of cases; nothing is kept beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.model.finding import Drift, Health, PolicyResult, Problem
from gitops_audit.model.resource import Declared, Invalid, JsonObject
from gitops_audit.model.subject import Subject


@dataclass(frozen=True, slots=True)
class Case:
    """One subject on its way.

    `is_asked`: the cluster was asked for the object; `live` is what it has (None: nothing), at the declared version,
    `schema` the types of its kind. `problem` is why it could not be read. `unchecked` says why there was no schema for
    the manifest. `skip_reason` says why the object is not compared. `engine` is what is wrong with an object that tells
    an engine what to deploy; None where nobody looked.
    """

    subject: Subject
    is_asked: bool = False
    live: JsonObject | None = None
    schema: TypeSchema | None = None
    problem: Problem | None = None
    drift: Drift | None = None
    policies: tuple[PolicyResult, ...] = ()
    invalid: tuple[Invalid, ...] = ()
    unchecked: str = ""
    unvalidated: Problem | None = None
    skip_reason: str = ""
    health: Health | None = None
    engine: tuple[PolicyResult, ...] | None = None

    @property
    def declared(self) -> Declared:
        """The subject, for what only declared resources come to."""
        if not isinstance(self.subject, Declared):
            raise TypeError(f"{self.subject.id} is declared nowhere")
        return self.subject

    @property
    def is_modified(self) -> bool:
        return self.drift is not None and self.drift.status == "modified"

    @property
    def is_missing(self) -> bool:
        return self.drift is not None and self.drift.status == "missing"

    @property
    def found(self) -> Drift:
        """The drift of a case that was compared."""
        if self.drift is None:
            raise ValueError(f"{self.subject.id} was not compared")
        return self.drift


def merged(cases: Sequence[Case], changed: Iterable[Case]) -> Sequence[Case]:
    """The cases, each that changed in its place."""
    new = {case.subject.id: case for case in changed}
    return [new.get(case.subject.id, case) for case in cases] if new else cases
