"""What labels and annotations of Argo CD, Flux and Helm ask of whoever compares or prunes an object.

Each is read as its tool reads it. Sources: fluxcd/pkg `ssa/utils` (a label or annotation, the whole value, in any
case); Argo CD `util/resource` (options of an annotation between commas, blanks cut off, in their case); Helm
`pkg/action/resource_policy.go` (the whole value without blanks, in any case).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitops_audit.deployer import argocd, flux, helm
from gitops_audit.model.finding import Change
from gitops_audit.model.resource import JsonObject

KEYS = frozenset(
    (
        flux.RECONCILE,
        flux.SSA,
        flux.PRUNE,
        flux.DRIFT_DETECTION,
        argocd.SYNC_OPTIONS,
        argocd.COMPARE_OPTIONS,
        helm.RESOURCE_POLICY,
    )
)
"""The keys of all labels and annotations that are read here."""

Marks = Mapping[str, Mapping[str, str]]
"""`labels` and `annotations` of an object, as far as they count."""


@dataclass(frozen=True, slots=True)
class Directives:
    """The label or annotation behind each, as `key: value`, empty where it is not set."""

    not_reconciled: str = ""
    only_created: str = ""
    merged: str = ""
    kept: str = ""

    @classmethod
    def of(cls, *marks: Marks) -> Directives:
        """Of the declared object, and of what counts on the live one: what the first says goes before."""
        found = [cls._read(one) for one in marks if any(one.values())]
        return cls(*(next((getattr(d, name) for d in found if getattr(d, name)), "") for name in cls.__slots__))

    @classmethod
    def _read(cls, marks: Marks) -> Directives:
        disabled = _flux(marks, flux.RECONCILE, "disabled")
        return cls(
            not_reconciled=(
                disabled or _flux(marks, flux.SSA, "Ignore") or _flux(marks, flux.DRIFT_DETECTION, "disabled")
            ),
            only_created=_flux(marks, flux.SSA, "IfNotPresent"),
            merged=_flux(marks, flux.SSA, "Merge"),
            kept=(
                _flux(marks, flux.PRUNE, "disabled")
                or disabled
                or _argo(marks, argocd.SYNC_OPTIONS, "Prune=false")
                or _argo(marks, argocd.COMPARE_OPTIONS, "IgnoreExtraneous")
                or _helm(marks)
            ),
        )

    def covering(self, change: Change) -> str:
        """The annotation by which a change does not count, empty where it does."""
        if self.merged and change.type == "added":
            return self.merged
        return self.not_reconciled or self.only_created

    def __str__(self) -> str:
        told = (self.not_reconciled, self.only_created, self.merged, self.kept)
        return ", ".join(dict.fromkeys(filter(None, told)))


def marks_of(body: JsonObject) -> Marks:
    """The labels and annotations of an object that are read here, as far as they are texts."""
    metadata = body.get("metadata")
    return {where: _read_here(metadata, where) for where in ("labels", "annotations")}


def _flux(marks: Marks, key: str, value: str) -> str:
    found = (marks.get(where, {}).get(key, "") for where in ("labels", "annotations"))
    return next((f"{key}: {text}" for text in found if text.lower() == value.lower()), "")


def _argo(marks: Marks, key: str, option: str) -> str:
    options = (text.strip() for text in marks.get("annotations", {}).get(key, "").split(","))
    return f"{key}: {option}" if option in options else ""


def _helm(marks: Marks) -> str:
    policy = marks.get("annotations", {}).get(helm.RESOURCE_POLICY, "").strip().lower()
    return f"{helm.RESOURCE_POLICY}: keep" if policy == "keep" else ""


def _read_here(metadata: Any, where: str) -> dict[str, str]:
    found = metadata.get(where) if isinstance(metadata, dict) else None
    if not isinstance(found, dict) or KEYS.isdisjoint(found):  # nearly all have none
        return {}
    return {key: value for key, value in found.items() if key in KEYS and isinstance(value, str)}
