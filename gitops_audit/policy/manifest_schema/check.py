"""Checks declared manifests against the schemas of a cluster, as strictly as `kubectl create --validate=strict`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from gitops_audit.errors import Location
from gitops_audit.kube.definition import Definition, Definitions
from gitops_audit.kube.structural import schema_faults
from gitops_audit.model.redact import is_redacted
from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.manifest_schema.convert import BUILT_IN, BYTE_FORMAT, Converter
from gitops_audit.policy.manifest_schema.explain import SchemaFault, faults
from gitops_audit.policy.manifest_schema.judged import Judged
from gitops_audit.policy.manifest_schema.kinds import component_name, components_of, unserved
from gitops_audit.policy.manifest_schema.lifecycle import retirement
from gitops_audit.policy.manifest_schema.offline import offline_documents, offline_version
from gitops_audit.policy.regex import is_regex

if TYPE_CHECKING:
    from gitops_audit.policy.manifest_schema.rules import Rules

Documents = Callable[[str, str], JsonObject | None]
_MAX_FAULTS = 50
_NOTHING = Judged()
UNDEFINED = "no schema of it is known, its CustomResourceDefinition is not declared"


class ManifestSchemas:
    """The schemas of a cluster or of a Kubernetes version, one compiled validator for each kind that is asked for.

    `documents(group, version)` gives an OpenAPI v3 document or None; `kubernetes_version` decides what is deprecated
    and removed. `is_complete`: the documents hold all kinds of their groups, so that another one is a fault; a cluster
    says itself what it does not serve. `definitions` are the CustomResourceDefinitions that are declared: they say what
    is meant, so they come before the documents.
    """

    __slots__ = ("_converters", "_definitions", "_documents", "_is_complete", "_kinds", "_kubernetes_version")

    def __init__(
        self,
        documents: Documents,
        *,
        kubernetes_version: str = "",
        is_complete: bool = False,
        definitions: Definitions | None = None,
    ) -> None:
        self._documents = documents
        self._is_complete = is_complete
        self._kubernetes_version = kubernetes_version
        self._definitions = definitions or Definitions()
        self._converters: dict[int, tuple[JsonObject, Converter]] = {}
        self._kinds: dict[tuple[str, str], _Kind | str] = {}

    @classmethod
    def offline(
        cls, version: str = "latest", where: Location | None = None, *, definitions: Definitions | None = None
    ) -> ManifestSchemas:
        """The schemas of a Kubernetes version, without a cluster. Raises as `offline_documents` does."""
        documents, meant = offline_documents(version, where), offline_version(version)
        return cls(documents, kubernetes_version=meant, is_complete=True, definitions=definitions)

    def covers(self, body: JsonObject) -> bool:
        """Whether there is a schema for the object's kind. An object without one is not checked."""
        return not self.gap(body)

    def gap(self, body: JsonObject) -> str:
        """Why there is no schema for the object's kind; empty where there is one."""
        kind = self._kind(body)
        return kind if isinstance(kind, str) else ""

    def check(self, body: JsonObject) -> tuple[SchemaFault, ...]:
        """What is wrong with a manifest, in the order of its fields, empty where nothing is.

        No message holds a value of the manifest. A manifest of a kind without a schema has no faults but that of a
        retired apiVersion, and of being none of Kubernetes' own (`is_complete`): ask `covers`. Raises what `documents`
        raises.
        """
        retired = self._retired(body)
        kind = self._kind(body)
        return retired or self._unserved(body) if isinstance(kind, str) else (*retired, *_checked(kind, body))

    def judge_rules(self, body: JsonObject, unknown: Sequence[tuple[str | int, ...]] = ()) -> Judged:
        """What the validation rules (`x-kubernetes-validations`) in the definition of its kind say of a manifest.

        `unknown` are the fields whose values are not known. Rules ask for an object that its schema takes.
        """
        kind = self._kind(body)
        return _NOTHING if isinstance(kind, str) or not kind.rules else kind.rules.judge(body, unknown)

    def _retired(self, body: JsonObject) -> tuple[SchemaFault, ...]:
        found = retirement(body, self._kubernetes_version) if self._kubernetes_version else None
        return (SchemaFault("/apiVersion", found.message),) if found else ()

    def _unserved(self, body: JsonObject) -> tuple[SchemaFault, ...]:
        group, version = split_api_version(str(body.get("apiVersion")))
        definition = self._definitions.find(group, str(body.get("kind")))
        if definition is not None:
            return () if version in definition.served else (SchemaFault("/apiVersion", _serves(definition)),)
        fault = unserved(self._documents(group, version), body) if self._is_complete else None
        return (fault,) if fault else ()

    def _kind(self, body: JsonObject) -> _Kind | str:
        key = body.get("apiVersion"), body.get("kind")
        try:
            return self._kinds[key]  # type: ignore[index]
        except (KeyError, TypeError):
            if not isinstance(key[0], str) or not isinstance(key[1], str):
                return "apiVersion and kind must be strings"
            found = self._kinds[key[0], key[1]] = self._load(key[0], key[1])
            return found

    def _load(self, api_version: str, kind: str) -> _Kind | str:
        group, version = split_api_version(api_version)
        definition = self._definitions.find(group, kind)
        if definition is not None:
            if reason := _unusable(definition, version):
                return reason
            document = self._definitions.document(group, version)
        else:
            document = self._documents(group, version)
        components = components_of(document)
        name = component_name(components, {"group": group, "version": version, "kind": kind})
        if not name:
            return UNDEFINED
        try:
            return _Kind(self._converter(components).schema(name), _rules(name, components))
        except (ValueError, TypeError, AttributeError, RecursionError):  # documents may come from anyone
            return "its schema cannot be compiled"

    def _converter(self, components: JsonObject) -> Converter:
        """One converter for each document; the document is kept with it, so that its id stays its own."""
        if id(components) not in self._converters:
            self._converters[id(components)] = components, Converter(components)
        return self._converters[id(components)][1]


