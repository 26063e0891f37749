"""The patches that are no apply: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7396), strategic merge patch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_audit.model.path import pointer_tokens
from gitops_audit.sandbox.status import ApiError
from gitops_audit.sandbox.types import ANY, Field, JsonObject, Type

MISSING_TARGET = "the server rejected our request due to an error in our request"


def json_patch(target: Any, operations: Any) -> Any:
    """RFC 6902. Raises ApiError 400 for a malformed patch, 422 for one that does not fit the object."""
    if not isinstance(operations, list) or not all(isinstance(o, dict) for o in operations):
        raise ApiError(400, "error decoding patch: a JSON patch is a list of operations")
    for operation in operations:
        try:
            target = _operate(target, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ApiError(422, MISSING_TARGET, details={}) from error
    return target


def _operate(target: Any, operation: JsonObject) -> Any:
    path, verb = _pointer(operation["path"]), operation.get("op")
    match verb:
        case "add":
            return _put(target, path, operation["value"], is_new=True)
        case "replace":
            return _put(target, path, operation["value"], is_new=False)
        case "remove":
            return _drop(target, path)
        case "copy" | "move":
            source = _pointer(operation["from"])
            value = _at(target, source)
            return _put(_drop(target, source) if verb == "move" else target, path, value, is_new=True)
        case "test":
            if _at(target, path) != operation["value"]:
                raise ValueError("test failed")
            return target
    raise ValueError(f"{verb!r} is no operation of a JSON patch")


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise ValueError(f"{text!r} is no JSON pointer")
    return pointer_tokens(text)


def _at(target: Any, path: list[str]) -> Any:
    for part in path:
        target = target[_index(target, part)] if isinstance(target, list) else target[part]
    return target


def _index(target: list[Any], part: str) -> int:
    index = int(part)
    if not 0 <= index < len(target):
        raise IndexError(part)
    return index


def _put(target: Any, path: list[str], value: Any, *, is_new: bool) -> Any:
    if not path:
        return value
    head, *rest = path
    if isinstance(target, list):
        return _put_item(target, head, rest, value, is_new=is_new)
    if rest and head not in target:  # the API server lets `replace` create the last key, against the RFC
        raise KeyError(head)
    return target | {head: _put(target.get(head), rest, value, is_new=is_new)}


def _put_item(target: list[Any], head: str, rest: list[str], value: Any, *, is_new: bool) -> list[Any]:
    if not rest and is_new:
        index = len(target) if head == "-" else _index([*target, None], head)
        return [*target[:index], value, *target[index:]]
    index = _index(target, head)
    return [*target[:index], _put(target[index], rest, value, is_new=is_new), *target[index + 1 :]]


def _drop(target: Any, path: list[str]) -> Any:
    head, *rest = path
    if isinstance(target, list):
        index = _index(target, head)
        middle = [_drop(target[index], rest)] if rest else []
        return [*target[:index], *middle, *target[index + 1 :]]
    below = target[head]
    if rest:
        return target | {head: _drop(below, rest)}
    return {key: value for key, value in target.items() if key != head}


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    base = target if isinstance(target, dict) else {}
    merged = {key: value for key, value in base.items() if key not in patch}
    return merged | {key: merge_patch(base.get(key), value) for key, value in patch.items() if value is not None}


def strategic_merge(target: Any, patch: Any, schema: Type) -> Any:
    """Strategic merge patch, with the merge keys and strategies of the schema.

    Understands `$patch: delete|replace|merge`, `$retainKeys`, `$deleteFromPrimitiveList` and
    `$setElementOrder`. Raises ApiError 400 for other directives and for list items without their merge key.
    """
    if not isinstance(patch, dict) or not isinstance(target, dict):
        return _undirected(patch)
    directive = patch.get("$patch", "merge")
    if directive == "replace":
        return _undirected({key: value for key, value in patch.items() if key != "$patch"})
    if directive == "delete":
        return {}
    if directive != "merge":
        raise ApiError(400, f"Unknown patch type found: {directive}")
    merged = _retained(target, patch)
    for key, value in patch.items():
        if not key.startswith("$"):
            merged = _strategic_key(merged, key, value, patch, schema)
    return _removed_from_lists(merged, patch)


def _retained(target: JsonObject, patch: JsonObject) -> JsonObject:
    kept = patch.get("$retainKeys")
    return dict(target) if kept is None else {key: value for key, value in target.items() if key in kept}


def _strategic_key(target: JsonObject, key: str, value: Any, patch: JsonObject, schema: Type) -> JsonObject:
    if value is None:
        return {name: old for name, old in target.items() if name != key}
    known = schema.fields.get(key) or Field(schema.child(key) or ANY)
    old = target.get(key)
    if isinstance(value, list) and "merge" in known.strategy:
        order = patch.get(f"$setElementOrder/{key}")
        return target | {key: _strategic_list(old or [], value, order, known)}
    if isinstance(value, dict):
        return target | {key: strategic_merge({} if old is None else old, value, known.type)}
    return target | {key: value}


def _strategic_list(old: list[Any], new: list[Any], order: list[Any] | None, known: Field) -> list[Any]:
    if not known.merge_key:
        merged = [*old, *(item for item in new if item not in old)]
        return _ordered(merged, order or new, old, str)
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in new):
        return [item for item in new if "$patch" not in item]
    merged, key = list(old), known.merge_key
    for item in new:
        if not isinstance(item, dict) or key not in item:
            raise ApiError(400, f"map: {item} does not contain declared merge key: {key}")
        merged = _strategic_item(merged, item, key, known.type.element or ANY)
    return _ordered(merged, order or new, old, lambda item: str(item.get(key)))


def _strategic_item(items: list[Any], patch: JsonObject, key: str, schema: Type) -> list[Any]:
    places = [place for place, item in enumerate(items) if item.get(key) == patch[key]]
    if patch.get("$patch") == "delete":
        return [item for item in items if item.get(key) != patch[key]]
    if not places:
        return [*items, _undirected(patch)]
    first = places[0]
    return [*items[:first], strategic_merge(items[first], patch, schema), *items[first + 1 :]]


def _ordered(items: list[Any], order: list[Any], old: list[Any], address: Callable[[Any], str]) -> list[Any]:
    """Items the patch names in its order, others kept before those of them that followed in the old list."""
    ranks = {address(wanted): rank for rank, wanted in enumerate(order)}
    places = {address(item): place for place, item in enumerate(old)}
    named = sorted((item for item in items if address(item) in ranks), key=lambda item: ranks[address(item)])
    others = [item for item in items if address(item) not in ranks]
    merged = []
    for item in named:
        place = places.get(address(item), -1)
        while others and places[address(others[0])] < place:
            merged.append(others.pop(0))
        merged.append(item)
    return [*merged, *others]


def _removed_from_lists(target: JsonObject, patch: JsonObject) -> JsonObject:
    for directive, values in patch.items():
        mark, _, key = directive.partition("/")
        if mark == "$deleteFromPrimitiveList" and isinstance(target.get(key), list):
            target = target | {key: [item for item in target[key] if item not in values]}
        elif mark not in ("$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList") and mark[:1] == "$":
            raise ApiError(400, f"Unknown patch directive: {directive}")
    return target


def _undirected(value: Any) -> Any:
    if isinstance(value, list):
        return [_undirected(item) for item in value if not (isinstance(item, dict) and item.get("$patch") == "delete")]
    if isinstance(value, dict):
        return {k: _undirected(v) for k, v in value.items() if not k.startswith("$") and v is not None}
    return value
