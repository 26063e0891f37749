"""Request bodies become objects as the API server would store them: known fields only, in canonical form."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

import orjson
import yaml

from gitops_audit.kube.quantity import parse as parse_quantity
from gitops_audit.sandbox.status import ApiError
from gitops_audit.sandbox.types import ANY, JsonObject, Type, zero


class _Loader(yaml.CSafeLoader):
    """Leaves timestamps what they are in JSON: strings."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


MAX_YAML_DEPTH = 200
MAX_YAML_ALIASES = 16
_RANGES = {"int32": 2**31, "int64": 2**63}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse(body: bytes, *, as_yaml: bool = False) -> Any:
    """JSON, or YAML where the content type says so. Raises ApiError 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not as_yaml:
            raise ApiError(400, f"error decoding the body of the request: {error}") from error
    try:
        return _parse_yaml(body)
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise ApiError(400, f"error decoding the body of the request: {error}") from error


def _parse_yaml(body: bytes) -> Any:
    """Refuses what would break the composer (it recurses in C) or grow by references."""
    depth = aliases = 0
    for event in yaml.parse(body, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MAX_YAML_DEPTH or aliases > MAX_YAML_ALIASES:
            raise ValueError("the YAML is nested too deeply or has too many aliases")
    return orjson.loads(orjson.dumps(yaml.load(body, Loader=_Loader)))  # noqa: S506 (a safe loader)


@dataclass(slots=True)
class Decoder:
    """Decodes one object; `unknown` collects the paths of the fields that no schema has.

    `checks_types`: built-in kinds refuse a wrong type while decoding (400); custom ones are validated later (422).
    """

    kind: str
    version: str
    checks_types: bool = True
    unknown: list[str] = field(default_factory=list)

    def decode(self, value: Any, schema: Type, path: str = "", owner: str = "") -> Any:
        match schema.shape:
            case "struct":
                return self._struct(value, schema, path)
            case "map":
                return self._map(value, schema, path, owner)
            case "list":
                return self._list(value, schema, path, owner)
            case "scalar":
                return self._scalar(value, schema, path, owner)
        return value

    def _struct(self, value: Any, schema: Type, path: str) -> Any:
        if not isinstance(value, dict):
            return self._mismatch(value, path, schema.name.rpartition(".")[2], schema.name.rpartition(".")[2])
        decoded = {} if not self.checks_types else zero(schema)
        for key, child in value.items():
            here = f"{path}.{key}" if path else key
            known = schema.fields.get(key)
            if known is None and schema.element is None:
                self.unknown.append(here)
            elif known is None:
                decoded[key] = self.decode(child, schema.element or ANY, here)
            elif not self.checks_types or child is not None:
                new = self.decode(child, known.type, here, schema.name.rpartition(".")[2])
                if not self.checks_types or known.is_kept or known.is_emitted or new not in ("", 0, [], {}):
                    decoded[key] = new
        return decoded

    def _map(self, value: Any, schema: Type, path: str, owner: str) -> Any:
        if not isinstance(value, dict):
            return self._mismatch(value, path, owner, "map[string]" + _go_name(schema.element))
        return {key: self.decode(child, schema.element or ANY, f"{path}.{key}", owner) for key, child in value.items()}

    def _list(self, value: Any, schema: Type, path: str, owner: str) -> Any:
        if not isinstance(value, list):
            return self._mismatch(value, path, owner, "[]" + _go_name(schema.element))
        element = schema.element or ANY
        return [self.decode(item, element, f"{path}[{index}]", owner) for index, item in enumerate(value)]

    def _scalar(self, value: Any, schema: Type, path: str, owner: str) -> Any:
        if not self.checks_types:
            return value
        if value is None:
            return zero(schema)
        if not _fits(value, schema.scalar):
            return self._mismatch(value, path, owner, _go_name(schema))
        if schema.scalar == "quantity":
            return self._quantity(value)
        if schema.scalar == "bytes":
            return self._base64(value)
        return value

    def _quantity(self, value: Any) -> str:
        try:
            return str(parse_quantity(value.strip() if isinstance(value, str) else repr(value)))
        except ValueError as error:
            raise self._refusal(str(error)) from error

    def _base64(self, value: str) -> str:
        try:
            return base64.b64encode(base64.b64decode(re.sub(r"[\r\n]", "", value), validate=True)).decode()
        except (binascii.Error, ValueError) as error:
            raise self._refusal("illegal base64 data at input byte 0") from error

    def _mismatch(self, value: Any, path: str, owner: str, wanted: str) -> Any:
        if not self.checks_types:
            return value
        raise self._refusal(
            f"json: cannot unmarshal {_json_name(value)} into Go struct field {owner}.{path} of type {wanted}"
        )

    def _refusal(self, why: str) -> ApiError:
        text = f'{self.kind} in version "{self.version}" cannot be handled as a {self.kind}: {why}'
        return ApiError(400, text)


def _fits(value: Any, scalar: str) -> bool:
    if scalar in _RANGES:
        return type(value) is int and -_RANGES[scalar] <= value < _RANGES[scalar]
    if scalar == "bool":
        return isinstance(value, bool)
    if scalar == "intstr":
        return isinstance(value, str) or (type(value) is int and -(2**31) <= value < 2**31)
    if scalar == "quantity":
        return isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if scalar in ("time", "microtime"):
        return isinstance(value, str) and _TIME.fullmatch(value) is not None
    return isinstance(value, str)


def _json_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _go_name(schema: Type | None) -> str:
    if schema is None:
        return "interface {}"
    return {"bytes": "[]uint8", "intstr": "intstr.IntOrString"}.get(schema.scalar) or schema.scalar or schema.name


def require_object(value: Any) -> JsonObject:
    """The body of a request that must be one object. Raises ApiError 400."""
    if not isinstance(value, dict):
        raise ApiError(400, f"the body of the request must be an object, not {_json_name(value)}")
    return value
