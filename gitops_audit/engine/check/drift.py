"""The check of drift: what is declared against what the cluster has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from traceback import extract_tb

from gitops_audit.drift import Comparer
from gitops_audit.drift.filled import Secrets
from gitops_audit.drift.stand_ins import without_stand_ins
from gitops_audit.drift.varying import without_varying
from gitops_audit.engine.case import Case
from gitops_audit.engine.gather.reading import LiveReading
from gitops_audit.errors import ClusterError
from gitops_audit.kube.match import labels_of
from gitops_audit.model.check import DRIFT, CheckName
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.subject import Undeclared

# What reading a value of another type than it must have ends in.
_MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_NOT_ARGOCD = "nothing in the cluster shows that Argo CD deploys this source"
_UNDEFINED = Drift("missing", confirmed=True, reason="its CustomResourceDefinition is missing too")


class DriftCheck:
    """Compares what a cluster was asked for; says of the rest whether it is missing or extra."""

    name: CheckName = DRIFT

    def __init__(self, comparer: Comparer, reading: LiveReading, secrets: Secrets | None = None) -> None:
        self._comparer = comparer
        self._reading = reading
        self._secrets = secrets

    def applies(self, case: Case) -> bool:
        if isinstance(case.subject, Undeclared):
            return case.subject.drift is not None
        return case.is_asked or self._reading.is_undefined(case.subject)

    def checked(self, case: Case) -> Case:
        if isinstance(case.subject, Undeclared):
            extra = case.subject
            accepted = extra.drift and self._comparer.accepted(extra.drift, extra.key, extra.labels)
            return replace(case, drift=accepted)
        if not case.is_asked:
            labels = labels_of(case.subject.body)
            return replace(case, drift=self._comparer.accepted(_UNDEFINED, case.subject.key, labels))
        live = case.live
        try:
            drift, live = self._compared(case)
        except _MISSHAPEN as error:
            place = extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
            reason = f"the live object is not of the form that Kubernetes gives objects ({where})"
            drift = Drift("unknown", reason=reason)
        if drift.status == "missing" and not drift.reason and case.declared.argocd_skip:
            drift = replace(drift, reason=f"it has the annotation of a hook, but {_NOT_ARGOCD}")
        return replace(case, live=live, drift=drift)

    def _compared(self, case: Case) -> tuple[Drift, JsonObject | None]:
        """The drift, and of what; an object that is being rolled out or deleted is read once more before it counts."""
        resource, live = case.declared, case.live
        drift = self._comparer.compare(resource, live, case.schema)
        if drift.status == "modified" and live is not None and _is_moving(live):
            try:
                live = self._reading.again(resource)
            except ClusterError as error:
                return Drift("unknown", reason=f"it was changing, and could not be read again: {error.message}"), live
            drift = self._comparer.compare(resource, live, case.schema)
        return without_stand_ins(without_varying(drift, resource), resource, live, self._secrets), live


def _is_moving(live: JsonObject) -> bool:
    """Being rolled out or deleted: worth one more look before it fails."""
    metadata, status = live.get("metadata"), live.get("status")
    metadata = metadata if isinstance(metadata, dict) else {}
    observed = status.get("observedGeneration") if isinstance(status, dict) else None
    return "deletionTimestamp" in metadata or (observed is not None and observed != metadata.get("generation"))
