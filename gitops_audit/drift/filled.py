"""Variables whose value is a key of a Secret in the cluster: what they come to is compared, and never shown.

Example: declared `https://${host}/`, live `https://a.example/`. Where the Secret's key holds `a.example` they are
equal; where it holds `b.example` they differ, and the live side of the difference is a token. Where the Secret was not
read, nobody can say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.model.finding import Change
from gitops_audit.model.path import escaped
from gitops_audit.model.redact import is_redacted
from gitops_audit.model.resource import StandIn

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _UnknownError(Exception):
    """Something that the value depends on is not known."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is known of a key of a Secret (`namespace/name/key`): the text behind it on one line, as Flux takes it, and
    what it is shown as, None where it was not read. `token` is what any bytes are shown as."""

    text: Callable[[str], str | None]
    shown: Callable[[str], Any]
    token: Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Filling:
    """The stand-ins of an object by their pointers, and the Secrets of its cluster."""

    at: Mapping[str, StandIn]
    secrets: Secrets

    def concerns(self, pointer: str) -> bool:
        """Whether a stand-in is at a pointer or below it."""
        return any(f"{known}/".startswith(f"{pointer}/") for known in self.at)

    def settled(self, change: Change) -> Change | None:
        """The change as it may be shown, None where there is none after all. Raises LookupError where nobody knows."""
        try:
            is_same = self._is_same(change.declared, change.live, change.pointer)
        except _UnknownError:
            raise LookupError(change.pointer) from None
        return None if is_same else replace(change, live=self._hidden(change.live))

    def _is_same(self, declared: Any, live: Any, pointer: str) -> bool:
        stand_in = self.at.get(pointer)
        if stand_in is not None:
            return self._is_filled(stand_in, declared, live)
        if isinstance(declared, dict) and isinstance(live, dict):
            answers = [self._is_same(v, live.get(k), f"{pointer}/{escaped(k)}") for k, v in declared.items()]
            return declared.keys() == live.keys() and all(answers)
        if isinstance(declared, list) and isinstance(live, list):
            pairs = enumerate(zip(declared, live, strict=False))
            answers = [self._is_same(d, v, f"{pointer}/{i}") for i, (d, v) in pairs]
            return len(declared) == len(live) and all(answers)
        return bool(declared == live)

    def _is_filled(self, stand_in: StandIn, declared: Any, live: Any) -> bool:
        if not stand_in.secrets or not isinstance(declared, str):
            raise _UnknownError
        if stand_in.is_whole and self._is_token(stand_in, live):
            return True
        if is_redacted(declared):
            return self._is_value(stand_in, live)
        names = dict(stand_in.secrets)
        text = _VARIABLE.sub(lambda found: self._text(names[found[1]]) if found[1] in names else found[0], declared)
        return text == _written(live)

    def _is_token(self, stand_in: StandIn, live: Any) -> bool:
        """Whether the tokens are the same: of a recording nothing else is known."""
        shown = self.secrets.shown(stand_in.secrets[0][1])
        ends = ("", "\n")  # a last line break is in the Secret alone
        tokens = [live] if is_redacted(live) else [self.secrets.token(_bytes(_written(live) + end)) for end in ends]
        return shown is not None and shown in tokens

    def _is_value(self, stand_in: StandIn, live: Any) -> bool:
        """Of the value of a Secret, which is a token on both sides: where the variable is all of it."""
        if not stand_in.is_whole:
            raise _UnknownError
        return bool(live == self.secrets.token(_bytes(self._text(stand_in.secrets[0][1]))))

    def _text(self, key: str) -> str:
        found = self.secrets.text(key)
        if found is None:
            raise _UnknownError
        return found

    def _hidden(self, live: Any) -> Any:
        if is_redacted(live):
            return live
        return self.secrets.token(_bytes(live if isinstance(live, str) else json.dumps(live, sort_keys=True)))


def _written(live: Any) -> str:
    """A value as it stands in YAML."""
    return str(live).lower() if isinstance(live, bool) else str(live)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
