"""Job and CronJob."""

from __future__ import annotations

import re

from gitops_audit.kube.cron import schedule_fault
from gitops_audit.policy.object_validation.field import Faults, Fields, mapping, not_negative, one_of
from gitops_audit.policy.object_validation.pod import pod_template
from gitops_audit.policy.object_validation.selector import is_empty, matches, selector

# Which zones there are is up to the machine of the API server.
_is_zone = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*").fullmatch
_COUNTS = (
    "parallelism",
    "completions",
    "backoffLimit",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
    "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
)


def job(body: Fields, minor: int) -> Faults:
    spec = mapping(body.get("spec"))
    yield from _job(spec, "/spec", minor)
    found, is_manual = spec.get("selector"), spec.get("manualSelector") is True
    yield from selector(found, "/spec/selector")
    labels = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))
    if is_manual and not isinstance(found, dict):
        yield "/spec", "manualSelector needs a selector"
    elif is_manual and not matches(found, labels):
        yield "/spec/selector", "does not match the labels of the template"
    elif isinstance(found, dict) and not is_manual and not is_empty(found):
        yield "/spec/selector", "is made by Kubernetes: leave it out, or set manualSelector"


def cron_job(body: Fields, minor: int) -> Faults:
    spec = mapping(body.get("spec"))
    schedule = spec.get("schedule")
    if isinstance(schedule, str) and (message := schedule_fault(schedule)):
        yield "/spec/schedule", message
    zone = spec.get("timeZone")
    if isinstance(zone, str) and (zone in ("", "Local") or not _is_zone(zone)):
        yield "/spec/timeZone", "must be a time zone such as Europe/Berlin"
    yield from one_of(spec, "/spec", "concurrencyPolicy", ("Allow", "Forbid", "Replace"))
    counts = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    yield from not_negative(spec, "/spec", *counts)
    inner, at = mapping(mapping(spec.get("jobTemplate")).get("spec")), "/spec/jobTemplate/spec"
    if inner:
        yield from _job(inner, at, minor)
    if isinstance(inner.get("selector"), dict):
        yield f"{at}/selector", "is made by Kubernetes: leave it out"
    if inner.get("manualSelector") is True:
        yield f"{at}/manualSelector", "cannot be set for the jobs of a CronJob"


def _job(spec: Fields, at: str, minor: int) -> Faults:
    yield from not_negative(spec, at, *_COUNTS)
    yield from one_of(spec, at, "completionMode", ("Indexed", "NonIndexed"))
    yield from one_of(spec, at, "podReplacementPolicy", ("Failed", "TerminatingOrFailed"))
    if type(spec.get("backoffLimitPerIndex")) is int and spec.get("completionMode") != "Indexed":
        yield f"{at}/backoffLimitPerIndex", "needs completionMode: Indexed"
    template = spec.get("template")
    if not isinstance(template, dict):
        return
    yield from pod_template(template, f"{at}/template", minor)
    pod, pointer = template.get("spec"), f"{at}/template/spec"
    if isinstance(pod, dict) and pod.get("restartPolicy") in (None, "", "Always"):
        yield (
            f"{pointer}/restartPolicy" if "restartPolicy" in pod else pointer,
            "restartPolicy must be OnFailure or Never",
        )
