"""Writes to one API server: the only module that does, and only the remediation calls it.

Every write has a precondition, so that one that is sent twice (after a lost answer) is done once: an object that must
not be there, a resourceVersion, or a UID. Values of Secrets go through here in clear and into nothing else: errors name
the request and what the server says, never a body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.listing import completed, path_of
from gitops_audit.live.problem import ApiError
from gitops_audit.live.server import ServerCluster
from gitops_audit.model.redact import Redactor, has_stand_in
from gitops_audit.model.resource import JsonObject, ResourceKey

_APPLY = "application/apply-patch+yaml"  # JSON is YAML
_PATCH = "application/json-patch+json"
_JSON = "application/json"
_NOT_FOUND = 404
STAND_IN = "GA516"
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Plain(Redactor):
    """Redacts nothing: the remediation writes what Git declares, not what reports show of it."""

    __slots__ = ()

    def redact(self, body: JsonObject) -> JsonObject:
        return body


@dataclass(frozen=True, slots=True)
class Target:
    """One object on a server, and the version of its kind to speak of it."""

    key: ResourceKey
    version: str


class Writer:
    """One cluster, read and written with real values. Everything raises ApiError for what the server refuses and
    ClusterError where it does not answer."""

    def __init__(self, config: ClusterConfig) -> None:
        self._config = config
        self._cluster = ServerCluster.connect(config, Plain())

    def __repr__(self) -> str:
        return f"Writer({self.name})"

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def cluster(self) -> ServerCluster:
        return self._cluster

    def reconnect(self) -> None:
        """Learns anew what the server serves: a definition was created."""
        self._cluster.close()
        self._cluster = ServerCluster.connect(self._config, Plain())

    def close(self) -> None:
        self._cluster.close()

    def api(self, target: Target) -> ApiResource:
        found = self._cluster.discovery.resource(target.key.group, target.version, target.key.kind)
        if found is None:
            reason = problem.not_served(target.key.group, target.version, target.key.kind, ())
            raise ClusterError(f"cluster {self.name}: {reason.message}", code=reason.code)
        return found

    def get(self, target: Target) -> JsonObject | None:
        """The object as it is now; None where there is none."""
        api = self.api(target)
        try:
            return completed(api, self._cluster.client.get(self._path(target)))
        except ApiError as error:
            if error.status == _NOT_FOUND and error.reason == "NotFound":
                return None
            raise

    def create(self, target: Target, body: JsonObject, manager: str) -> JsonObject:
        """409 AlreadyExists where somebody was faster."""
        api = self.api(target)
        path = path_of(api, target.key.namespace if api.namespaced else "")
        _check_real(body)
        return completed(api, self._send("POST", path, body, {"fieldManager": manager}, _JSON))

    def apply(self, target: Target, body: JsonObject, manager: str, *, force: bool = False) -> JsonObject:
        """Server-side apply. `metadata.resourceVersion` in the body is a precondition; without it (and without force)
        fields of others are a conflict."""
        _check_real(body)
        query = {"fieldManager": manager, "force": "true" if force else "false", "fieldValidation": "Ignore"}
        return completed(self.api(target), self._send("PATCH", self._path(target), body, query, _APPLY))

    def patch(self, target: Target, operations: Sequence[JsonObject], manager: str) -> JsonObject:
        """A JSON patch; the caller puts the resourceVersion into it."""
        _check_real([operation for operation in operations if operation["op"] != "test"])
        query = {"fieldManager": manager, "fieldValidation": "Ignore"}
        return completed(self.api(target), self._send("PATCH", self._path(target), list(operations), query, _PATCH))

    def delete(self, target: Target, uid: str, resource_version: str) -> None:
        """Deletes this very object in this very version; what depends on it goes in the background."""
        preconditions = {"uid": uid} | ({"resourceVersion": resource_version} if resource_version else {})
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions}
        self._send("DELETE", self._path(target), body | {"propagationPolicy": "Background"}, {}, _JSON)

    def may(self, verb: str, api: ApiResource, namespace: str, name: str = "") -> bool:
        """Whether the credentials may do it, by the server's own authorizer."""
        where = {"namespace": namespace} if namespace and api.namespaced else {}
        attributes = {"verb": verb, "group": api.group, "version": api.version, "resource": api.plural}
        attributes |= where | ({"name": name} if name else {})
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        answer = self._send("POST", _REVIEWS, review | {"spec": {"resourceAttributes": attributes}}, {}, _JSON)
        status = answer.get("status")
        return isinstance(status, dict) and status.get("allowed") is True

    def _path(self, target: Target) -> str:
        api = self.api(target)
        return path_of(api, target.key.namespace if api.namespaced else "", target.key.name)

    def _send(self, method: str, path: str, body: Any, query: Mapping[str, str], content_type: str) -> JsonObject:
        return self._cluster.client.send(method, path, body, query, content_type=content_type)


def _check_real(body: Any) -> None:
    """Raises ClusterError where a token stands for a value: to write it would destroy the value."""
    if has_stand_in(body):
        message = "what was to be written holds a token in place of a secret value, so it was not sent"
        raise ClusterError(message, code=STAND_IN, hint="take `<redacted:...>` out of what Git declares, or report it")
