"""Hides copies of known secret values where something is about to be shown: comparison has been done by then."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from gitops_audit.model.known_secret import MIN_LENGTH
from gitops_audit.model.redact import Redactor, is_redacted
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.secret_value import SecretValues, texts_in

# What stands before the host of a URL is a credential: all of it for git and charts, which are fetched by http, else a
# password. What only stands for one (`${PASSWORD}`, `$(PASSWORD)`, `{{ .Values.password }}`, `<password>`) is none.
_STANDS = r"(?!\$[({]|\{\{|<)"
_URL_CREDENTIAL = re.compile(rf"https?://{_STANDS}[^/\s@:]+@|://[^/\s@:]*:{_STANDS}[^/\s@]+@", re.IGNORECASE)
_SPACE = re.compile(r"(\s+)")
_MAX_REMEMBERED = 200
_NOT_SHOWN = "(not shown: it repeats the value of a Secret)"


class Mask:
    """Puts tokens in place of what repeats a secret value, or is a URL with credentials: the same text gets the same
    token."""

    def __init__(self, redactor: Redactor, values: SecretValues | None) -> None:
        self._redactor = redactor
        self._values = values
        self._seen: dict[str, bool] = {}

    @classmethod
    def of(cls, redactor: Redactor, public: Collection[str] = ()) -> Mask:
        """Of what the redactor knows by now."""
        return cls(redactor, redactor.known.finder(public) if redactor.known is not None else None)

    def __repr__(self) -> str:
        return "Mask(...)"

    def body(self, body: JsonObject) -> JsonObject:
        """An object; what says which one it is stays. Most hold nothing, and are looked through in one cheap walk."""
        if not any(map(self.is_telling, set(texts_in(body)))):
            return body
        return self._redactor.without_copies(body, self.is_telling)

    def value(self, value: Any) -> Any:
        """The value of a field, of any type."""
        return self._redactor.value_without_copies(value, self.is_telling)

    def message(self, text: str) -> str:
        """A sentence: only the words that repeat a value are replaced."""
        if not self.is_telling(text):
            return text
        clean = "".join(self._word(word) for word in _SPACE.split(text))
        return _NOT_SHOWN if self.is_telling(clean) else clean

    def is_telling(self, text: str) -> bool:
        """Whether a text repeats a known value, in any form, or holds a URL with credentials."""
        if "://" in text and "@" in text and _URL_CREDENTIAL.search(text):
            return True
        if self._values is None or len(text) < MIN_LENGTH - 2:
            return False
        if len(text) > _MAX_REMEMBERED:
            return self._values.is_in(text)
        if text not in self._seen:
            self._seen[text] = self._values.is_in(text)
        return self._seen[text]

    def _word(self, word: str) -> str:
        is_clear = is_redacted(word) or not self.is_telling(word)
        return word if is_clear else self._redactor.token(word.encode("utf-8", "surrogatepass"))
