"""Checks a document against the JSON Schema, and says what is wrong in the words of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gitops_audit.config.document import Document, Pointer
from gitops_audit.config.schema import schema
from gitops_audit.config.suggest import did_you_mean, listed
from gitops_audit.errors import ConfigError
from gitops_audit.model.resource import mapping

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

UNKNOWN_KEY, WRONG_VALUE, MISSING_KEY = "GA103", "GA104", "GA105"

_TYPES = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "empty",
}


def schema_problems(document: Document) -> Iterator[ConfigError]:
    """Everything the schema forbids, each with the line, what is valid and what may have been meant."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema()).iter_errors(document.value):
        describe = _DESCRIBERS.get(str(error.validator), _other)
        yield from describe(document, tuple(error.absolute_path), error)


def shown(pointer: Pointer) -> str:
    """A place in the file for people: `sources[0].revision`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in pointer)
    return path.removeprefix(".")


def _unknown_keys(document: Document, pointer: Pointer, error: ValidationError) -> Iterator[ConfigError]:
    known = error.schema["properties"] if isinstance(error.schema, Mapping) else {}
    for key in mapping(error.instance):
        if key not in known:
            section = f" in {shown(pointer)}" if pointer else ""
            hint = " ".join(filter(None, (did_you_mean(key, known), f"valid keys: {listed(known)}")))
            where = document.where_key((*pointer, key))
            yield ConfigError(f"unknown key {key!r}{section}", code=UNKNOWN_KEY, where=where, hint=hint)


def _missing_keys(document: Document, pointer: Pointer, error: ValidationError) -> Iterator[ConfigError]:
    required = error.validator_value if isinstance(error.validator_value, list) else []
    missing = [key for key in required if key not in mapping(error.instance)]
    place = shown(pointer) or "the file"
    yield ConfigError(f"{place} lacks {' and '.join(missing)}", code=MISSING_KEY, where=document.where(pointer))


def _type(document: Document, pointer: Pointer, error: ValidationError) -> Iterator[ConfigError]:
    expected = error.validator_value
    kinds = [k for k in (expected if isinstance(expected, list) else [str(expected)]) if k != "null"]
    message = f"must be {' or '.join(_TYPES[k] for k in kinds)}, not {_kind(error.instance)}"
    hint = ""
    if "string" in kinds and not isinstance(error.instance, dict | list) and document.plain.get(pointer):
        hint = f'quote it: "{document.plain[pointer]}"'
    elif kinds == ["array"] and isinstance(error.instance, str):
        hint = f"a list of one: [{error.instance}]"
    yield _wrong(document, pointer, message, hint)


def _enum(document: Document, pointer: Pointer, error: ValidationError) -> Iterator[ConfigError]:
    valid = [str(v) for v in error.validator_value] if isinstance(error.validator_value, list) else []
    hint = did_you_mean(str(error.instance), valid)
    yield _wrong(document, pointer, f"must be one of {listed(valid)}, not {_kind(error.instance)}", hint)


def _const(document: Document, pointer: Pointer, error: ValidationError) -> Iterator[ConfigError]:
    yield _wrong(document, pointer, f"must be {error.validator_value}, not {_kind(error.instance)}")


def _pattern(document: Document, pointer: Pointer, error: ValidationError) -> Iterator[ConfigError]:
    expected = error.schema.get("x-expects", "") if isinstance(error.schema, Mapping) else ""
    if "propertyNames" in error.absolute_schema_path:
        pointer = (*pointer, str(error.instance))
        where = document.where_key(pointer)
        yield ConfigError(f"{error.instance!r} is not {expected}", code=WRONG_VALUE, where=where)
        return
    yield _wrong(document, pointer, f"must be {expected}, not {_kind(error.instance)}")


def _empty(document: Document, pointer: Pointer, _: ValidationError) -> Iterator[ConfigError]:
    yield _wrong(document, pointer, "must not be empty")


def _other(document: Document, pointer: Pointer, error: ValidationError) -> Iterator[ConfigError]:
    yield _wrong(document, pointer, error.message[:200])


def _wrong(document: Document, pointer: Pointer, message: str, hint: str = "") -> ConfigError:
    subject = shown(pointer) or "the file"
    return ConfigError(f"{subject} {message}", code=WRONG_VALUE, where=document.where(pointer), hint=hint)


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, bool):
        return "the truth value " + str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value!r}"[:60]
    return "a list" if isinstance(value, list) else "a mapping"


_Describer = Callable[[Document, Pointer, "ValidationError"], Iterator[ConfigError]]

_DESCRIBERS: dict[str, _Describer] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
}
