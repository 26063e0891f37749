"""Directives on a live object: they count where its deployer wrote them, not where somebody set them by hand.

Flux and Argo CD heed them whoever wrote them. But what a person sets on the live object cannot excuse what the person
changed there, nor hide itself: Git declares what is to be left alone.
"""

from __future__ import annotations

from gitops_audit.deployer.directive import Directives, Marks, marks_of
from gitops_audit.drift.ownership import Ownership
from gitops_audit.model.resource import JsonObject


def directives_of(declared: JsonObject, live: JsonObject, ownership: Ownership) -> Directives:
    """What Git declares, and what the deployer wrote on the live object."""
    return Directives.of(marks_of(declared), _deployed(marks_of(live), ownership))


def untrusted(declared: JsonObject, live: JsonObject, ownership: Ownership) -> str:
    """What is to be said of directives that count for nothing, empty where there are none."""
    foreign = _foreign(live, ownership)
    if not foreign:
        return ""
    ignored = {k: v for k, v in foreign.items() if k not in _declared_keys(declared)}
    told = str(Directives.of({"labels": ignored, "annotations": ignored}))
    return f"{told} stands on the live object alone, not in Git, and excuses nothing" if told else ""


def _deployed(marks: Marks, ownership: Ownership) -> Marks:
    return {
        where: {k: v for k, v in values.items() if ownership.is_deployed(("metadata", where, k))}
        for where, values in marks.items()
    }


def _foreign(live: JsonObject, ownership: Ownership) -> dict[str, str]:
    return {
        key: value
        for where, values in marks_of(live).items()
        for key, value in values.items()
        if not ownership.is_deployed(("metadata", where, key))
    }


def _declared_keys(declared: JsonObject) -> set[str]:
    return {key for values in marks_of(declared).values() for key in values}
