"""The variables that Flux replaces in what kustomize built (`spec.postBuild`), as its envsubst does.

`${name}` and bash's functions of it: `${#name}`, `${name^}`, `${name^^}`, `${name,}`, `${name,,}`, `${name:=default}`,
`${name:-default}`, `${name=default}`, `${name:offset:length}`, `${name#glob}`, `${name##glob}`, `${name%glob}`,
`${name%%glob}`, `${name/old/new}`, `${name//old/new}`, `${name/#old/new}`, `${name/%old/new}`; `$${name}` stays
`${name}`. Source: fluxcd/pkg `envsubst`, a fork of drone/envsubst; what that refuses is refused here.

An example: with `env: prod`, `shop-${env^^}-${zone:=eu}` is `shop-PROD-eu`; where nobody knows `env`, `shop-${env}-eu`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gitops_audit.deployer.flux.glob import without_longest, without_shortest

VALID_NAME = re.compile(r"[_A-Za-z][_A-Za-z0-9]*")
_TEXT = re.compile(r"(?:[^$]+|\$\$|\$(?!\{))+")
_MAX_DEPTH = 50
_MAX_SIZE = 64 << 20
_DEFAULTS = ("-", "+", "=", "?", ":-", ":+", ":=", ":?")


class SubstitutionError(Exception):
    """The text cannot be substituted; the message is about the place, and holds no value."""


class TooLargeError(SubstitutionError):
    """What the variables come to is more than an audit takes."""

    def __init__(self) -> None:
        super().__init__("they come to more than an audit takes (limit: substituted size)")


class _UnknownError(Exception):
    """The value of the variable of that name decides, and nobody knows it."""


@dataclass(slots=True)
class Variables:
    """`known` values by name; `unknown` are names that are set to something. `is_open`: more may be set.

    `is_strict`: a variable that is not set is an error, else it is empty. `kept` are the unknown ones that were met,
    `unset` those that are empty, `shaped` those unknown ones that a function makes something else of.
    """

    known: Mapping[str, str] = field(repr=False)
    unknown: frozenset[str] = frozenset()
    is_open: bool = False
    is_strict: bool = False
    kept: set[str] = field(default_factory=set)
    unset: set[str] = field(default_factory=set)
    shaped: set[str] = field(default_factory=set)
    left: int = _MAX_SIZE

    def spend(self, text: str) -> str:
        """A text that was put in. Raises TooLargeError where all of them together are too large."""
        self.left -= len(text)
        if self.left < 0:
            raise TooLargeError
        return text

    def value(self, name: str, function: str) -> str:
        if name in self.known:
            return self.known[name]
        if name in self.unknown or self.is_open:
            raise _UnknownError(name)
        if function not in _DEFAULTS:
            if self.is_strict:
                raise SubstitutionError(f"the variable {name} is not set, and has no default")
            self.unset.add(name)
        return ""


def substituted(text: str, variables: Variables) -> str:
    """The text with values for its variables; an unknown one stays as `${name}`. Raises SubstitutionError."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        if literal := _TEXT.match(text, at):
            parts.append(literal[0].replace("$$", "$"))
            at = literal.end()
        else:
            function = _Function(text, at + 2, variables)
            parts.append(function.evaluated())
            at = function.at
    return "".join(parts)


