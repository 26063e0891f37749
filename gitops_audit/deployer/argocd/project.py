"""Whether an AppProject lets an Application deploy what it says to where it says.

Source: argo-cd.readthedocs.io/en/stable/user-guide/projects. Where a rule can be read in two ways, it permits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_audit.config.repository import without_user_info
from gitops_audit.deployer.argocd.faults import sources
from gitops_audit.deployer.argocd.glob import is_like
from gitops_audit.deployer.engine_fault import EngineFault, short
from gitops_audit.model.resource import JsonObject, mapping

ANY_PROJECT = "default"
_SCP = re.compile(r"[A-Za-z0-9_.-]+@([A-Za-z0-9_.-]+):(?!//)")


def project_name(application: JsonObject) -> str:
    return str(mapping(application.get("spec")).get("project") or ANY_PROJECT)


def refusals(application: JsonObject, project: JsonObject) -> Iterator[EngineFault]:
    """What its project does not permit."""
    name, rules = project_name(application), mapping(project.get("spec"))
    destination = mapping(mapping(application.get("spec")).get("destination"))
    if not _is_destination_permitted(destination, rules):
        place = destination.get("server") or destination.get("name") or "(none)"
        told = f"its project {name} does not permit the destination {short(place)}"
        namespace = destination.get("namespace")
        message = f"{told}, namespace {short(namespace)}" if namespace else told
        yield EngineFault("destination-not-permitted", message, "/spec/destination")
    for source, pointer in sources(application):
        url = str(source.get("repoURL") or "")
        if url and not _is_source_permitted(url, rules):
            message = f"its project {name} does not permit the repository {short(without_user_info(url))}"
            yield EngineFault("source-not-permitted", message, f"{pointer}/repoURL")


def _is_destination_permitted(destination: JsonObject, project: JsonObject) -> bool:
    listed = project.get("destinations")
    rules = [mapping(rule) for rule in listed] if isinstance(listed, list) else []
    is_denied = any(_is_denial(rule) and _fits(_denied(rule), destination) for rule in rules)
    return not is_denied and any(_fits(rule, destination) for rule in rules)


def _is_source_permitted(url: str, project: JsonObject) -> bool:
    listed = project.get("sourceRepos")
    patterns = [str(pattern) for pattern in listed] if isinstance(listed, list) else []
    wanted = _normal(url)
    if any(p.startswith("!") and _denies(_normal(p[1:]), wanted) for p in patterns):
        return False
    return any(is_like(pattern, url) or is_like(_normal(pattern), wanted) for pattern in patterns)


def _denies(pattern: str, url: str) -> bool:
    """In a denial a single `*` ends at a slash."""
    is_deep = "**" in pattern or "*" not in pattern
    return is_like(pattern, url) and (is_deep or pattern.count("/") == url.count("/"))


def _normal(url: str) -> str:
    """A URL as equal texts: `git@host:a/b.git` and `ssh://git@host/a/b`."""
    text = _SCP.sub(r"ssh://git@\1/", url.strip().lower(), count=1) if "://" not in url else url.strip().lower()
    return text.rstrip("/").removesuffix(".git")


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
