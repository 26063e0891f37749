"""Probes and lifecycle hooks of containers."""

from __future__ import annotations

from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    is_given,
    is_number,
    mapping,
    not_negative,
    one_of,
    port,
    port_number,
)

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def probes(container: Fields, at: str) -> Faults:
    for kind in PROBES:
        probe = container.get(kind)
        if isinstance(probe, dict):
            yield from _handler(probe, f"{at}/{kind}")
            yield from _numbers(probe, f"{at}/{kind}", kind)
    lifecycle = mapping(container.get("lifecycle"))
    for moment in ("postStart", "preStop"):
        if isinstance(lifecycle.get(moment), dict):
            yield from _handler(lifecycle[moment], f"{at}/lifecycle/{moment}")


def _handler(fields: Fields, at: str) -> Faults:
    handlers = [key for key in _HANDLERS if isinstance(fields.get(key), dict)]
    if len(handlers) != 1:
        yield at, f"must have exactly one of {', '.join(_HANDLERS[:4])}"
        return
    handler, pointer = fields[handlers[0]], f"{at}/{handlers[0]}"
    if handlers[0] == "exec" and not is_given(handler.get("command")):
        yield pointer, "command is missing"
    elif handlers[0] in ("httpGet", "tcpSocket"):
        yield from port(handler.get("port"), f"{pointer}/port")
        yield from one_of(handler, pointer, "scheme", ("HTTP", "HTTPS"))
    elif handlers[0] == "grpc":
        yield from port_number(handler, pointer, "port")


def _numbers(probe: Fields, at: str, kind: str) -> Faults:
    yield from not_negative(probe, at, *_NUMBERS)
    successes, grace = probe.get("successThreshold"), probe.get("terminationGracePeriodSeconds")
    if kind != "readinessProbe" and is_number(successes) and successes > 1:
        yield f"{at}/successThreshold", f"must be 1 for a {kind}"
    if is_number(grace) and kind == "readinessProbe":
        yield f"{at}/terminationGracePeriodSeconds", "a readinessProbe ends no container"
    elif is_number(grace) and grace <= 0:
        yield f"{at}/terminationGracePeriodSeconds", "must be at least 1"
