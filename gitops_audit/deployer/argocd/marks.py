"""Argo CD's own words: its kind, the marks that it writes and reads, and when it repairs what it deployed.

Sources: argo-cd.readthedocs.io/en/stable/user-guide (resource_tracking, resource_hooks, sync-waves, sync-options,
compare-options, auto_sync).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.model.resource import JsonObject, mapping

PREFIX = "argocd.argoproj.io/"
TRACKING = f"{PREFIX}tracking-id"
INSTANCE = f"{PREFIX}instance"
HOOK = f"{PREFIX}hook"
SYNC_OPTIONS = f"{PREFIX}sync-options"
COMPARE_OPTIONS = f"{PREFIX}compare-options"
REQUESTS = frozenset({f"{PREFIX}refresh", f"{PREFIX}hydrate"})
"""Annotations by which people and tools ask it to look at an Application; it takes them away."""
OPERATION = "operation"
"""The field of an Application by which a sync is asked for; it takes it away."""
_SYNC_WAVE = f"{PREFIX}sync-wave"
_MOST_WAVES = 10_000

APPLICATION = ("argoproj.io", "Application")
APPLICATION_SET = ("argoproj.io", "ApplicationSet")
APP_PROJECT = ("argoproj.io", "AppProject")
MANAGERS = frozenset({"argocd-controller", "argocd-application-controller"})
"""The field managers of its controllers."""


def tracking_id(application: str, group: str, kind: str, namespace: str, name: str) -> str:
    """The value of its tracking annotation on an object of an Application."""
    return f"{application}:{group}/{kind}:{namespace}/{name}"


def sync_wave(body: JsonObject) -> int:
    """The wave in which it applies an object, lower ones first; 0 where the object names none."""
    annotations: Any = mapping(body.get("metadata")).get("annotations")
    text = annotations.get(_SYNC_WAVE) if isinstance(annotations, dict) else None
    try:
        return max(-_MOST_WAVES, min(_MOST_WAVES, int(text))) if isinstance(text, str) else 0
    except ValueError:
        return 0


def is_healing(application: JsonObject) -> bool:
    """Whether the Application sets back what somebody changes in the cluster."""
    automated = mapping(mapping(mapping(application.get("spec")).get("syncPolicy")).get("automated"))
    return automated.get("selfHeal") is True and automated.get("enabled") is not False


def deployed_objects(application: JsonObject) -> Iterator[tuple[str, str, str, str]]:
    """The group, kind, namespace and name of all that it deploys, as its status lists them, missing ones too."""
    resources = mapping(application.get("status")).get("resources")
    for row in (r for r in (resources if isinstance(resources, list) else ()) if isinstance(r, dict)):
        group, kind, namespace, name = (str(row.get(field) or "") for field in ("group", "kind", "namespace", "name"))
        yield group, kind, namespace, name
