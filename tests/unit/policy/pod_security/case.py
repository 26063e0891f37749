"""Own pods on both sides of every rule of the Pod Security Standards, with the words Kubernetes refuses them in.

Each case changes one compliant pod. The unit tests judge it in every version; tests/e2e puts the same pods before a
real API server, so an expectation that is wrong here fails there.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gitops_audit.model.resource import JsonObject

NEWEST = 99
REMOVED = object()
Side = Literal["baseline", "restricted", "both"]
C = "containers.0.securityContext."
I = "initContainers.0.securityContext."  # noqa: E741 - the first letter of each list reads best in a table of cases
P = "securityContext."


@dataclass(frozen=True, slots=True)
class Refusal:
    """The text of a violation in the versions 1.`first` to 1.`last`."""

    text: str
    side: Side = "both"
    first: int = 0
    last: int = NEWEST

    def holds(self, level: str, minor: int) -> bool:
        return self.side in (level, "both") and self.first <= minor <= self.last


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    change: Mapping[str, Any]
    refusals: tuple[Refusal, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    has_init: bool = False
    server: Literal["judges", "completes", "rejects"] = "judges"  # the Pod as it is, after filling it in, not at all

    def pod(self) -> JsonObject:
        body = compliant_pod(self.has_init)
        self.apply(body)
        return body

    def apply(self, body: JsonObject, place: str = "containers") -> None:
        """Changes a pod as this case does; `place` is the list whose first container gets what `containers` says."""
        body["metadata"].setdefault("annotations", {}).update(self.annotations)
        for path, value in self.change.items():
            steps = [place if step == "containers" else step for step in path.split(".")]
            _set(body["spec"], steps, copy.deepcopy(value) if value is not REMOVED else value)

    def expected(self, level: str, minor: int) -> list[str]:
        return [refusal.text for refusal in self.refusals if refusal.holds(level, minor)]

    def turning_points(self) -> set[int]:
        """The versions in which something begins or has just ended, and their neighbours."""
        edges = {edge for r in self.refusals for edge in (r.first - 1, r.first, r.last, r.last + 1)}
        return {0, *(edge for edge in edges if 0 <= edge < NEWEST)}


def compliant_pod(has_init: bool = False) -> JsonObject:
    """A pod that fulfils `restricted` in every version."""
    spec: JsonObject = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container("web")],
    }
    if has_init:
        spec["initContainers"] = [_container("setup")]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def _container(name: str) -> JsonObject:
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {"name": name, "image": f"registry.example/{name}:1", "securityContext": security}


def _set(node: Any, path: list[str], value: Any) -> None:
    head, rest = path[0], path[1:]
    key: Any = int(head) if isinstance(node, list) else head
    if rest:
        if isinstance(node, dict):
            node.setdefault(key, {})
        _set(node[key], rest, value)
    elif value is REMOVED:
        node.pop(key, None)
    else:
        node[key] = value


def _escalation(names: str = 'container "web"') -> Refusal:
    text = f"allowPrivilegeEscalation != false ({names} must set securityContext.allowPrivilegeEscalation=false)"
    return Refusal(text, "restricted", 8)


def _volume(kind: str, source: JsonObject) -> Case:
    text = f'restricted volume types (volume "data" uses restricted volume type "{kind}")'
    return Case(f"{kind} volume", {"volumes": [{"name": "data", kind: source}]}, (Refusal(text, "restricted"),))


def _allowed_volume(kind: str, source: JsonObject) -> Case:
    return Case(f"{kind} volume is allowed", {"volumes": [{"name": "data", kind: source}]})


def _capabilities(name: str, add: list[str], bad_baseline: str, bad_restricted: str) -> Case:
    said = '(container "web" must not include {} in securityContext.capabilities.add)'
    refusals = []
    if bad_baseline:
        text = f"non-default capabilities {said.format(bad_baseline)}"
        refusals += [Refusal(text, "baseline"), Refusal(text, "restricted", 0, 21)]
    if bad_restricted:
        refusals += [Refusal(f"unrestricted capabilities {said.format(bad_restricted)}", "restricted", 22)]
    return Case(name, {C + "capabilities.add": add}, tuple(refusals))


def _sysctl(name: str, allowed_from: int | None) -> Case:
    last = NEWEST if allowed_from is None else allowed_from - 1
    refusals = (Refusal(f"forbidden sysctls ({name})", last=last),) if allowed_from != 0 else ()
    return Case(f"sysctl {name}", {P + "sysctls": [{"name": name, "value": "1"}]}, refusals)


def _selinux(kind: str, last: int | None) -> Case:
    text = f'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "{kind}")'
    refusals = (Refusal(text, last=last),) if last is not None else ()
    return Case(f"SELinux type {kind or 'empty'}", {P + "seLinuxOptions": {"type": kind}}, refusals)


def _host(name: str, place: str, handler: JsonObject, refused: str) -> Case:
    text = f'probe or lifecycle host (container "web" uses probe or lifecycle host "{refused}")'
    return Case(name, {f"containers.0.{place}": handler}, (Refusal(text, first=34),) if refused else ())


_ROOT = 'runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)'
_SECCOMP = (
    "seccompProfile (pod or container {} must set securityContext.seccompProfile.type "
    'to "RuntimeDefault" or "Localhost")'
)
_UNCONFINED = 'seccompProfile ({} must not set securityContext.seccompProfile.type to "Unconfined")'
_WINDOWS = {"os": {"name": "windows"}, "securityContext": {"runAsNonRoot": True}, "containers.0.securityContext": {}}
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF = "container.seccomp.security.alpha.kubernetes.io/"