class _Function:
    """One `${...}`, read from the character behind its bracket on; afterwards `at` is the one behind its end."""

    def __init__(self, text: str, at: int, variables: Variables, depth: int = 0) -> None:
        if depth > _MAX_DEPTH:
            raise SubstitutionError("functions are nested too deeply")
        self.text, self.at, self.depth, self.variables = text, at, depth, variables
        self.unknown = ""

    def evaluated(self) -> str:
        name, function, arguments = self._read()
        try:
            value = self.variables.value(name, function)
        except _UnknownError:
            self.unknown = name
        else:
            if value and function in _DEFAULTS:
                self.unknown = ""
        if self.unknown:
            self.variables.kept.add(self.unknown)
            if function:
                self.variables.shaped.add(self.unknown)
            return f"${{{self.unknown}}}"
        return self.variables.spend(_FUNCTIONS.get(function, _default)(value, arguments))

    def _read(self) -> tuple[str, str, list[str]]:
        if self._next() == "#":
            self.at += 1
            name = self._name("bad substitution")
            self._end()
            return name, "length", []
        name = self._name("unable to parse variable name")
        first, second = self._next(), self._next(1)
        if first == ":" and second in ("=", "-", "?", "+"):
            return name, self._took(2), self._default_arguments()
        if first == "=":
            return name, self._took(1), self._default_arguments()
        if first == ":":
            return name, self._took(1), self._range()
        if first in (",", "^"):
            function = self._took(2 if second in (",", "^") else 1)
            self._end()
            return name, function, []
        if first == "/":
            return name, self._took(2 if second in ("/", "#", "%") else 1), self._replacement()
        if first in ("#", "%"):
            function = self._took(2 if second == first else 1)
            arguments = [self._argument("}")]
            self._end()
            return name, function, arguments
        self._end("missing closing brace")
        return name, "", []

    def _default_arguments(self) -> list[str]:
        found = []
        while self._next() != "}":
            found.append(self._argument("}"))
        self.at += 1
        return found

    def _range(self) -> list[str]:
        found = [self._argument(":}")]
        if self._next() == ":":
            while self._next() == ":":
                self.at += 1
            found.append(self._argument("}"))
        self._end()
        return found

    def _replacement(self) -> list[str]:
        found = [self._argument("/", is_escaping=True)]
        if self._next() != "/":
            raise SubstitutionError("bad substitution")
        while self._next() == "/":
            self.at += 1
        if self._next() != "}":
            found.append(self._argument("}", is_escaping=True))
        self._end()
        return found

    def _argument(self, ends: str, *, is_escaping: bool = False) -> str:
        """A text up to one of `ends` or to a function, or a function."""
        if self.text.startswith("${", self.at):
            return self._nested()
        found: list[str] = []
        while (char := self._next()) and not self.text.startswith("${", self.at):
            is_escape = is_escaping and (
                self._next(1) == "$" if char == "$" else char == "\\" and self._next(1) in "/\\"
            )
            if is_escape and self._next(1):
                found.append(self._next(1))
                self.at += 2
            elif char in ends:
                break
            else:
                found.append(char)
                self.at += 1
        if not found:
            raise SubstitutionError("unable to parse substitution within function")
        return "".join(found)

    def _nested(self) -> str:
        inner = _Function(self.text, self.at + 2, self.variables, self.depth + 1)
        found = inner.evaluated()
        self.at = inner.at
        self.unknown = self.unknown or inner.unknown
        return found

    def _name(self, fault: str) -> str:
        start = self.at
        while (char := self._next()) and (char == "_" or unicodedata.category(char)[0] == "L" or _is_digit(char)):
            self.at += 1
        if start == self.at:
            raise SubstitutionError(fault)
        return self.text[start : self.at]

    def _next(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def _took(self, count: int) -> str:
        self.at += count
        return self.text[self.at - count : self.at]

    def _end(self, fault: str = "bad substitution") -> None:
        if self._took(1) != "}":
            raise SubstitutionError(fault)


def _is_digit(char: str) -> bool:
    return unicodedata.category(char) == "Nd"


def _default(value: str, arguments: list[str]) -> str:
    return value or "".join(arguments)


def _cut(value: str, arguments: list[str]) -> str:
    """Offset and length count bytes; what is no number changes nothing."""
    numbers = [int(a) if re.fullmatch(r"[+-]?[0-9]{1,18}", a) else None for a in arguments]
    if None in numbers:
        return value
    data = value.encode("utf-8", "surrogatepass")
    start, *rest = [n for n in numbers if n is not None]
    start = max(0, len(data) + start) if start < 0 else start
    if rest and rest[0] < 0 and start + rest[0] < len(data):
        raise SubstitutionError("a length is negative, at which Flux fails")
    end = start + rest[0] if rest else len(data)
    return data[start:end].decode("utf-8", "replace")


def _replaced(value: str, arguments: list[str], count: int) -> str:
    old, new = (*arguments, "")[:2]
    if len(value) + value.count(old) * (len(new) - len(old)) > _MAX_SIZE:
        raise TooLargeError
    return value.replace(old, new, count)


def _replaced_start(value: str, arguments: list[str]) -> str:
    return _replaced(value, arguments, 1) if len(arguments) == 2 and value.startswith(arguments[0]) else value


def _replaced_end(value: str, arguments: list[str]) -> str:
    is_there = len(arguments) == 2 and value.endswith(arguments[0])
    return value[: len(value) - len(arguments[0])] + arguments[1] if is_there else value


def _from_end(trim: Callable[[str, str], str]) -> Callable[[str, list[str]], str]:
    return lambda value, arguments: trim(value[::-1], arguments[0][::-1])[::-1]


_FUNCTIONS: dict[str, Callable[[str, list[str]], str]] = {
    "length": lambda value, _: str(len(value.encode("utf-8", "surrogatepass"))),
    ",": lambda value, _: value[:1].lower() + value[1:],
    ",,": lambda value, _: value.lower(),
    "^": lambda value, _: value[:1].upper() + value[1:],
    "^^": lambda value, _: value.upper(),
    ":": _cut,
    "/": lambda value, arguments: _replaced(value, arguments, 1),
    "//": lambda value, arguments: _replaced(value, arguments, -1),
    "/#": _replaced_start,
    "/%": _replaced_end,
    "#": lambda value, arguments: without_shortest(value, arguments[0]),
    "##": lambda value, arguments: without_longest(value, arguments[0]),
    "%": _from_end(without_shortest),
    "%%": _from_end(without_longest),
}
