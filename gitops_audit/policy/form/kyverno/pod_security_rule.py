"""`validate.podSecurity`: the Pod Security Standards with Kyverno's exclusions.

Kyverno judges the pod a second time as an exclusion sees it (without its containers, or with the containers of the
named images only) and takes away what both judgements have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.kube.pod_template import CONTAINER_LISTS, CONTROLLERS, value_at
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy import pod_security
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.form.kyverno import wildcard
from gitops_audit.policy.form.kyverno.pod_security_evidence import as_counted
from gitops_audit.policy.form.kyverno.value import sprint
from gitops_audit.policy.pod_security import Evidence, Level


@dataclass(frozen=True, slots=True)
class PodSecurityRule:
    """A level, a version (`latest`, `v1.24`) and exclusions (controlName, images, restrictedField, values)."""

    level: Level
    version: str
    exclude: Sequence[JsonObject] = ()

    def evaluate(self, name: str, body: JsonObject, extra: Sequence[JsonObject] = ()) -> RuleResult:
        """`extra` are the exclusions of exceptions: where only they save the pod, the rule is skipped."""
        pod = _pod(body)
        if pod is None:
            return RuleResult(name, "error", f"{body.get('kind')} has no pod to judge")
        try:
            remaining = self._apply(self.exclude, self._judge(pod), pod)
            excepted = self._apply(extra, remaining, pod) if extra else remaining
        except pod_security.MalformedPod as error:
            return RuleResult(name, "error", str(error))
        if not remaining:
            return RuleResult(name, "pass")
        if not excepted:
            return RuleResult(name, "skip", "an exception covers what the pod violates")
        return RuleResult(name, "fail", self._message(excepted), _pointer(body, excepted[0]))

    def _judge(self, pod: JsonObject) -> list[_Finding]:
        controls = pod_security.evaluate_controls(self.level, self.version, pod)
        return [
            _Finding(control.name, control.control, control.breach.reason, control.breach.detail, evidence)
            for control in controls
            if control.breach is not None
            for evidence in as_counted(control.control, control.breach.evidence, pod) or (_NO_EVIDENCE,)
        ]

    def _apply(self, excludes: Iterable[JsonObject], findings: list[_Finding], pod: JsonObject) -> list[_Finding]:
        for exclude in excludes:
            seen = _seen_by(exclude, pod)
            key = _Finding.key_within if exclude.get("images") else _Finding.key
            spared = Counter(key(item) for item in self._judge(seen) if _is_excluded(exclude, item))
            findings = _without(findings, spared, key)
        return findings

    def _message(self, findings: Sequence[_Finding]) -> str:
        reasons = dict.fromkeys(f"{item.reason} ({item.detail})" if item.detail else item.reason for item in findings)
        return f'violates PodSecurity "{self.level}:{self.version}": {", ".join(reasons)}'


@dataclass(frozen=True, slots=True)
class _Finding:
    """One field that a control refuses."""

    name: str
    control: str
    reason: str
    detail: str
    evidence: Evidence

    def key(self) -> tuple[str, ...]:
        """What an exclusion of the pod as a whole takes away one of."""
        return self.control, self.evidence.field

    def key_within(self) -> tuple[str, ...]:
        """What an exclusion of images takes away one of."""
        return *self.key(), self.evidence.container


_NO_EVIDENCE = Evidence("", "")


def _is_excluded(exclude: JsonObject, finding: _Finding) -> bool:
    if finding.name != exclude.get("controlName"):
        return False
    field = exclude.get("restrictedField")
    if field and field != finding.evidence.field:
        return False
    values = exclude.get("values") or []
    return not values or all(wildcard.is_any_match(values, value) for value in _values(finding.evidence.value))


def _values(value: Any) -> list[str]:
    if isinstance(value, list):
        return [sprint(item) for item in value]
    return [sprint(value)] if isinstance(value, str | bool | int) and value != "" else []


def _without(
    findings: list[_Finding], spared: Counter[tuple[str, ...]], key: Callable[[_Finding], tuple[str, ...]]
) -> list[_Finding]:
    left = []
    for finding in findings:
        if spared[key(finding)] > 0:
            spared[key(finding)] -= 1
        else:
            left.append(finding)
    return left


def _seen_by(exclude: JsonObject, pod: JsonObject) -> JsonObject:
    images, spec = exclude.get("images") or [], pod["spec"]
    if not images:
        bare = {key: value for key, value in spec.items() if key not in CONTAINER_LISTS}
        return pod | {"spec": bare | {"containers": [{"name": ""}]}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {},
        "spec": {key: _with_images(images, spec.get(key)) for key in CONTAINER_LISTS if spec.get(key)},
    }


def _with_images(images: list[str], containers: Any) -> list[JsonObject]:
    listed = [item for item in containers if isinstance(item, dict)] if isinstance(containers, list) else []
    return [item for item in listed if wildcard.is_any_match(images, str(item.get("image", "")))]


def _pod(body: JsonObject) -> JsonObject | None:
    steps = CONTROLLERS.get(str(body.get("kind")), ())
    if not steps and body.get("kind") != "Pod":
        return None
    found = value_at(body, steps)
    holder = found if isinstance(found, dict) else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": holder.get("metadata") or {},
        "spec": holder.get("spec") or {},
    }


def _pointer(body: JsonObject, finding: _Finding) -> str:
    steps = CONTROLLERS.get(str(body.get("kind")), ())
    pointer = finding.evidence.pointer
    return "".join(f"/{step}" for step in steps) + pointer if pointer else ""
