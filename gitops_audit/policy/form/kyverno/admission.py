"""The variables of a CEL expression for a Kyverno request, which knows operations and users."""

from __future__ import annotations

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy import admission_request
from gitops_audit.policy.admission_request import VARIABLES
from gitops_audit.policy.cel import CERTAIN, Activation
from gitops_audit.policy.contract import World
from gitops_audit.policy.declared import without_nulls
from gitops_audit.policy.form.kyverno.request import Request
from gitops_audit.policy.namespace import certain, is_inside

__all__ = ["VARIABLES", "activation"]


def activation(request: Request, world: World, params: JsonObject | None = None) -> Activation:
    """The values of VARIABLES. Raises CelError for an object CEL cannot hold."""
    subject = request.subject
    # unlike the API server's own admission, Kyverno sees the object's JSON with its nulls
    is_plain = without_nulls(subject.body) is subject.body
    if is_plain and request.operation == "CREATE" and not request.user.is_known and not request.is_simulated:
        return admission_request.activation(subject, world, params)
    given = values(request) | {"params": params}
    if not request.is_simulated:
        return Activation.of(given, late=admission_request.late(subject, world))
    namespace = _named(request)
    return Activation.of(given | {"namespaceObject": namespace, CERTAIN: namespace})


def values(request: Request) -> JsonObject:
    """The object with its nulls, and what is asked."""
    admission = admission_request.request(request.subject) | {"operation": request.operation}
    if request.user.is_known:
        admission |= request.user.as_json()
    elif request.is_simulated:
        # a test that names no user asks for nobody
        admission |= {"userInfo": {}}
    body = None if request.operation == "DELETE" else request.body
    return {"request": admission, "object": body, "oldObject": request.old, CERTAIN: certain(request.subject)}


def _named(request: Request) -> JsonObject | None:
    """In a test, Kyverno knows the name of a namespace and nothing else of it."""
    if not is_inside(request.subject):
        return None
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": request.subject.namespace}}
