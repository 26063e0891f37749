"""Writing: create, replace, patch, apply, delete; the order of steps is that of the API server.

Decode and default, settle who owns what, reset what this request may not write, complete, validate, store.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gitops_audit.kube.defaults import apply_defaults
from gitops_audit.sandbox import managed_fields as owners
from gitops_audit.sandbox.admission import admit_new, carry_over, count_template
from gitops_audit.sandbox.apply import Apply, adopted
from gitops_audit.sandbox.incoming import Incoming, empty, place, receive, tracks
from gitops_audit.sandbox.kinds import Kind
from gitops_audit.sandbox.managed_fields import Managers, Update, applier, updater
from gitops_audit.sandbox.reads import served
from gitops_audit.sandbox.request import Target, WriteOptions
from gitops_audit.sandbox.scale import is_scale_tracked
from gitops_audit.sandbox.status import ApiError, Cause, already_exists, conflict, forbidden, invalid, not_found, stale
from gitops_audit.sandbox.store import Store
from gitops_audit.sandbox.typed import SchemaMismatch
from gitops_audit.sandbox.types import JsonObject, zero
from gitops_audit.sandbox.validate import creation_faults, update_faults

_FIXED = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "namespace")
_COUNTED = ("metadata", "status", "apiVersion", "kind")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The object after a write; `is_gone` where the write removed it."""

    body: JsonObject
    warnings: tuple[str, ...] = ()
    is_new: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Writer:
    """One write to one kind, under the server's lock. `now` is RFC 3339."""

    store: Store
    kind: Kind
    target: Target
    options: WriteOptions
    now: str

    def create(self, sent: Any) -> Outcome:
        """Raises ApiError 400, 403, 404 (namespace), 409 or 422."""
        incoming = receive(self.kind, sent, self.options.validation)
        place(self.target, incoming.body["metadata"])
        managers = owners.requested(empty(self.kind), incoming.body, is_subresource=False)
        managers = self._update().owners(empty(self.kind), incoming.body, managers, self.kind.schema)
        return self._insert(incoming, managers)

    def _insert(self, incoming: Incoming, managers: Managers) -> Outcome:
        body, metadata = incoming.body, incoming.body["metadata"]
        self._check_namespace()
        if metadata.get("resourceVersion"):
            raise ApiError(500, "resourceVersion should not be set on objects to be created", reason="")
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation", "resourceVersion"):
            metadata.pop(name, None)
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": self.now}
        if self.kind.has_generation:
            metadata["generation"] = 1
        self._reset_status(body)
        faults = creation_faults(self.kind, body)
        if faults:
            raise invalid(self.kind.group, self.kind.name, metadata.get("name", ""), faults)
        self._check_absent(metadata["name"])
        admit_new(self.kind.group, self.kind.name, body, self._addresses())
        body = owners.write(body, managers)
        warnings = tuple(incoming.warnings)
        return Outcome(body if self.options.is_dry_run else self._put(body), warnings, is_new=True)

    def _check_namespace(self) -> None:
        if not self.target.namespace:
            return
        namespace = self.store.get(("", "namespaces"), ("", self.target.namespace))
        if namespace is None:
            raise not_found("", "namespaces", self.target.namespace)
        if namespace["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {self.target.namespace} because it is being terminated"
            raise forbidden(self.kind.group, self.kind.plural, self.target.name, why)

    def _reset_status(self, body: JsonObject) -> None:
        if not self.kind.has_status:
            return
        body.pop("status", None)
        if not self.kind.is_custom:
            body["status"] = zero(self.kind.schema.fields["status"].type)
            apply_defaults(self.kind.group, self.kind.name, body)

    def _check_absent(self, name: str) -> None:
        if self.store.get(self._resource, (self.target.namespace, name)) is not None:
            raise already_exists(self.kind.group, self.kind.plural, name)

    def _addresses(self) -> set[str]:
        if self.kind.name != "Service":
            return set()
        services = self.store.items(("", "services"))
        return {body["spec"].get("clusterIP", "") for _, body in services} - {"", "None"}

    def replace(self, sent: Any) -> Outcome:
        """Raises ApiError 400, 404, 409 or 422."""
        live = self.live()
        incoming = receive(self.kind, sent, self.options.validation)
        self._check_named(incoming.body)
        return self._change(live, incoming)

    def _check_named(self, body: JsonObject) -> None:
        if not body["metadata"].get("name"):
            raise ApiError(400, "the name of the object is required in its metadata, as on the URL")
        place(self.target, body["metadata"])

    def patch(self, change: Callable[[JsonObject], Any]) -> Outcome:
        """`change` makes the patched object of the served one. Raises ApiError 400, 404, 409 or 422."""
        live = self.live()
        incoming = self._patched(change(live))
        place(self.target, incoming.body["metadata"])
        return self._change(live, incoming)

    def _patched(self, body: Any) -> Incoming:
        try:
            return receive(self.kind, body, self.options.validation)
        except ApiError as error:  # the fault is in the patch
            fault = Cause("FieldValueInvalid", "patch", f"Invalid value: {error.message}")
            raise invalid("", "", "", [fault]) from error

    def live(self) -> JsonObject:
        """The stored object in the version that is written. Raises ApiError 404."""
        body = self.store.get(self._resource, (self.target.namespace, self.target.name))
        if body is None:
            raise not_found(self.kind.group, self.kind.plural, self.target.name)
        return served(self.kind, body)

    def _change(self, live: JsonObject, incoming: Incoming) -> Outcome:
        carry_over(self.kind.group, self.kind.name, live, incoming.body)
        managers = owners.requested(live, incoming.body, is_subresource=bool(self.target.subresource))
        if managers:
            managers = self._owners(live, incoming.body, managers)
        return self._commit(live, incoming, managers)

    def _owners(self, live: JsonObject, body: JsonObject, known: Managers) -> Managers:
        managers = self._update().owners(live, body, known, self.kind.schema)
        if self.target.subresource == "scale" and not is_scale_tracked(self.kind, body, known):
            managers.pop(self._update().manager, None)
        return managers

    def _update(self) -> Update:
        sub = self.target.subresource
        manager = updater(self.options.manager, self.kind.api_version, sub)
        time = "" if sub == "scale" else self.now
        return Update(manager, self.kind.api_version, time, tracks(self.kind, sub))

    def apply(self, config: Any, *, may_create: bool) -> Outcome:
        """Server-side apply. Raises ApiError 400, 404, 409 (conflicts), 422 or 500 (outside the schema)."""
        stored = self.store.get(self._resource, (self.target.namespace, self.target.name))
        if stored is None and (not may_create or self.target.subresource):
            raise not_found(self.kind.group, self.kind.plural, self.target.name)
        self._check_config(config)
        live = served(self.kind, stored) if stored else empty(self.kind)
        known = adopted(live, owners.read(live), self.kind.schema, empty(self.kind), self.now) if stored else {}
        merged, managers = self._merged(live, config, known)
        incoming = receive(self.kind, merged, self.options.validation)
        place(self.target, incoming.body["metadata"])
        if stored is None:
            return self._insert(incoming, managers)
        carry_over(self.kind.group, self.kind.name, live, incoming.body)
        return self._commit(live, incoming, managers)

    def _check_config(self, config: Any) -> None:
        if not isinstance(config, dict) or not isinstance(config.get("metadata", {}), dict):
            raise ApiError(400, "error decoding YAML: the applied configuration must be an object")
        if (config.get("apiVersion"), config.get("kind")) != (self.kind.api_version, self.kind.name):
            wanted = f"{self.kind.api_version}, Kind={self.kind.name}"
            raise ApiError(400, f"the applied configuration must be of {wanted}")
        if config.get("metadata", {}).get("managedFields"):
            raise ApiError(400, "metadata.managedFields must be nil")
        place(self.target, dict(config.get("metadata", {})))

    def _merged(self, live: JsonObject, config: JsonObject, known: Managers) -> tuple[JsonObject, Managers]:
        sub = self.target.subresource
        manager = applier(self.options.manager, sub)
        request = Apply(manager, self.kind.api_version, self.now, self.options.force, tracks(self.kind, sub))
        try:
            return request.merged(live, config, known, self.kind.schema)
        except SchemaMismatch as error:
            what = f"{self.target.namespace}/{self.target.name}; {self.kind.api_version}, Kind={self.kind.name}"
            raise ApiError(500, f"failed to create typed patch object ({what}): {error}", reason="") from error

    def _commit(self, live: JsonObject, incoming: Incoming, managers: Managers) -> Outcome:
        body = self._restricted(live, incoming.body)
        count_template(self.kind.group, self.kind.name, live, body)
        faults = update_faults(self.kind, live, body)
        if faults:
            raise invalid(self.kind.group, self.kind.name, self.target.name, faults)
        body = owners.write(body, managers)
        warnings = tuple(incoming.warnings)
        if _is_same(live, body):
            return Outcome(live, warnings)
        if body["metadata"].get("deletionTimestamp") and not body["metadata"].get("finalizers"):
            return self._removed(body, warnings)
        return Outcome(body if self.options.is_dry_run else self._put(body), warnings)

    def _restricted(self, live: JsonObject, body: JsonObject) -> JsonObject:
        self._check_revision(live["metadata"], body["metadata"])
        if self.target.subresource == "status":
            return live | {key: value for key, value in body.items() if key == "status"}
        fixed = {name: live["metadata"][name] for name in _FIXED if name in live["metadata"]}
        metadata = {key: value for key, value in body["metadata"].items() if key not in _FIXED} | fixed
        metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
        kept = {key: value for key, value in body.items() if key != "status" or not self.kind.has_status}
        if self.kind.has_status and "status" in live:
            kept["status"] = live["status"]
        if self.kind.has_generation and _content(kept) != _content(live):
            metadata["generation"] = live["metadata"].get("generation", 0) + 1
        return kept | {"metadata": metadata}

    def _check_revision(self, live: JsonObject, sent: JsonObject) -> None:
        if sent.get("uid", live["uid"]) != live["uid"]:
            why = f"Precondition failed: UID in precondition: {sent['uid']}, UID in object meta: {live['uid']}"
            raise conflict(self.kind.group, self.kind.plural, self.target.name, why)
        if sent.get("resourceVersion", "") not in ("", live["resourceVersion"]):
            raise stale(self.kind.group, self.kind.plural, self.target.name)

    @property
    def _resource(self) -> tuple[str, str]:
        return self.kind.group, self.kind.plural

    def _put(self, body: JsonObject) -> JsonObject:
        metadata = body["metadata"]
        return self.store.put(self._resource, (metadata.get("namespace", ""), metadata["name"]), body)

    def _removed(self, body: JsonObject, warnings: tuple[str, ...] = ()) -> Outcome:
        if not self.options.is_dry_run:
            self.store.delete(self._resource, (self.target.namespace, self.target.name))
        return Outcome(body, warnings, is_gone=True)

    def delete(self, sent: Any) -> Outcome:
        """Removes the object, or marks it as deleted where it has finalizers. Raises ApiError 404 or 409."""
        body, options = self.live(), sent if isinstance(sent, dict) else {}
        self._check_preconditions(body["metadata"], options.get("preconditions") or {})
        finalizers = [*(body["metadata"].get("finalizers") or ()), *_finalizers(options)]
        if not finalizers:
            return self._removed(body)
        metadata = {"deletionTimestamp": self.now, "deletionGracePeriodSeconds": 0} | body["metadata"]
        if self.kind.has_generation and "deletionTimestamp" not in body["metadata"]:
            metadata["generation"] = metadata.get("generation", 0) + 1
        marked = body | {"metadata": metadata | {"finalizers": list(dict.fromkeys(finalizers))}}
        if self.options.is_dry_run or marked == body:
            return Outcome(marked)
        return Outcome(self._put(marked))

    def _check_preconditions(self, metadata: JsonObject, wanted: JsonObject) -> None:
        for name, shown in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            if wanted.get(name) not in (None, metadata[name]):
                why = f"the {shown} in the precondition ({wanted[name]}) is not the one stored ({metadata[name]})"
                raise conflict(self.kind.group, self.kind.plural, self.target.name, why)


def _finalizers(options: JsonObject) -> list[str]:
    policy = options.get("propagationPolicy")
    return {"Foreground": ["foregroundDeletion"], "Orphan": ["orphan"]}.get(policy or "", [])


def _content(body: JsonObject) -> JsonObject:
    return {key: value for key, value in body.items() if key not in _COUNTED}


def _is_same(live: JsonObject, body: JsonObject) -> bool:
    return _timeless(live) == _timeless(body)


def _timeless(body: JsonObject) -> JsonObject:
    entries = [
        {key: value for key, value in entry.items() if key != "time"}
        for entry in body["metadata"].get("managedFields") or ()
    ]
    return body | {"metadata": body["metadata"] | {"managedFields": sorted(entries, key=str)}}
