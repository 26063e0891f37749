"""Compares an object with a pattern, key by key, with the rules of Kyverno's anchors.

Two phases per object: anchors first, which may skip the object or the rule, then the other keys (nested anchors before
plain values). In a list, the pattern's first element applies to every element of the resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.model.how_many import how_many
from gitops_audit.model.path import pointer_of
from gitops_audit.policy.form.kyverno import anchor, pattern, wildcard
from gitops_audit.policy.form.kyverno.anchor import CONDITION, EQUALITY, EXISTENCE, GLOBAL, NEGATION
from gitops_audit.policy.form.kyverno.value import sprint

Path = tuple[str, ...]


class Mismatch(Exception):
    """A value does not fit. `kind`: `fail`; `skip` where a condition does not hold; `negation` for a forbidden key."""

    def __init__(self, message: str, path: Path | None, kind: str = "fail", *, is_collected: bool = False) -> None:
        super().__init__(message)
        self.path = path
        self.kind = kind
        self.is_collected = is_collected


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comparing gave: `pass`, `fail`, `skip` or `error`; `pointer` is the field that decided (RFC 6901)."""

    result: str
    message: str = ""
    path: str = ""
    pointer: str = ""


@dataclass(slots=True)
class _Seen:
    """Anchored keys of the pattern, and whether the resource has them anywhere: a mismatch without them is an error."""

    keys: dict[str, bool] = field(default_factory=dict)

    def note(self, patterns: Mapping[str, Any], resource: Mapping[str, Any]) -> None:
        for key in patterns:
            found = anchor.parse(key)
            if found and found.kind in (CONDITION, EXISTENCE):
                self.keys[key] = self.keys.get(key, False) or found.key in resource

    @property
    def is_any_missing(self) -> bool:
        return not all(self.keys.values())


def compare(resource: Any, overlay: Any) -> Outcome:
    """The outcome of a whole pattern on a whole resource."""
    seen = _Seen()
    try:
        _element(resource, overlay, (), seen)
    except Mismatch as mismatch:
        return _outcome(mismatch, seen)
    return Outcome("pass")


def _outcome(mismatch: Mismatch, seen: _Seen) -> Outcome:
    if mismatch.kind == "skip":
        return Outcome("skip", str(mismatch))
    if mismatch.path is None or (mismatch.kind == "fail" and seen.is_any_missing):
        return Outcome("error", str(mismatch), pointer=pointer_of(mismatch.path or ()))
    return Outcome("fail", str(mismatch), _shown(mismatch.path), pointer_of(mismatch.path))


def _element(value: Any, wanted: Any, path: Path, seen: _Seen) -> None:
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            raise Mismatch(f"an object is expected at {_shown(path)}", path)
        seen.note(wanted, value)
        _object(value, wanted, path, seen)
    elif isinstance(wanted, list):
        if not isinstance(value, list):
            raise Mismatch(f"a list is expected at {_shown(path)}", path)
        _list(value, wanted, path, seen)
    elif not all(pattern.is_match(item, wanted) for item in (value if isinstance(value, list) else [value])):
        raise Mismatch(f"the value {sprint(value)!r} does not match {sprint(wanted)!r} at {_shown(path)}", path)


def _object(value: dict[str, Any], wanted: dict[str, Any], path: Path, seen: _Seen) -> None:
    wanted = _expanded(wanted, value)
    anchored = {key: found for key in sorted(wanted) if (found := anchor.parse(key)) and _is_early(found.kind)}
    _anchors(value, wanted, anchored, path, seen)
    for key in _ordered({key: item for key, item in wanted.items() if key not in anchored}):
        _key(key, value, wanted[key], path, seen)


def _anchors(
    value: dict[str, Any], wanted: dict[str, Any], anchored: dict[str, anchor.Anchor], path: Path, seen: _Seen
) -> None:
    skipped: list[Mismatch] = []
    applied = 0
    for key in anchored:
        try:
            _key(key, value, wanted[key], path, seen)
            applied += 1
        except Mismatch as mismatch:
            if mismatch.kind == "skip":
                skipped.append(mismatch)
            elif not any(not item.is_collected for item in skipped):
                raise
    if skipped and (applied == 0 or any(not item.is_collected for item in skipped)):
        raise _collected(skipped, path)


def _is_early(kind: str) -> bool:
    return kind in (CONDITION, EXISTENCE, EQUALITY, NEGATION)


def _ordered(patterns: dict[str, Any]) -> list[str]:
    """Global anchors and what holds anchors within come first."""
    front: list[str] = []
    back: list[str] = []
    for key in sorted(patterns):
        found = anchor.parse(key)
        is_front = (found is not None and found.kind == GLOBAL) or _has_anchors(patterns[key])
        (front if is_front else back).append(key)
    return [*reversed(front), *back]


def _has_anchors(wanted: Any) -> bool:
    if isinstance(wanted, dict):
        found = (anchor.parse(key) for key in wanted)
        return any(item and (_is_early(item.kind) or item.kind == GLOBAL) for item in found) or any(
            _has_anchors(item) for item in wanted.values()
        )
    return isinstance(wanted, list) and any(_has_anchors(item) for item in wanted)


