"""The stable codes of what a cluster, or a recording of one, may refuse, and the sentences that go with them."""

from __future__ import annotations

from typing import ClassVar

from gitops_audit.errors import ClusterError, Location
from gitops_audit.live.discovery import ApiResource
from gitops_audit.model.finding import Problem

CREDENTIALS = "GA301"  # kubeconfig, context or exec plugin cannot be used
UNREACHABLE = "GA302"  # DNS, refused, timed out, cut off
TLS = "GA303"
UNAUTHENTICATED = "GA304"
FORBIDDEN = "GA305"
PROXY = "GA306"
BUSY = "GA307"  # 429 or 5xx, still after retries
UNEXPECTED = "GA308"  # not JSON, not Kubernetes, a redirect
NOT_READ = "GA309"
API_DOWN = "GA310"  # an aggregated API that does not answer
EXPIRED_LIST = "GA311"  # 410 again and again
NOT_SERVED = "GA320"
SCHEMA_UNREAD = "GA321"
BAD_RECORDING = "GA330"
NOT_RECORDED = "GA331"


class ApiError(ClusterError):
    """The server answered, with an error. `status` is the HTTP status, `reason` that of the Status object."""

    default_code: ClassVar[str] = UNEXPECTED

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        where: Location | None = None,
        hint: str = "",
        status: int = 0,
        reason: str = "",
    ) -> None:
        super().__init__(message, code=code, where=where, hint=hint)
        self.status = status
        self.reason = reason


def from_error(error: ClusterError) -> Problem:
    return Problem(error.code, f"{error.message}; {error.hint}" if error.hint else error.message)


def unusable_object(reason: str) -> Problem:
    return Problem(UNEXPECTED, f"the live object cannot be read: {reason}; look at it with `kubectl get -o yaml`")


def nameless(api: ApiResource) -> Problem:
    """What a list of a kind leaves open, if an element of it has no name."""
    return Problem(
        UNEXPECTED,
        f"the list of {api.full_name} has elements without a name, so it is not known which objects it leaves out; "
        "look at it with `kubectl get -o yaml`",
    )


def forbidden(api: ApiResource, namespace: str) -> Problem:
    """What the credentials lack to read a kind, as the rule to add to a Role or ClusterRole."""
    rule = f'{{apiGroups: ["{api.group}"], resources: ["{api.plural}"], verbs: ["get", "list"]}}'
    scope = f"a Role in namespace {namespace}, or a ClusterRole" if namespace else "a ClusterRole"
    where = f" in namespace {namespace}" if namespace else ""
    return Problem(
        FORBIDDEN, f"the credentials may neither list nor get {api.full_name}{where}; add to {scope}: {rule}"
    )


def forbidden_to_patch(api: ApiResource, namespace: str) -> str:
    where = f" in namespace {namespace}" if namespace else ""
    return f"the credentials may not patch {api.full_name}{where}, so the server could not be asked"


def not_served(group: str, version: str, kind: str, served: tuple[str, ...]) -> Problem:
    api_version = f"{group}/{version}" if group else version
    hint = f"it serves {kind} at {', '.join(served)}" if served else "is its CustomResourceDefinition installed?"
    return Problem(NOT_SERVED, f"the cluster does not serve {kind} at {api_version}: {hint}")


def api_down(group: str, version: str, reason: str) -> Problem:
    return Problem(
        API_DOWN,
        f"the API {group}/{version} does not answer ({reason}), so nothing is known of its objects; "
        f"see `kubectl get apiservice {version}.{group}`",
    )
