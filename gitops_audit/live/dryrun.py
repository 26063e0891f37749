"""Server-side-apply dry runs, for suspects only: what would the server make of the declared object?"""

from __future__ import annotations

from gitops_audit.live.cluster import Refusal, RefusalReason
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.http import HttpClient
from gitops_audit.live.listing import completed, path_of
from gitops_audit.live.problem import ApiError, forbidden_to_patch
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject

_CONTENT_TYPE = "application/apply-patch+yaml"  # JSON is YAML
_NO_DRY_RUN = "does not support dry run"
_BY_STATUS: dict[int, RefusalReason] = {403: "forbidden", 409: "conflict", 422: "invalid"}


class DryRunner:
    """Remembers where the credentials may not patch, so that a read-only audit asks once per kind and namespace.

    It asks by trying: a review of the permission would cost a request where nothing is suspect.
    """

    def __init__(self, client: HttpClient, redactor: Redactor) -> None:
        self._client = client
        self._redactor = redactor
        self._forbidden: set[tuple[ApiResource, str]] = set()

    def apply(self, api: ApiResource, resource: Declared, manager: str) -> JsonObject | Refusal:
        """Raises ClusterError where there is no answer at all."""
        namespace = resource.key.namespace if api.namespaced else ""
        if self._redactor.covers(resource.body):
            return Refusal("sensitive", "objects with secret values are never sent for a dry run")
        if (api, namespace) in self._forbidden:
            return Refusal("forbidden", forbidden_to_patch(api, namespace))
        try:
            return self._send(api, resource, namespace, manager)
        except ApiError as error:
            return self._refusal(api, namespace, error)

    def _send(self, api: ApiResource, resource: Declared, namespace: str, manager: str) -> JsonObject:
        query = {"fieldManager": manager, "force": "true", "dryRun": "All", "fieldValidation": "Ignore"}
        path, body = path_of(api, namespace, resource.key.name), _applicable(resource, namespace)
        return self._redactor.redact(
            completed(api, self._client.send("PATCH", path, body, query, content_type=_CONTENT_TYPE))
        )

    def _refusal(self, api: ApiResource, namespace: str, error: ApiError) -> Refusal:
        """Admission refuses with 403 as well; only what the authorizer says holds for the next object too."""
        if error.status == 403 and "cannot patch resource" in error.message:
            self._forbidden.add((api, namespace))
            return Refusal("forbidden", forbidden_to_patch(api, namespace))
        if _NO_DRY_RUN in error.message:
            return Refusal("webhook", error.message)
        reason = _BY_STATUS.get(error.status, "failed")
        return Refusal("invalid" if reason == "forbidden" else reason, error.message)


def _applicable(resource: Declared, namespace: str) -> JsonObject:
    """The server takes no managedFields in an apply, and wants the namespace of the path or none."""
    metadata = {
        k: v for k, v in (resource.body.get("metadata") or {}).items() if k not in ("managedFields", "namespace")
    }
    return resource.body | {"metadata": metadata | ({"namespace": namespace} if namespace else {})}
