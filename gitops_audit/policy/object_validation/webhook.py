"""ValidatingWebhookConfiguration and MutatingWebhookConfiguration."""

from __future__ import annotations

from gitops_audit.kube import name
from gitops_audit.policy.object_validation.field import (
    Faults,
    Fields,
    between,
    duplicates,
    mapping,
    objects,
    one_of,
    port_number,
    required,
    texts,
)
from gitops_audit.policy.object_validation.selector import selector

_OPERATIONS = ("*", "CREATE", "UPDATE", "DELETE", "CONNECT")
_REVIEWS = ("v1", "v1beta1")


def webhooks(body: Fields, minor: int) -> Faults:
    found = list(objects(body.get("webhooks"), "/webhooks"))
    for pointer, webhook in found:
        yield from _webhook(webhook, pointer)
    names = ((f"{p}/name", w["name"]) for p, w in found if isinstance(w.get("name"), str) and w["name"])
    yield from duplicates(names, "name of the webhook")


def _webhook(webhook: Fields, at: str) -> Faults:
    yield from required(webhook, at, "name", _full_name)
    yield from one_of(webhook, at, "sideEffects", ("None", "NoneOnDryRun"))
    yield from one_of(webhook, at, "failurePolicy", ("Fail", "Ignore"))
    yield from one_of(webhook, at, "matchPolicy", ("Equivalent", "Exact"))
    yield from one_of(webhook, at, "reinvocationPolicy", ("IfNeeded", "Never"))
    yield from between(webhook, at, 1, 30, "timeoutSeconds")
    versions = webhook.get("admissionReviewVersions")
    if isinstance(versions, list) and not any(version in _REVIEWS for version in versions):
        yield f"{at}/admissionReviewVersions", f"must have at least one of {', '.join(_REVIEWS)}"
    if isinstance(webhook.get("clientConfig"), dict):
        yield from _client(webhook["clientConfig"], f"{at}/clientConfig")
    for pointer, rule in objects(webhook.get("rules"), f"{at}/rules"):
        yield from _rule(rule, pointer)
    for key in ("namespaceSelector", "objectSelector"):
        yield from selector(webhook.get(key), f"{at}/{key}")


def _full_name(text: str) -> str:
    if message := name.subdomain(text):
        return message
    return "" if text.count(".") >= 2 else "must have at least three parts with dots between them"


def _client(client: Fields, at: str) -> Faults:
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        yield at, "must have either a url or a service"
    elif isinstance(url, str) and not url.startswith("https://"):
        yield f"{at}/url", "must begin with https://"
    elif isinstance(service, dict):
        yield from port_number(service, f"{at}/service", "port")
        path = service.get("path")
        if isinstance(path, str) and path and not path.startswith("/"):
            yield f"{at}/service/path", "must begin with '/'"


def _rule(rule: Fields, at: str) -> Faults:
    for key in ("operations", "apiGroups", "apiVersions", "resources"):
        if not rule.get(key):
            yield at, f"must have at least one of {key}"
    for pointer, operation in texts(rule.get("operations"), f"{at}/operations"):
        if operation not in _OPERATIONS:
            yield pointer, f"must be one of {', '.join(sorted(_OPERATIONS))}"
    for key in ("operations", "apiGroups", "apiVersions"):
        values = mapping(rule).get(key)
        if isinstance(values, list) and "*" in values and len(values) > 1:
            yield f"{at}/{key}", "'*' stands alone"
    yield from one_of(rule, at, "scope", ("*", "Cluster", "Namespaced"))
