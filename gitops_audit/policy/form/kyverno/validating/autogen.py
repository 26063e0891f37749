"""A `ValidatingPolicy` for Pods, carried over to the controllers that make Pods (Kyverno's autogen of CEL policies).

As Kyverno does, by replacing text: `object.spec` becomes the spec of the pod template wherever it stands, and what is
written another way (`object.?spec`) is still about the controller.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from gitops_audit.kube.plural import plural
from gitops_audit.kube.pod_template import RUNNING
from gitops_audit.policy.document import Document, suggestion

# It knows no ReplicationControllers, the ones of the core group.
_KINDS = {plural(kind): kind for group, kind in RUNNING if group}
_CRON_JOBS = frozenset({"cronjobs"})
# words that Kyverno takes and generates nothing for: it knows the resources above by their plural alone
_LEFT_OUT = frozenset(
    {"replicationcontrollers", "ReplicationController", *_KINDS.values(), *map(str.lower, _KINDS.values())}
)
_BATCH = ("jobs", "cronjobs")
_PODS = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
_AUTOGEN = ("mutatingAdmissionPolicy", "podControllers", "validatingAdmissionPolicy")
_RULES = "/spec/matchConstraints/resourceRules"
# the namespace of a controller is its own: a pod template has none
_FIELD = re.compile(r"(object|oldObject)\.(spec|metadata)(?!\.namespace(?![A-Za-z0-9_]))")


def controllers(document: Document) -> frozenset[str]:
    """The resources; none where the policy is not for Pods alone, selects by labels or names, or lists none.

    Raises PolicyError for a controller that is none.
    """
    document.only("/spec/autogen", _AUTOGEN)
    pointer = "/spec/autogen/podControllers/controllers"
    wanted = frozenset(_KINDS)
    if document.value(pointer) is not None:
        wanted = frozenset(_word(document, f"{pointer}/{i}") for i in range(len(document.sequence(pointer))))
    return wanted - _LEFT_OUT if _is_for_pods(document) else frozenset()


def kinds(resources: frozenset[str]) -> frozenset[str]:
    return frozenset(_KINDS[resource] for resource in resources)


def generated(document: Document, resources: frozenset[str], kind: str) -> Document:
    """The policy for the controllers that have a template like this kind's; lines of fields stay the same."""
    is_cron = kind == "CronJob"
    template = "spec.jobTemplate.spec.template" if is_cron else "spec.template"
    group = resources & _CRON_JOBS if is_cron else resources - _CRON_JOBS
    moved: Any = json.loads(_FIELD.sub(rf"\1.{template}.\2", json.dumps(document.body["spec"])))
    constraints = {"resourceRules": _rules(document, group)}
    if (selector := document.value("/spec/matchConstraints/namespaceSelector")) is not None:
        constraints["namespaceSelector"] = selector
    return replace(document, body=document.body | {"spec": moved | {"matchConstraints": constraints}})


def _rules(document: Document, resources: frozenset[str]) -> list[Any]:
    operations = document.value(f"{_RULES}/0/operations")
    groups = {"apps": resources - set(_BATCH), "batch": resources & set(_BATCH)}
    return [
        {"apiGroups": [group], "apiVersions": ["v1"], "operations": operations, "resources": sorted(listed)}
        for group, listed in groups.items()
        if listed
    ]


def _is_for_pods(document: Document) -> bool:
    selector = document.mapping("/spec/matchConstraints/objectSelector")
    if selector.get("matchLabels") or selector.get("matchExpressions"):
        return False
    if document.sequence("/spec/matchConstraints/excludeResourceRules") or len(document.sequence(_RULES)) != 1:
        return False
    rule = document.mapping(f"{_RULES}/0")
    return not rule.get("resourceNames") and all(rule.get(key) == words for key, words in _PODS.items())


def _word(document: Document, pointer: str) -> str:
    word = document.text(pointer)
    if word not in _KINDS and word not in _LEFT_OUT:
        hint = f"{suggestion(word, _KINDS)}use some of {', '.join(_KINDS)}"
        raise document.fault(pointer, f"{word!r} is no pod controller", hint=hint)
    return word
