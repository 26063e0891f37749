"""The verbs of one resource, with what the server's own controllers would do right after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.sandbox import definitions
from gitops_audit.sandbox.decode import parse
from gitops_audit.sandbox.kinds import Kind, Kinds
from gitops_audit.sandbox.patch import json_patch, merge_patch, strategic_merge
from gitops_audit.sandbox.reads import served
from gitops_audit.sandbox.request import Response, Target, WriteOptions, answer
from gitops_audit.sandbox.scale import parent_config, scale_of, scaled
from gitops_audit.sandbox.selectors import matcher
from gitops_audit.sandbox.status import ApiError, forbidden
from gitops_audit.sandbox.store import Store
from gitops_audit.sandbox.types import JsonObject
from gitops_audit.sandbox.writes import Outcome, Writer

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
PROTECTED_NAMESPACES = ("default", "kube-public", "kube-system")
_UNKNOWN_PATCH = "the body of the request was in an unknown format - accepted media types include"


@dataclass(frozen=True, slots=True)
class ResourceApi:
    """One request to write one resource, under the server's lock."""

    store: Store
    kinds: Kinds
    kind: Kind
    target: Target
    options: WriteOptions
    now: str

    @property
    def _writer(self) -> Writer:
        return Writer(self.store, self.kind, self.target, self.options, self.now)

    def create(self, sent: Any) -> Outcome:
        warnings = definitions.check_definition(sent) if self._is_definition else ()
        outcome = self._writer.create(sent)
        return self._settled(replace(outcome, warnings=(*outcome.warnings, *warnings)))

    def update(self, sent: Any) -> Outcome:
        if self.kind.scaling and self.target.subresource == "scale":
            scaling = self.kind.scaling
            return self._writer.patch(lambda live: scaled(scaling, live, sent))
        return self._settled(self._writer.replace(sent))

    def patch(self, content_type: str, body: bytes, may_create: Callable[[], None]) -> Outcome:
        """`may_create` raises ApiError 403 where the user may not create what an apply would."""
        if content_type == APPLY:
            return self._apply(parse(body, as_yaml=True), may_create)
        sent = parse(body)
        change = self._change(content_type, sent)
        if self.kind.scaling and self.target.subresource == "scale":
            scaling = self.kind.scaling
            return self._writer.patch(lambda live: scaled(scaling, live, change(scale_of(scaling, live))))
        return self._settled(self._writer.patch(change))

    def _apply(self, config: Any, may_create: Callable[[], None]) -> Outcome:
        if self.kind.scaling and self.target.subresource == "scale":
            config = parent_config(self.kind, self.kind.scaling, config)
        is_there = self.store.get(self._resource, (self.target.namespace, self.target.name)) is not None
        if not is_there:
            may_create()
        warnings = definitions.check_definition(config) if self._is_definition else ()
        outcome = self._writer.apply(config, may_create=True)
        return self._settled(replace(outcome, warnings=(*outcome.warnings, *warnings)))

    def _change(self, content_type: str, sent: Any) -> Callable[[JsonObject], Any]:
        if content_type == JSON_PATCH:
            return lambda live: json_patch(live, sent)
        if content_type == MERGE_PATCH:
            return lambda live: merge_patch(live, _object(sent))
        if content_type == STRATEGIC and not self.kind.is_custom:
            return lambda live: strategic_merge(live, _object(sent), self.kind.schema)
        accepted = [JSON_PATCH, MERGE_PATCH, *([] if self.kind.is_custom else [STRATEGIC]), APPLY]
        raise ApiError(415, f"{_UNKNOWN_PATCH}: {', '.join(accepted)}", details={})

    def deleted(self, sent: Any) -> Response:
        outcome = self._delete(self.target.name, self.target.namespace, sent)
        metadata = outcome.body["metadata"]
        if not outcome.is_gone:
            return answer(outcome.body)
        about = {"name": metadata["name"], "group": self.kind.group, "kind": self.kind.plural, "uid": metadata["uid"]}
        details = {key: value for key, value in about.items() if value}
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        return answer(status)

    def delete_collection(self, labels: str, fields: str, sent: Any) -> Response:
        is_selected = matcher(labels, fields)
        chosen = [
            name
            for name, body in self.store.items(self._resource)
            if is_selected(body) and (not self.target.namespace or name[0] == self.target.namespace)
        ]
        items = [self._delete(name, namespace, sent).body for namespace, name in chosen]
        metadata = {"resourceVersion": str(self.store.revision)}
        listing = {"kind": self.kind.list_kind, "apiVersion": self.kind.api_version, "metadata": metadata}
        return answer(listing | {"items": items})

    def _delete(self, name: str, namespace: str, sent: Any) -> Outcome:
        if (self.kind.group, self.kind.plural) == ("", "namespaces") and name in PROTECTED_NAMESPACES:
            raise forbidden("", "namespaces", name, "this namespace may not be deleted")
        target = replace(self.target, name=name, namespace=namespace)
        outcome = replace(self._writer, target=target).delete(sent)
        if outcome.is_gone and not self.options.is_dry_run:
            self._clean_up(outcome.body)
        return outcome

    def _clean_up(self, body: JsonObject) -> None:
        if self._is_definition:
            definitions.withdraw(self.kinds, self.store, body)
        if (self.kind.group, self.kind.plural) == ("", "namespaces"):
            doomed = body["metadata"]["name"]
            for resource, name, _ in self.store.everything():
                if name[0] == doomed:
                    self.store.delete(resource, name)

    def _settled(self, outcome: Outcome) -> Outcome:
        if outcome.is_gone and not self.options.is_dry_run:
            self._clean_up(outcome.body)
        is_stored = not outcome.is_gone and not self.options.is_dry_run
        if self._is_definition and is_stored and not self.target.subresource:
            return replace(outcome, body=self._established(outcome.body))
        return outcome

    def _established(self, body: JsonObject) -> JsonObject:
        definitions.serve(self.kinds, body)
        target = replace(self.target, name=body["metadata"]["name"], subresource="status")
        options = WriteOptions("kube-apiserver")
        controller = Writer(self.store, self.kind, target, options, self.now)
        return controller.patch(lambda live: definitions.established(live, self.now)).body

    @property
    def _is_definition(self) -> bool:
        return (self.kind.group, self.kind.plural) == ("apiextensions.k8s.io", "customresourcedefinitions")

    @property
    def _resource(self) -> tuple[str, str]:
        return self.kind.group, self.kind.plural

    def respond(self, outcome: Outcome) -> Response:
        body = served(self.kind, outcome.body)
        if self.kind.scaling and self.target.subresource == "scale":
            body = scale_of(self.kind.scaling, body)
        return answer(body, 201 if outcome.is_new else 200, warnings=outcome.warnings)


def _object(sent: Any) -> JsonObject:
    if not isinstance(sent, dict):
        raise ApiError(400, "error decoding patch: the patch must be an object")
    return sent
