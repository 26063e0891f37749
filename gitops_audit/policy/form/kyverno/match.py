"""Which objects a rule or an exception is about: `match` and `exclude`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from gitops_audit.kube.match import labels_of
from gitops_audit.kube.selector import Requirement
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.form.kyverno import wildcard
from gitops_audit.policy.form.kyverno.request import Request, UserInfo

_VERSION = re.compile(r"v\d+((alpha|beta)\d+)?|\*", re.ASCII)
_USER_KEYS = ("subjects", "roles", "clusterRoles")


def is_matched(match: JsonObject, exclude: JsonObject | None, request: Request) -> bool:
    """Whether a rule with these blocks is about the request's object."""
    return _is_selected(match, request) and not (exclude and _is_excluded(exclude, request))


def may_be_matched(match: JsonObject, group: str, version: str, kind: str) -> bool:
    """Whether a rule with this block can be about any object of a kind."""
    if match.get("any"):
        return any(_names_kind(block, group, version, kind) for block in match["any"])
    return all(_names_kind(block, group, version, kind) for block in match.get("all") or (match,))


def _names_kind(block: JsonObject, *wanted: str) -> bool:
    kinds = (block.get("resources") or {}).get("kinds")
    return not kinds or any(all(map(wildcard.is_match, kind_parts(selector), wanted)) for selector in kinds)


def is_excepted(match: JsonObject, request: Request) -> bool:
    """Whether an exception's `match` (any, all) covers the object: unlike in a rule, users always count, operations
    never do, and a selector of namespaces does not keep a Namespace out."""
    found = [_relaxed(item, request) for item in match.get("any") or match.get("all") or ()]
    fits = (_fits(item, request, users=True) for item in found)
    return any(fits) if match.get("any") else bool(found) and all(fits)


def _relaxed(block: JsonObject, request: Request) -> JsonObject:
    left_out = {"operations"} | ({"namespaceSelector"} if request.subject.kind == "Namespace" else set())
    resources = {key: value for key, value in (block.get("resources") or {}).items() if key not in left_out}
    return block | {"resources": resources}


def _is_selected(match: JsonObject, request: Request) -> bool:
    users = request.user.is_known
    if match.get("any"):
        return any(_fits(item, request, users=users) for item in match["any"])
    if match.get("all"):
        return all(_fits(item, request, users=users) for item in match["all"])
    return _fits(match, request, users=users)


def _is_excluded(exclude: JsonObject, request: Request) -> bool:
    if exclude.get("any"):
        return any(_fits(item, request, users=True) for item in exclude["any"])
    if exclude.get("all"):
        return all(_fits(item, request, users=True) for item in exclude["all"])
    return _fits(exclude, request, users=True)


def _fits(block: JsonObject, request: Request, *, users: bool) -> bool:
    resources = block.get("resources") or {}
    wanted_users = {key: block[key] for key in _USER_KEYS if block.get(key)} if users else {}
    if not any(resources.values()) and not wanted_users:
        return False
    return _fits_resources(resources, request) and _fits_user(wanted_users, request.user)


def _fits_resources(wanted: JsonObject, request: Request) -> bool:
    subject, body = request.subject, request.body
    checks: tuple[tuple[Any, Callable[[Any], bool]], ...] = (
        (wanted.get("operations"), lambda operations: request.operation in operations),
        (wanted.get("kinds"), lambda kinds: any(fits_kind(kind, request) for kind in kinds)),
        (wanted.get("name"), lambda name: wildcard.is_match(name, subject.name)),
        (wanted.get("names"), lambda names: wildcard.is_any_match(names, subject.name)),
        (wanted.get("namespaces"), lambda names: wildcard.is_any_match(names, _namespace(request))),
        (wanted.get("annotations"), lambda found: _has_annotations(found, body)),
        (wanted.get("selector"), lambda selector: is_selected(selector, labels_of(body))),
        (wanted.get("namespaceSelector"), lambda selector: _namespace_fits(selector, request)),
    )
    return all(check(value) for value, check in checks if value is not None and (value != [] and value != ""))


