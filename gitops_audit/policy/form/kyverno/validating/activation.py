"""The variables of Kyverno's CEL policies for one request."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.kube.pod_template import CONTAINER_LISTS, containers
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.admission_request import late
from gitops_audit.policy.cel import CERTAIN, Activation
from gitops_audit.policy.contract import Subject, World
from gitops_audit.policy.form.kyverno import admission
from gitops_audit.policy.form.kyverno.request import Request
from gitops_audit.policy.form.kyverno.validating.exception import CelException
from gitops_audit.policy.pod_template import template_of


def of_json(body: JsonObject) -> Activation:
    """For a policy that judges any JSON, which knows nothing else. Raises CelError for what CEL cannot hold."""
    nothing: JsonObject = dict.fromkeys(("oldObject", "request", "namespaceObject", CERTAIN, "params"))
    return Activation.of(nothing | {"object": body, "images": {}, "exceptions": _allowed(())})


def of_request(request: Request, world: World, exceptions: Sequence[CelException] = ()) -> Activation:
    """The values of the variables. Raises CelError for an object CEL cannot hold."""
    subject = request.subject
    # unlike the API server's own admission, Kyverno sees the object's JSON with its nulls
    given = admission.values(request) | {"params": None}
    given |= {"images": _images(subject), "exceptions": _allowed(exceptions)}
    return Activation.of(given, late=late(subject, world))


def _allowed(exceptions: Sequence[CelException]) -> JsonObject:
    """What partial exceptions let through, for the expressions to look at."""
    return {
        "allowedImages": [image for item in exceptions for image in item.images],
        "allowedValues": [value for item in exceptions for value in item.values],
    }


def _images(subject: Subject) -> JsonObject:
    spec = (template_of(subject) or {}).get("spec")
    return {key: [_image(c) for c in containers(spec, key) if _image(c)] for key in CONTAINER_LISTS}


def _image(container: object) -> str:
    image = container.get("image") if isinstance(container, dict) else None
    return image if isinstance(image, str) else ""
