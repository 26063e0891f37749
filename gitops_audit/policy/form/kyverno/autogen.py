"""Rules about Pods, carried over to the controllers that make Pods (Kyverno's auto-generated rules).

A generated rule matches the controllers instead of `Pod`, compares its pattern with the pod template, and names the
template's fields in its expressions. The annotation `pod-policies.kyverno.io/autogen-controllers` chooses the kinds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from gitops_audit.kube.pod_template import CONTROLLERS, RUNNING
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.match import kind_parts

CRON_JOB = "CronJob"
ANNOTATION = "pod-policies.kyverno.io/autogen-controllers"
_API = {kind: f"{group}/v1" if group else "v1" for group, kind in RUNNING}
_NARROWING = ("name", "names", "selector", "annotations")
_MAX_NAME_CHARS = 63


def controllers(annotations: Mapping[str, str], rules: Sequence[JsonObject]) -> frozenset[str]:
    """The kinds that rules are generated for; none where a rule cannot be carried over."""
    if not _is_possible(rules):
        return frozenset()
    chosen = annotations.get(ANNOTATION)
    return frozenset(CONTROLLERS) if chosen is None else frozenset(str(chosen).split(",")) & CONTROLLERS.keys()


def documents(document: Document, kinds: frozenset[str]) -> Iterator[tuple[tuple[str, ...], Document]]:
    """For the kinds with a pod template, and for CronJob, the policy with its rules carried over to these.

    A rule keeps its place, so that complaints about it still find its line; one that is not about Pods stays as it is.
    """
    rules = document.sequence("/spec/rules")
    for group in (tuple(sorted(kinds - {CRON_JOB})), tuple(sorted(kinds & {CRON_JOB}))):
        if group:
            made = [generated(rule, group) or rule for rule in rules]
            yield group, replace(document, body=document.body | {"spec": document.body["spec"] | {"rules": made}})


def generated(rule: JsonObject, kinds: Sequence[str]) -> JsonObject | None:
    """The rule for controllers (CronJob alone, or others), None where the rule is not about Pods."""
    if str(rule.get("name", "")).startswith("autogen-") or not _is_about_pods(rule) or not rule.get("validate"):
        return None
    template = _moved(rule, "autogen-", kinds, "template")
    if CRON_JOB not in kinds:
        return _rewritten(template, "spec.template")
    moved = _moved(template, "", kinds, "jobTemplate") | {"name": _named("autogen-cronjob-", rule)}
    return _rewritten(moved, "spec.jobTemplate.spec.template")


def _is_possible(rules: Sequence[JsonObject]) -> bool:
    blocks = [block for rule in rules for block in _resource_blocks(rule)]
    if any(rule.get("generate") or _has_json_patch(rule.get("mutate")) for rule in rules):
        return False
    if any(block.get(key) not in (None, "", []) for block in blocks for key in _NARROWING):
        return False
    if any(len(block.get("kinds") or ()) > 1 and has_pod(block["kinds"]) for block in blocks):
        return False
    return any(kind in _API for block in blocks for kind in block.get("kinds") or ())


def _has_json_patch(mutate: Any) -> bool:
    if not isinstance(mutate, dict):
        return False
    blocks = mutate.get("foreach")
    parts = [mutate, *(blocks if isinstance(blocks, list) else ())]
    return any(isinstance(part, dict) and part.get("patchesJson6902") for part in parts)


def _resource_blocks(rule: JsonObject) -> Iterator[JsonObject]:
    for side in ("match", "exclude"):
        block = rule.get(side) or {}
        for part in (block, *(block.get("any") or ()), *(block.get("all") or ())):
            yield part.get("resources") or {}


def has_pod(kinds: Sequence[str]) -> bool:
    return any(kind_parts(kind)[2] == "Pod" for kind in kinds)


def _is_about_pods(rule: JsonObject) -> bool:
    matched, excluded = (_kinds(rule.get(side) or {}) for side in ("match", "exclude"))
    return has_pod(matched) and (not excluded or has_pod(excluded))


def _kinds(block: JsonObject) -> list[str]:
    parts = (block, *(block.get("any") or ()), *(block.get("all") or ()))
    return [kind for part in parts for kind in (part.get("resources") or {}).get("kinds") or ()]


def _moved(rule: JsonObject, prefix: str, kinds: Sequence[str], template_key: str) -> JsonObject:
    moved = deepcopy(rule)
    moved["name"] = _named(prefix, rule)
    for side in ("match", "exclude"):
        if moved.get(side):
            _aim(moved[side], kinds, is_match=side == "match")
    _wrap(moved["validate"], template_key)
    return moved


def _named(prefix: str, rule: JsonObject) -> str:
    return f"{prefix}{rule.get('name', '')}"[:_MAX_NAME_CHARS]


def _aim(block: JsonObject, kinds: Sequence[str], *, is_match: bool) -> None:
    selectors = [f"{_API[kind]}/{kind}" for kind in kinds]
    listed = block.get("any") or block.get("all")
    if listed:
        for part in listed:
            # for CronJob, Kyverno aims every part at it, whatever it was about
            if CRON_JOB in kinds or has_pod((part.get("resources") or {}).get("kinds") or ()):
                part["resources"] = (part.get("resources") or {}) | {"kinds": selectors}
    elif is_match or (block.get("resources") or {}).get("kinds"):
        block.setdefault("resources", {})["kinds"] = selectors


def _wrap(validate: JsonObject, template_key: str) -> None:
    if "pattern" in validate:
        validate["pattern"] = {"spec": {template_key: validate["pattern"]}}
    elif "anyPattern" in validate and "deny" not in validate and "podSecurity" not in validate:
        validate["anyPattern"] = [{"spec": {template_key: item}} for item in validate["anyPattern"]]


def _rewritten(rule: JsonObject, template: str) -> JsonObject:
    """As Kyverno does, by replacing text: the fields of the Pod become those of the template, wherever they stand."""
    text = json.dumps(rule)
    is_cel = "cel" in rule["validate"]
    for root in ("object", "oldObject"):
        full = root if is_cel else f"request.{root}"
        for field in ("spec", "metadata"):
            text = text.replace(f"{full}.{field}", f"{full}.{template}.{field}")
    rewritten: Any = json.loads(text)
    return dict(rewritten)