def fits_kind(selector: str, request: Request) -> bool:
    """`Pod`, `v1/Pod`, `apps/v1/Deployment`, `*/*`, `Pod/exec`, `v1/Pod.status`... with wildcards in every part."""
    group, version, kind, subresource = kind_parts(selector)
    subject = request.subject
    pairs = ((group, subject.group), (version, subject.version), (kind, subject.kind))
    if not all(wildcard.is_match(wanted, actual) for wanted, actual in pairs):
        return False
    is_ephemeral = subject.kind == "Pod" and not subject.group and request.subresource == "ephemeralcontainers"
    return wildcard.is_match(subresource, request.subresource) or is_ephemeral


@lru_cache(maxsize=4096)
def kind_parts(selector: str) -> tuple[str, str, str, str]:
    """Group, version, kind and subresource of a kind selector; `*` for what it leaves open."""
    *head, last = selector.split("/")
    parts = [*head, *last.split(".")]
    if len(parts) == 1:
        return "*", "*", parts[0], ""
    if len(parts) == 2:
        return _two_parts(*parts)
    if len(parts) == 3:
        first, second, third = parts
        return ("*", first, second, third) if _VERSION.fullmatch(first) else (first, second, third, "")
    return (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else ("", "", "", "")


def _two_parts(first: str, second: str) -> tuple[str, str, str, str]:
    if first == "*" and second == "*":
        return "*", "*", "*", "*"
    is_subresource = first == "*" and second.lower() == second
    if _VERSION.fullmatch(first) and not is_subresource:
        return "*", first, second, ""
    return "*", "*", first, second


def _namespace(request: Request) -> str:
    return request.subject.name if request.subject.kind == "Namespace" else request.subject.namespace


def _has_annotations(wanted: Mapping[str, str], body: JsonObject) -> bool:
    metadata = body.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    actual = found if isinstance(found, dict) else {}
    return all(
        any(wildcard.is_match(key, name) and wildcard.is_match(str(value), str(text)) for name, text in actual.items())
        for key, value in wanted.items()
    )


def _namespace_fits(selector: JsonObject, request: Request) -> bool:
    if request.subject.kind == "Namespace":
        return False
    asked = (*(selector.get("matchLabels") or ()), *(e.get("key") for e in selector.get("matchExpressions") or ()))
    return is_selected(selector, request.labels_of_namespace(asked))


def is_selected(selector: JsonObject, labels: Mapping[str, Any]) -> bool:
    """A label selector, whose `matchLabels` may have wildcards in keys and values."""
    equal = (selector.get("matchLabels") or {}).items()
    expressions = selector.get("matchExpressions") or ()
    return all(_has_label(key, str(value), labels) for key, value in equal) and all(
        Requirement.of(expression).matches(labels) for expression in expressions
    )


def _has_label(key: str, value: str, labels: Mapping[str, Any]) -> bool:
    if not wildcard.has_wildcard(key) and not wildcard.has_wildcard(value):
        return labels.get(key) == value
    pairs = ((str(name), str(text)) for name, text in labels.items())
    return any(wildcard.is_match(key, name) and wildcard.is_match(value, text) for name, text in pairs)


def _fits_user(wanted: JsonObject, user: UserInfo) -> bool:
    checks: tuple[tuple[Any, Callable[[Any], bool]], ...] = (
        (wanted.get("roles"), lambda roles: bool(set(roles) & set(user.roles))),
        (wanted.get("clusterRoles"), lambda roles: bool(set(roles) & set(user.cluster_roles))),
        (wanted.get("subjects"), lambda subjects: any(_is_subject(subject, user) for subject in subjects)),
    )
    return all(check(value) for value, check in checks if value)


def _is_subject(subject: JsonObject, user: UserInfo) -> bool:
    name = str(subject.get("name", ""))
    match subject.get("kind"):
        case "ServiceAccount":
            account = f"system:serviceaccount:{subject.get('namespace', '')}:{name}"
            return wildcard.is_match(account, user.username)
        case "Group":
            return any(wildcard.is_match(name, group) for group in user.groups)
        case "User":
            return wildcard.is_match(name, user.username)
    return False
