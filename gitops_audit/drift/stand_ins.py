"""Differences that only show that Git holds something else for a value: they are unknown, and all others count.

A variable stands for any text: declared `web:${tag}` may be `web:7` in the cluster, and is never `api:7`. Where the
live value still holds the variable as it is written, nobody replaces it, so it is compared as any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.deployer.stand_in import CODES, VARIABLE, reason
from gitops_audit.drift.filled import Filling, Secrets
from gitops_audit.model.finding import ABSENT, Change, Drift
from gitops_audit.model.path import escaped, field_path
from gitops_audit.model.redact import is_redacted
from gitops_audit.model.resource import Declared, JsonObject, StandIn

_PIECE = re.compile(rf"\$\$\{{|{VARIABLE.pattern}")


def without_stand_ins(
    drift: Drift, resource: Declared, live: JsonObject | None, secrets: Secrets | None = None
) -> Drift:
    """The drift without what stand-ins explain; where nothing else is left it is unknown, with a code and the reason.

    A variable whose Secret is known is compared, and no side of a difference shows a value. What a rule ignores stays
    ignored, and keys that are gone or were added count.
    """
    if not resource.stand_ins:
        return drift
    if drift.status == "missing" and (named := next((s for s in resource.stand_ins if not s.pointer), None)):
        return Drift("unknown", reason=f"it cannot be looked for by its name: {reason(named)}", code=CODES[named.kind])
    if drift.status != "modified" or live is None:
        return drift
    explanation = _Explanation.of(resource, live)
    drift, certain = _filled(drift, explanation.at, secrets) if secrets else (drift, ())
    if drift.status != "modified":
        return drift
    open_changes = [c for c in drift.changes if c.ignored is None and c not in certain]
    explained = list(explanation.explained(open_changes))
    if not explained:
        return drift
    changes = [change for change, _ in explained]
    kept = tuple(c for c in drift.changes if c not in changes)
    words = _words(changes, explained[0][1], resource)
    if any(c.ignored is None for c in kept):
        return replace(drift, changes=kept, reason="; ".join(filter(None, (drift.reason, words))))
    return Drift("unknown", kept, reason=words, code=CODES[explained[0][1].kind])


def _filled(drift: Drift, at: Mapping[str, StandIn], secrets: Secrets) -> tuple[Drift, Sequence[Change]]:
    """The drift without what Secrets of the cluster explain, and the changes that they show to be some."""
    filling = Filling(at, secrets)
    kept: list[Change] = []
    certain: list[Change] = []
    for change in drift.changes:
        if change.ignored is not None or change.type != "changed":
            kept.append(change)
            continue
        try:
            settled = filling.settled(change) if filling.concerns(change.pointer) else change
        except LookupError:
            kept.append(change)
            continue
        if settled is not None:
            kept.append(settled)
            certain += [settled] * (settled is not change)
    is_left = any(c.ignored is None for c in kept)
    found = replace(drift, changes=tuple(kept))
    return (found if is_left else replace(found, status="in-sync", confirmed=True)), certain


@dataclass(frozen=True, slots=True)
class _Explanation:
    """What the stand-ins of an object may explain, by their pointers."""

    at: dict[str, StandIn]

    @classmethod
    def of(cls, resource: Declared, live: JsonObject) -> _Explanation:
        """Without the variables, where the live object shows that nobody replaces them."""
        variables = {s.text for s in resource.stand_ins if s.kind == "variable"}
        is_literal = bool(variables) and any(text in found for found in _texts(live) for text in variables)
        kept = (s for s in resource.stand_ins if s.kind != "variable" or not is_literal)
        return cls({s.pointer: s for s in kept})

    def explained(self, changes: list[Change]) -> Iterator[tuple[Change, StandIn]]:
        keyed = {c.pointer.rpartition("/")[0]: s for c in changes if (s := self._in_key(c))}
        for change in changes:
            found = self._in_key(change) or self._in_value(change)
            if found is None and change.type in ("stale", "added"):
                found = keyed.get(change.pointer.rpartition("/")[0])
            if found is not None:
                yield change, found

    def _in_key(self, change: Change) -> StandIn | None:
        """A key that is not known: what it names is looked for in vain, and what is there is declared nowhere."""
        is_unknown = change.type == "removed" and "${" in change.path
        below = (s for p, s in self.at.items() if s.kind == "variable" and is_at(p, change.pointer))
        return next(below, None) if is_unknown else None

    def _in_value(self, change: Change) -> StandIn | None:
        if change.type != "changed" or not self.may_be(change.declared, change.live, change.pointer):
            return None
        return next((s for p, s in self.at.items() if is_at(p, change.pointer) or is_at(change.pointer, p)), None)

    def may_be(self, declared: Any, live: Any, pointer: str) -> bool:
        """Whether a live value may be what the declared one stands for."""
        if (found := self.at.get(pointer)) is not None and isinstance(declared, str):
            return found.kind != "variable" or is_redacted(declared) or _is_like(declared, live)
        if isinstance(declared, dict) and isinstance(live, dict):
            return all(self.may_be(v, live.get(k, ABSENT), f"{pointer}/{escaped(k)}") for k, v in declared.items())
        if isinstance(declared, list) and isinstance(live, list):
            pairs = enumerate(zip(declared, live, strict=False))
            return len(declared) == len(live) and all(self.may_be(d, v, f"{pointer}/{i}") for i, (d, v) in pairs)
        return bool(declared == live)


def is_at(pointer: str, parent: str) -> bool:
    """Whether a pointer is another one or lies below it."""
    return f"{pointer}/".startswith(f"{parent}/")


def _is_like(declared: str, live: Any) -> bool:
    """Whether a text with variables may have become a value."""
    if isinstance(live, dict | list) or live is ABSENT or live is None:
        return live is None or VARIABLE.fullmatch(declared) is not None
    text = str(live).lower() if isinstance(live, bool) else str(live)
    return re.fullmatch(_pattern(declared), text, re.DOTALL) is not None


def name_pattern(declared: str) -> str | None:
    """The names that a declared name may become, as a regular expression; None where it holds no variable."""
    return _pattern(declared) if VARIABLE.search(declared) else None


def _pattern(declared: str) -> str:
    """A variable that is all of a text may have many lines, one within a text only a part of its line."""
    if VARIABLE.fullmatch(declared):
        return ".*"
    parts, end = [], 0
    for piece in _PIECE.finditer(declared):
        parts += [re.escape(declared[end : piece.start()]), r"\$?\$\{" if piece[0] == "$${" else r"[^\n]*?"]
        end = piece.end()
    return "".join([*parts, re.escape(declared[end:])])


def _texts(value: Any) -> Iterator[str]:
    """The strings of an object, apart from the copies that deployers keep of what they applied."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            if key not in ("managedFields", "annotations"):
                yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _words(changes: list[Change], first: StandIn, resource: Declared) -> str:
    places = ", ".join(dict.fromkeys(field_path(c.pointer, resource.body) or c.path for c in changes[:5]))
    more = f" and {len(changes) - 5} more" if len(changes) > 5 else ""
    return f"{places}{more} cannot be compared: {reason(first)}"
