"""The smallest ignore rule that accepts what was found on a resource, to be pasted into the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import yaml

from gitops_audit.config.pointer import pointer_fault
from gitops_audit.model.finding import Finding
from gitops_audit.model.path import escaped, pointer_tokens
from gitops_audit.model.resource import JsonObject, ResourceKey
from gitops_audit.model.verdict import Verdict

GOOD_FOR = timedelta(days=90)
_SEGMENT = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[[^\]]*\]|[^.\[]+')
_FILL_IN = "FILL IN"


def suggested_rules(verdicts: Iterable[Verdict], today: date) -> str:
    """A `drift.ignore` section with a rule for each resource that counts as drifted; empty where none does."""
    rules = [rule for verdict in verdicts if (rule := suggested(verdict, today)) is not None]
    text: str = yaml.safe_dump({"drift": {"ignore": rules}}, sort_keys=False, width=110) if rules else ""
    return text


def suggested(verdict: Verdict, today: date) -> JsonObject | None:
    """None where nothing counts."""
    whole = verdict.whole
    fields = [_field(f) for f in verdict.changes if f.waiver is None]
    what: JsonObject = {}
    if whole is not None and whole.waiver is None:
        what = {"statuses": [whole.rule]}
    elif fields:
        what = {"fields": list(dict.fromkeys(fields))}
    else:
        return None
    return {"match": _match(verdict.subject.key), **what, **_to_fill_in(today)}


def exception(verdict: Verdict, policy: str, today: date) -> JsonObject:
    """An entry of `exceptions` that accepts what a policy has against a resource."""
    return {"policy": policy, "match": _match(verdict.subject.key), **_to_fill_in(today)}


def _match(key: ResourceKey) -> JsonObject:
    named = {"kind": key.kind, "group": key.group, "namespace": key.namespace, "name": key.name}
    return {word: value for word, value in named.items() if value}


def _to_fill_in(today: date) -> JsonObject:
    return {"reason": _FILL_IN, "owner": _FILL_IN, "expires": (today + GOOD_FOR).isoformat()}


def _field(change: Finding) -> str:
    """The field as rules name it: elements of keyed lists by their keys, so that the rule outlives another order."""
    return "".join(f"/{segment}" for segment in _segments(change))


def _segments(change: Finding) -> Iterator[str]:
    tokens, shown = pointer_tokens(change.pointer), _SEGMENT.findall(change.path)
    for index, token in enumerate(tokens):
        display = shown[index] if len(shown) == len(tokens) else ""
        is_element = display.startswith("[") and not display.startswith('["')
        yield _element(display, token) if is_element else _sound(escaped(token))


def _element(display: str, token: str) -> str:
    pairs = [pair for pair in display[1:-1].split(",") if "=" in pair and pair != "protocol=TCP"]
    return _sound(f"[{','.join(pairs)}]") if pairs else token


def _sound(segment: str) -> str:
    """The segment; `*` for one that rules cannot name."""
    return segment if pointer_fault(f"/{segment}") == ("", "") else "*"
