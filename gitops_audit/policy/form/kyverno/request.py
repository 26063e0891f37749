"""What a policy is asked about: an object, as if a request brought it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.contract import Subject, World
from gitops_audit.policy.form.kyverno.entry import Lookups
from gitops_audit.policy.namespace import is_inside, labels_in

Operation = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Who asks; an audit knows nobody, and then conditions on users do not restrict a match (as in Kyverno's CLI)."""

    username: str = ""
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    cluster_roles: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return self != NOBODY

    @classmethod
    def from_json(cls, body: JsonObject) -> UserInfo:
        """From Kyverno's `UserInfo` (roles, clusterRoles, userInfo.username, userInfo.groups)."""
        user = body.get("userInfo") or {}
        return cls(
            str(user.get("username", "")),
            tuple(user.get("groups") or ()),
            tuple(body.get("roles") or ()),
            tuple(body.get("clusterRoles") or ()),
        )

    def as_json(self) -> JsonObject:
        user = {"username": self.username, "groups": list(self.groups)}
        return {"roles": list(self.roles), "clusterRoles": list(self.cluster_roles), "userInfo": user}


NOBODY = UserInfo()
NO_ONE = UserInfo("kyverno:none")
"""A known user whom no rule names, so that conditions on users count and do not hold."""


@dataclass(frozen=True, slots=True)
class Request:
    """`subject` is the object (for DELETE: the one that goes). `values` and `rule_values` (by rule) are variables given
    by a test, and `lookups` what a test answers; an audit has none, and finds the labels of the Namespace.
    """

    subject: Subject
    operation: Operation = "CREATE"
    subresource: str = ""
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    user: UserInfo = NOBODY
    values: Mapping[str, Any] = field(default_factory=dict)
    rule_values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lookups: Lookups | None = None
    find_labels: Callable[[Collection[str]], Mapping[str, Any]] | None = None

    def labels_of_namespace(self, keys: Collection[str]) -> Mapping[str, Any]:
        """The labels of the object's Namespace, as far as these keys go. Raises UnknownNamespace."""
        return self.namespace_labels if self.find_labels is None else self.find_labels(keys)

    @property
    def is_simulated(self) -> bool:
        """Whether a test asks: what it does not say is simply not there, as in Kyverno's CLI."""
        return self.lookups is not None

    def lookups_in(self, world: World) -> Lookups:
        return self.lookups or Lookups(config_map=partial(world.get, "", "ConfigMap"))

    @property
    def body(self) -> JsonObject:
        return self.subject.body

    @property
    def old(self) -> JsonObject | None:
        return self.body if self.operation in ("UPDATE", "DELETE") else None

    def data(self) -> JsonObject:
        """The start of what expressions see."""
        request: JsonObject = {"operation": self.operation, "namespace": self.subject.namespace}
        request |= {"name": self.subject.name, "kind": self._kind()}
        if self.operation != "DELETE":
            request["object"] = self.body
        if self.old is not None:
            request["oldObject"] = self.old
        if not self.user.is_known:
            return {"request": request}
        return {"request": request | self.user.as_json()} | _service_account(self.user.username)

    def _kind(self) -> JsonObject:
        return {"group": self.subject.group, "version": self.subject.version, "kind": self.subject.kind}


def audited(subject: Subject, world: World) -> Request:
    """The request of an audit: the object as if it were being created, by nobody in particular."""
    return Request(subject, find_labels=partial(labels_in, subject, world) if is_inside(subject) else None)


def subject_of(body: JsonObject) -> Subject:
    """A subject from an object alone."""
    group, version = split_api_version(str(body.get("apiVersion", "")))
    metadata = body.get("metadata")
    fields = metadata if isinstance(metadata, dict) else {}
    name = str(fields.get("name") or fields.get("generateName") or "")
    return Subject(body, group, version, str(body.get("kind", "")), str(fields.get("namespace") or ""), name)


def _service_account(username: str) -> JsonObject:
    parts: Sequence[str] = username.removeprefix("system:serviceaccount:").split(":")
    is_account = username.startswith("system:serviceaccount:") and len(parts) > 1
    return {
        "serviceAccountName": parts[1] if is_account else "",
        "serviceAccountNamespace": parts[0] if is_account else "",
    }
