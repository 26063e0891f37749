"""The declared object against what became of it, as a unified diff of YAML with a few lines around."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from gitops_audit.model.finding import ABSENT, Change
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import JsonObject

CONTEXT_LINES = 2
MAX_VALUE_CHARS = 120
MAX_DIFF_LINES = 3_000


def shown(value: Any) -> str:
    """A value on one line, shortened in the middle where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if value is ABSENT:
        return "(absent)"
    if isinstance(value, str) and (not value or value != value.strip() or "\n" in value):
        text = json.dumps(value, ensure_ascii=False)
    return shortened(text)


def shortened(text: str, limit: int = MAX_VALUE_CHARS) -> str:
    if len(text) <= limit:
        return text
    keep = (limit - 20) // 2
    return f"{text[:keep]}…({len(text) - 2 * keep} characters)…{text[-keep:]}"


def unified(declared: JsonObject, changes: Iterable[Change]) -> Iterator[str]:
    """Lines of a unified diff from declared (-) to live (+). Nothing where none differs.

    What only the cluster has inside a list has no place in what Git declares; callers tell it by its path. Nothing
    either for objects that nest too deeply to be written as YAML: the changes are told one by one all the same.
    """
    if not declared:
        return
    try:
        yield from list(_unified(declared, changes))
    except RecursionError:
        return


def _unified(declared: JsonObject, changes: Iterable[Change]) -> Iterator[str]:
    live = copy.deepcopy(declared)
    for change in changes:
        if change.type in ("added", "stale"):
            _add(live, change.pointer, change.live)
        elif change.pointer:
            _apply(live, change.pointer, change.live)
    live = _without_gone(live)
    if live == declared:
        return
    before, after = yaml_lines(declared), yaml_lines(live)
    if max(len(before), len(after)) > MAX_DIFF_LINES:
        return
    yield "--- Git"
    yield "+++ cluster"
    yield from list(difflib.unified_diff(before, after, n=CONTEXT_LINES, lineterm=""))[2:]


def _apply(body: Any, pointer: str, value: Any) -> None:
    *parents, last = pointer_tokens(pointer)
    for token in parents:
        body = _child(body, token)
    if isinstance(body, list) and last.isdecimal() and int(last) < len(body):
        body[int(last)] = value
    elif isinstance(body, dict) and value is ABSENT:
        body.pop(last, None)
    elif isinstance(body, dict):
        body[last] = value


def _without_gone(value: Any) -> Any:
    """Elements of lists go last: until then, the pointers of other changes count on their places."""
    if isinstance(value, dict):
        return {k: _without_gone(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_gone(v) for v in value if v is not ABSENT]
    return value


def _add(body: Any, pointer: str, value: Any) -> None:
    *parents, last = pointer_tokens(pointer)
    for token in parents:
        if not isinstance(body, dict):
            return
        body = body.setdefault(token, {})
    if isinstance(body, dict):
        body.setdefault(last, value)


def _child(body: Any, token: str) -> Any:
    if isinstance(body, dict):
        return body.get(token)
    if isinstance(body, list) and token.isdecimal() and int(token) < len(body):
        return body[int(token)]
    return None


def yaml_lines(body: Any) -> list[str]:
    """As YAML, long strings shortened. Raises RecursionError for what nests too deeply."""
    text: str = yaml.dump(
        _displayable(body), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=10_000
    )
    return text.removesuffix("\n").split("\n")


def _displayable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_encodable(k) if isinstance(k, str) else k: _displayable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_displayable(v) for v in value]
    if isinstance(value, str):
        return "\n".join(shortened(_encodable(line), 200) for line in value.split("\n"))
    return value


def _encodable(text: str) -> str:
    """Lone surrogates as escapes: YAML is written as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class _Dumper(yaml.CSafeDumper):
    """Strings of several lines as blocks, so that a diff shows the line that differs; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)
