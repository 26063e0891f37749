"""Where an Application deploys to: which cluster of the configuration, and whether its project lets it.

Sources: argo-cd.readthedocs.io/en/stable: operator-manual/declarative-setup (clusters), user-guide/projects.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from gitops_audit.deployer.argocd.glob import is_like
from gitops_audit.deployer.expansion import Context, Placed
from gitops_audit.model.resource import JsonObject, mapping

IN_CLUSTER_SERVER, IN_CLUSTER_NAME = "https://kubernetes.default.svc", "in-cluster"
_ANY_PROJECT = "default"


class NoDestinationError(Exception):
    """No cluster of the configuration is meant; the message says why."""


def cluster_of(application: JsonObject, placed: Placed, context: Context) -> str:
    """The cluster that an Application deploys to. Raises NoDestinationError."""
    destination = mapping(mapping(application.get("spec")).get("destination"))
    server, name = str(destination.get("server") or "").rstrip("/"), str(destination.get("name") or "")
    known = dict(context.source.destinations)
    for told in (server, f"{server}/", name):
        if told.strip("/") and told in known:
            return known[told]
    if server in (IN_CLUSTER_SERVER, f"{IN_CLUSTER_SERVER}:443") or (not server and name == IN_CLUSTER_NAME):
        return placed.cluster
    if name in context.clusters:
        return name
    if not server and not name:
        raise NoDestinationError("it names no destination")
    if not context.clusters:
        return name or urlsplit(server).hostname or server
    raise NoDestinationError(
        f"its destination {server or name} is no cluster of the configuration (add it to `destinations`)"
    )


def forbidden(application: JsonObject, projects: Iterable[JsonObject]) -> str:
    """Why the project of an Application does not let it deploy there; empty where it does, or is not known."""
    spec = mapping(application.get("spec"))
    name = str(spec.get("project") or _ANY_PROJECT)
    project = next((p for p in projects if mapping(p.get("metadata")).get("name") == name), None)
    if project is None:
        return ""
    destination = mapping(spec.get("destination"))
    rules = mapping(project.get("spec")).get("destinations")
    rules = [mapping(rule) for rule in rules] if isinstance(rules, list) else []
    allowed = [rule for rule in rules if _fits(rule, destination)]
    if allowed and not any(_is_denial(rule) and _fits(_denied(rule), destination) for rule in rules):
        return ""
    place = destination.get("server") or destination.get("name") or "(none)"
    return f"its project {name} does not permit the destination {place}, namespace {destination.get('namespace') or ''}"


def _fits(rule: JsonObject, destination: JsonObject) -> bool:
    """A server and a name are compared where both sides have one: a registered cluster has both."""
    pairs = [
        (str(rule.get(key) or "*"), str(destination.get(key) or ""))
        for key in ("server", "name")
        if destination.get(key) and rule.get(key)
    ]
    pairs.append((str(rule.get("namespace") or ""), str(destination.get("namespace") or "")))
    return all(not pattern.startswith("!") and is_like(pattern, text) for pattern, text in pairs)


def _is_denial(rule: JsonObject) -> bool:
    return any(str(rule.get(key) or "").startswith("!") for key in ("server", "name", "namespace"))


def _denied(rule: JsonObject) -> JsonObject:
    return {key: str(rule.get(key) or "").removeprefix("!") for key in ("server", "name", "namespace")}
