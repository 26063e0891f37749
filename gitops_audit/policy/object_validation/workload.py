"""Workloads: Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Pod and PodTemplate."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    grammar,
    is_given,
    is_number,
    is_zero,
    mapping,
    not_negative,
    objects,
    one_of,
    share,
)
from gitops_audit.policy.object_validation.pod import pod_spec, pod_template
from gitops_audit.policy.object_validation.selector import is_empty, matches, selector
from gitops_audit.policy.object_validation.storage import claim_spec

_DEFAULT_PROGRESS_S = 600
_VALIDATED_TEMPLATES = 36  # before it, the pods of a StatefulSet were not looked at


def pod(body: Fields, minor: int) -> Faults:
    spec = body.get("spec")
    if isinstance(spec, dict):
        yield from pod_spec(spec, "/spec", minor)


def deployment(body: Fields, minor: int) -> Faults:
    spec = mapping(body.get("spec"))
    yield from _template(spec, minor)
    yield from not_negative(spec, "/spec", "revisionHistoryLimit", "progressDeadlineSeconds")
    ready, progress = spec.get("minReadySeconds") or 0, spec.get("progressDeadlineSeconds")
    progress = _DEFAULT_PROGRESS_S if progress is None else progress
    if is_number(ready) and is_number(progress) and progress <= ready:
        yield "/spec/minReadySeconds", f"must be less than progressDeadlineSeconds ({progress})"
    yield from _strategy(mapping(spec.get("strategy")), "/spec/strategy")


def _strategy(strategy: Fields, at: str) -> Faults:
    yield from one_of(strategy, at, "type", ("Recreate", "RollingUpdate"))
    rolling = strategy.get("rollingUpdate")
    if not isinstance(rolling, dict):
        return
    at = f"{at}/rollingUpdate"
    if strategy.get("type") == "Recreate":
        yield at, "cannot go with the type Recreate"
        return
    yield from share(rolling, at, "maxSurge", at_most_all=False)
    yield from share(rolling, at, "maxUnavailable", at_most_all=True)
    if is_zero(rolling.get("maxSurge")) and is_zero(rolling.get("maxUnavailable")):
        yield f"{at}/maxUnavailable", "maxSurge and maxUnavailable cannot both be 0"


def replica_set(body: Fields, minor: int) -> Faults:
    yield from _template(mapping(body.get("spec")), minor)


def daemon_set(body: Fields, minor: int) -> Faults:
    spec = mapping(body.get("spec"))
    yield from _template(spec, minor)
    yield from not_negative(spec, "/spec", "revisionHistoryLimit")
    strategy, at = mapping(spec.get("updateStrategy")), "/spec/updateStrategy"
    yield from one_of(strategy, at, "type", ("RollingUpdate", "OnDelete"))
    rolling = strategy.get("rollingUpdate")
    if isinstance(rolling, dict) and strategy.get("type") != "OnDelete":
        yield from _daemon_rolling(rolling, f"{at}/rollingUpdate")


def _daemon_rolling(rolling: Fields, at: str) -> Faults:
    for key in ("maxSurge", "maxUnavailable"):
        yield from share(rolling, at, key, at_most_all=True)
    surge, unavailable = rolling.get("maxSurge"), rolling.get("maxUnavailable")
    has_surge = surge is not None and not is_zero(surge)
    if has_surge and not is_zero(unavailable):
        yield at, "maxSurge needs maxUnavailable: 0 (it is 1 where it is left out)"
    elif not has_surge and is_zero(unavailable):
        yield f"{at}/maxUnavailable", "maxSurge and maxUnavailable cannot both be 0"


def stateful_set(body: Fields, minor: int) -> Faults:
    spec = mapping(body.get("spec"))
    claims = list(objects(spec.get("volumeClaimTemplates"), "/spec/volumeClaimTemplates"))
    if 0 < minor < _VALIDATED_TEMPLATES:
        yield from _selected(spec)
        yield from _numbers(spec)
    else:
        yield from _template(spec, minor, [str(mapping(c.get("metadata")).get("name")) for _, c in claims])
        yield from grammar(spec, "/spec", "serviceName", name.label)
        for pointer, claim in claims:
            yield from claim_spec(mapping(claim.get("spec")), f"{pointer}/spec")
    yield from one_of(spec, "/spec", "podManagementPolicy", ("OrderedReady", "Parallel"))
    yield from not_negative(mapping(spec.get("ordinals")), "/spec/ordinals", "start")
    strategy, at = mapping(spec.get("updateStrategy")), "/spec/updateStrategy"
    yield from one_of(strategy, at, "type", ("RollingUpdate", "OnDelete"))
    rolling = strategy.get("rollingUpdate")
    if isinstance(rolling, dict) and strategy.get("type") == "OnDelete":
        yield f"{at}/rollingUpdate", "cannot go with the type OnDelete"
    yield from not_negative(mapping(rolling), f"{at}/rollingUpdate", "partition")


def replication_controller(body: Fields, minor: int) -> Faults:
    spec = mapping(body.get("spec"))
    yield from _numbers(spec)
    template = mapping(spec.get("template"))
    if template:
        yield from pod_template(template, "/spec/template", minor)
        yield from _always(mapping(template.get("spec")))


def pod_template_object(body: Fields, minor: int) -> Faults:
    yield from pod_template(mapping(body.get("template")), "/template", minor)


def _template(spec: Fields, minor: int, claims: list[str] | None = None) -> Faults:
    yield from _numbers(spec)
    yield from _selected(spec)
    template = spec.get("template")
    if isinstance(template, dict):
        yield from pod_template(template, "/spec/template", minor, claims or ())
        yield from _always(mapping(template.get("spec")))


def _numbers(spec: Fields) -> Faults:
    yield from not_negative(spec, "/spec", "replicas", "minReadySeconds")


def _selected(spec: Fields) -> Faults:
    found, template = spec.get("selector"), spec.get("template")
    faults = list(selector(found, "/spec/selector"))
    yield from faults
    if is_empty(found):
        yield "/spec/selector", "must select something"
    elif isinstance(found, dict) and isinstance(template, dict) and not faults:
        own = mapping(mapping(template.get("metadata")).get("labels"))
        if not matches(found, own):
            yield "/spec/selector", "does not match the labels of the template"


def _always(spec: Fields) -> Faults:
    at = "/spec/template/spec"
    if spec.get("restartPolicy") in ("OnFailure", "Never"):
        yield f"{at}/restartPolicy", "must be Always: the pods of this kind run on"
    if is_given(spec.get("activeDeadlineSeconds")):
        yield f"{at}/activeDeadlineSeconds", "is not supported: the pods of this kind run on"