def _unusable(definition: Definition, version: str) -> str:
    """Why a declared CustomResourceDefinition gives no schema of a version, empty where it does."""
    if version not in definition.served:
        return _serves(definition)
    schema = definition.served[version]
    fault = next(schema_faults(schema, is_regex), None) if schema is not None else ("", "it has no schema")
    return f"its CustomResourceDefinition {definition.name} is invalid: {fault[1]}" if fault else ""


def _serves(definition: Definition) -> str:
    served = " and ".join(definition.served) or "no version"
    return f"the CustomResourceDefinition {definition.name} serves {served} only"


def _rules(name: str, components: JsonObject) -> Rules | None:
    """The rules of a custom resource; the API server holds its own kinds to none, so those do without CEL."""
    if name.startswith(BUILT_IN):
        return None
    from gitops_audit.policy.manifest_schema.rules import Rules

    return Rules(components[name])


def _checked(kind: _Kind, body: JsonObject) -> tuple[SchemaFault, ...]:
    try:
        return () if kind.is_valid(body) else tuple(kind.faults(body))
    except ValueError:  # the validator takes 255 levels
        return (SchemaFault("", "is nested too deeply to be checked"),)


class _Kind:
    """The compiled schema of one kind."""

    __slots__ = ("_schema", "_validator", "is_valid", "rules")

    def __init__(self, schema: JsonObject, rules: Rules | None) -> None:
        self.rules = rules
        self._schema = schema
        self._validator = _compiled(schema)
        self.is_valid: Callable[[Any], bool] = self._validator.is_valid

    def faults(self, body: JsonObject) -> Iterator[SchemaFault]:
        """Of a redacted value nothing is told, but in a Secret, where one stands for what has the wrong place."""
        count, is_secret = 0, body.get("kind") == "Secret"
        for error in self._validator.iter_errors(body):
            if is_redacted(error.instance) and not is_secret:
                continue
            for fault in faults(error, self._schema):
                yield fault
                count += 1
                if count == _MAX_FAULTS:
                    return


def _compiled(schema: JsonObject) -> Any:
    """A validator whose patterns are matched in linear time, as the API server's are (RE2).

    Where one of them cannot be, none is asked for: the fields are still checked. Raises ValueError for other faults.
    """
    try:
        return _strict(schema)
    except ValueError:
        return _strict(_without_patterns(schema))


def _without_patterns(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if key != "pattern" or not isinstance(value, str)}
        return {key: _without_patterns(value) for key, value in kept.items()}
    return [_without_patterns(item) for item in node] if isinstance(node, list) else node


def _strict(schema: JsonObject) -> Any:
    return jsonschema_rs.Draft202012Validator(
        schema,
        formats={BYTE_FORMAT: _is_base64},
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=1 << 22),
    )


def _is_base64(value: str) -> bool:
    """As Go decodes it: standard alphabet, padded, without line breaks. Tokens of redacted values were checked."""
    if is_redacted(value):
        return True
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
