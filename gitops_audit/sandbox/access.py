"""Who may do what: bearer tokens, allow rules per user, and the reviews in which a user asks about itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops_audit.sandbox.decode import require_object
from gitops_audit.sandbox.request import Request, Target
from gitops_audit.sandbox.status import ApiError, forbidden
from gitops_audit.sandbox.types import JsonObject

_OPEN_PATHS = ("/version", "/healthz", "/livez", "/readyz")
_DISCOVERY_PATHS = ("/api", "/apis", "/openapi", *_OPEN_PATHS)
REVIEWS = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")


@dataclass(frozen=True, slots=True)
class Rule:
    """An allow rule, as in a Role: `*` is everything. `resources` name subresources as `deployments/scale`.

    `namespaces` limits it to some namespaces; a rule with the default `*` also covers cluster-scoped resources.
    """

    verbs: Sequence[str]
    resources: Sequence[str]
    groups: Sequence[str] = ("",)
    namespaces: Sequence[str] = ("*",)
    names: Sequence[str] = ()

    def allows(self, ask: Ask) -> bool:
        return (
            _has(self.verbs, ask.verb)
            and _has(self.groups, ask.group)
            and _has(self.resources, ask.resource)
            and _has(self.namespaces, ask.namespace)
            and (not self.names or ask.name in self.names)
        )

    def as_json(self) -> JsonObject:
        rule = {"verbs": list(self.verbs), "apiGroups": list(self.groups), "resources": list(self.resources)}
        return rule | ({"resourceNames": list(self.names)} if self.names else {})


def _has(allowed: Iterable[str], wanted: str) -> bool:
    return any(one in ("*", wanted) for one in allowed)


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to do to a resource (`deployments` or `deployments/scale`)."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """`rules` None: may do everything."""

    name: str
    rules: tuple[Rule, ...] | None = ()

    def may(self, ask: Ask) -> bool:
        return self.rules is None or any(rule.allows(ask) for rule in self.rules)


ANONYMOUS = User("system:anonymous")


def token_of(name: str) -> str:
    return f"{name}-token"


def user_of(request: Request, tokens: Mapping[str, User]) -> User:
    """Raises ApiError 401 for a token nobody has; no token is the anonymous user."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return tokens.get(token_of(ANONYMOUS.name), ANONYMOUS)
    user = tokens.get(token.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise ApiError(401, "Unauthorized")
    return user


def check_path(user: User, request: Request) -> None:
    """For paths that are no resource. Raises ApiError 403."""
    open_paths = _OPEN_PATHS if user == ANONYMOUS else _DISCOVERY_PATHS
    if user.rules is None or any(request.path == p or request.path.startswith(f"{p}/") for p in open_paths):
        return
    verb = request.method.lower()
    raise ApiError(403, f'forbidden: User "{user.name}" cannot {verb} path "{request.path}"', details={})


def check(user: User, verb: str, target: Target) -> None:
    """Raises ApiError 403 where the user may not do that to the resource."""
    resource = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    if user.may(Ask(verb, target.group, resource, target.namespace, target.name)):
        return
    where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {verb} resource "{resource}" in API group "{target.group}" {where}'
    raise forbidden(target.group, target.plural, target.name, why)


def verb_of(request: Request, target: Target) -> str:
    """The verb a request stands for. Raises ApiError 405 for methods the API does not have."""
    by_method = {"POST": "create", "PUT": "update", "PATCH": "patch", "GET": "get" if target.name else "list"}
    by_method["DELETE"] = "delete" if target.name else "deletecollection"
    verb = by_method.get(request.method)
    if verb is None or (target.name and verb == "create") or (not target.name and verb in ("update", "patch")):
        raise ApiError(405, "the server does not allow this method on the requested resource", details={})
    return verb


def review(user: User, target: Target, body: object) -> JsonObject:
    """Answers SelfSubjectAccessReview and SelfSubjectRulesReview."""
    sent = require_object(body)
    spec = sent.get("spec") or {}
    if target.plural == "selfsubjectrulesreviews":
        kind, status = "SelfSubjectRulesReview", _rules_status(user, spec.get("namespace", ""))
    else:
        kind, status = "SelfSubjectAccessReview", {"allowed": _is_allowed(user, spec)}
    return {
        "kind": kind,
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": sent.get("metadata") or {},
        "spec": spec,
        "status": status,
    }


def _is_allowed(user: User, spec: JsonObject) -> bool:
    if "nonResourceAttributes" in spec:
        path = spec["nonResourceAttributes"].get("path", "")
        return user.rules is None or path.startswith(_DISCOVERY_PATHS)
    asked = spec.get("resourceAttributes")
    if asked is None:
        text = "exactly one of resourceAttributes or nonResourceAttributes must be specified"
        raise ApiError(422, f'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec: {text}')
    verb, group, resource, sub = (asked.get(key, "") for key in ("verb", "group", "resource", "subresource"))
    resource = f"{resource}/{sub}" if sub else resource
    return user.may(Ask(verb, group, resource, asked.get("namespace", ""), asked.get("name", "")))


def _rules_status(user: User, namespace: str) -> JsonObject:
    if not namespace:
        raise ApiError(400, "no namespace on request")
    everything = Rule(verbs=("*",), resources=("*",), groups=("*",))
    rules = (everything,) if user.rules is None else user.rules
    visible = [rule.as_json() for rule in rules if _has(rule.namespaces, namespace)]
    urls = [{"verbs": ["get"], "nonResourceURLs": list(_DISCOVERY_PATHS)}]
    return {"resourceRules": visible, "nonResourceRules": urls, "incomplete": False}
