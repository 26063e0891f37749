"""What is told of values that Git does not hold: what could not be checked, and notes with their counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitops_audit.deployer.stand_in import CODES, reason
from gitops_audit.engine.check.validate import Validated
from gitops_audit.model.finding import Problem
from gitops_audit.model.path import field_path
from gitops_audit.model.resource import Declared, Invalid, StandIn

# Where `${...}` is as often a variable of a shell or a dashboard, so that no note names it.
_OWN_VARIABLES = ("/command", "/args", "/data/", "/binaryData/", "/metadata/annotations/")


def checkable(resource: Declared, validated: Validated, *, is_compared: bool) -> Validated:
    """What the check of a manifest says of the values that Git holds.

    A variable where only a number or a word may stand is not known: an error, unless the comparison says more.
    """
    at = {stand_in.pointer: stand_in for stand_in in resource.stand_ins}
    hidden = [(fault, s) for fault in validated.faults if (s := at.get(fault.pointer))]
    if not hidden:
        return validated
    kept = tuple(fault for fault in validated.faults if fault.pointer not in at)
    variables = [(fault, s) for fault, s in hidden if s.kind == "variable"]
    is_told = is_compared or resource.error is not None or not variables
    return replace(validated, faults=kept, error=validated.error if is_told else _unknown(variables, resource))


def _unknown(variables: Sequence[tuple[Invalid, StandIn]], resource: Declared) -> Problem:
    places = ", ".join(dict.fromkeys(field_path(fault.pointer, resource.body) for fault, _ in variables))
    return Problem(CODES["variable"], f"{places} cannot be checked: {reason(variables[0][1])}")


def stand_in_notes(resources: Sequence[Declared]) -> Iterator[str]:
    """How many files are encrypted, hold pointers, or wait for variables."""
    found = [(r.origin.path, s) for r in resources for s in r.stand_ins]
    encrypted = {path for path, s in found if s.kind == "sops"}
    if encrypted:
        yield f"{_files(encrypted)} encrypted by SOPS: keys were checked, values are not known"
    pointers = {path for path, s in found if s.kind == "lfs"}
    if pointers:
        yield f"{_files(pointers)} made from Git LFS pointers, whose content is not known"
    variables = {path: s.text for path, s in found if s.kind == "variable" and not _is_own(s.pointer)}
    if variables:
        first = next(iter(variables.values()))
        yield f"{_files(variables)} waiting for variables that Flux replaces (as `{first}`): these values are not known"


def _is_own(pointer: str) -> bool:
    return any(part in f"{pointer}/" for part in _OWN_VARIABLES)


def _files(paths: set[str] | dict[str, str]) -> str:
    return f"{len(paths)} {'file is' if len(paths) == 1 else 'files are'}"