def _key(key: str, value: dict[str, Any], wanted: Any, path: Path, seen: _Seen) -> None:
    found = anchor.parse(key)
    handler = _HANDLERS.get(found.kind) if found else None
    if found is None or handler is None:
        _plain(key, value, wanted, path, seen)
    else:
        handler(found.key, value, wanted, (*path, found.key), seen)


def _plain(key: str, value: dict[str, Any], wanted: Any, path: Path, seen: _Seen) -> None:
    here = (*path, key)
    if wanted == "*":
        if value.get(key) is None:
            raise Mismatch(f"{_shown(here)} is not set", path)
    else:
        _element(value.get(key), wanted, here, seen)


def _condition(key: str, value: dict[str, Any], wanted: Any, path: Path, seen: _Seen) -> None:
    if key not in value:
        raise Mismatch(f"the condition at {_shown(path)} does not apply: the key is not there", path, "skip")
    _as_skip(value[key], wanted, path, seen)


def _global(key: str, value: dict[str, Any], wanted: Any, path: Path, seen: _Seen) -> None:
    if key in value:
        _as_skip(value[key], wanted, path, seen)


def _as_skip(value: Any, wanted: Any, path: Path, seen: _Seen) -> None:
    try:
        _element(value, wanted, path, seen)
    except Mismatch as mismatch:
        raise Mismatch(f"the condition does not apply: {mismatch}", mismatch.path, "skip") from None


def _equality(key: str, value: dict[str, Any], wanted: Any, path: Path, seen: _Seen) -> None:
    if key in value:
        _element(value[key], wanted, path, seen)


def _negation(key: str, value: dict[str, Any], _wanted: Any, path: Path, _seen: _Seen) -> None:
    if key in value:
        raise Mismatch(f"{_shown(path)} is not allowed", path, "negation")


def _existence(key: str, value: dict[str, Any], wanted: Any, path: Path, seen: _Seen) -> None:
    if key not in value:
        return
    items = value[key]
    if not isinstance(items, list) or not isinstance(wanted, list):
        raise Mismatch(f"^() at {_shown(path)} compares lists only", path)
    for item_pattern in wanted:
        if not isinstance(item_pattern, dict) or not any(_exists(item, item_pattern, path, seen) for item in items):
            raise Mismatch(f"no element fits at {_shown(path)}", path)


def _exists(item: Any, wanted: Any, path: Path, seen: _Seen) -> bool:
    try:
        _element(item, wanted, path, seen)
    except Mismatch:
        return False
    return True


_HANDLERS: dict[str, Callable[[str, dict[str, Any], Any, Path, _Seen], None]] = {
    CONDITION: _condition,
    GLOBAL: _global,
    EQUALITY: _equality,
    NEGATION: _negation,
    EXISTENCE: _existence,
}


def _list(value: list[Any], wanted: list[Any], path: Path, seen: _Seen) -> None:
    if not wanted:
        raise Mismatch("the pattern is an empty list", path)
    if isinstance(wanted[0], dict):
        _each(((item, wanted[0]) for item in value), path, seen)
    elif not isinstance(wanted[0], list):
        _element(value, wanted[0], path, seen)
    elif len(value) < len(wanted):
        raise Mismatch(f"the list has {how_many(len(value), 'element')}, the pattern {len(wanted)}", None)
    else:
        _each(zip(value, wanted, strict=False), path, seen)


def _each(pairs: Any, path: Path, seen: _Seen) -> None:
    skipped: list[Mismatch] = []
    applied = 0
    for index, (item, wanted) in enumerate(pairs):
        try:
            _element(item, wanted, (*path, str(index)), seen)
            applied += 1
        except Mismatch as mismatch:
            if mismatch.kind != "skip":
                raise
            skipped.append(mismatch)
    if applied == 0 and skipped:
        raise _collected(skipped, path)


def _collected(skipped: list[Mismatch], path: Path) -> Mismatch:
    return Mismatch("; ".join(map(str, skipped)), path, "skip", is_collected=True)


def _expanded(wanted: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Wildcards in the keys of labels and annotations stand for the first such key that the resource has."""
    holder = _anchored_key("metadata", wanted)
    metadata, actual = wanted.get(holder), value.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(actual, dict):
        return wanted
    changed = dict(metadata)
    for tag in ("labels", "annotations"):
        key = _anchored_key(tag, metadata)
        patterns, present = metadata.get(key), actual.get(tag)
        if isinstance(patterns, dict) and isinstance(present, dict):
            changed[key] = {_expanded_key(name, present): item for name, item in patterns.items()}
    return wanted | {holder: changed}


def _anchored_key(name: str, patterns: dict[str, Any]) -> str:
    return next((key for key in patterns if key == name or anchor.key_of(key) == name), "")


def _expanded_key(key: str, present: dict[str, Any]) -> str:
    if not wildcard.has_wildcard(key):
        return key
    found = anchor.parse(key)
    name = found.key if found else key
    match = next((actual for actual in present if wildcard.is_match(name, actual)), name)
    return f"{found.kind}({match})" if found else match


def _shown(path: Path) -> str:
    return "/" + "".join(f"{part}/" for part in path)
