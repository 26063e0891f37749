"""`variables.x` in admission policies: each expression carries the variables it needs as nested, lazy `cel.bind`.

Types flow through the checker, a variable is evaluated at most once per expression and only where it is used, and its
error surfaces only there: as on the API server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gitops_audit.config.suggest import did_you_mean
from gitops_audit.policy.cel.declarations import Overload
from gitops_audit.policy.cel.program import CelError, Program, compile

PREFIX = "variables_"
_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3})|[rR][bB]?(?:"[^"\n]*"|'[^'\n]*')
    |[bB]?(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(?P<name>[A-Za-z_]\w*)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_POSITION = re.compile(r"(\d+):(\d+): ")


@dataclass(frozen=True, slots=True)
class Composition:
    """The variables defined so far, in order. Immutable: `defined` gives the next one."""

    types: Mapping[str, str]
    definitions: Mapping[str, str] = field(default_factory=dict)
    extra: tuple[Overload, ...] = ()

    def defined(self, name: str, expression: str) -> Composition:
        """With one more variable. Raises CelError where the expression does not compile, or the name is taken."""
        if not _IDENTIFIER.fullmatch(name):
            raise CelError(f"{name!r} cannot be the name of a variable")
        if name in self.definitions:
            raise CelError(f"the variable {name!r} is defined twice")
        self.compile(expression)
        return replace(self, definitions={**self.definitions, name: expression})

    def compile(self, expression: str) -> Program:
        """Raises CelError; lines and columns count in `expression`."""
        text, used = self._resolved(expression)
        prefix = "".join(f"cel.bind({PREFIX}{name}, ({self._body(name)}\n), " for name in self._needed(used))
        if not prefix:
            return compile(text, self.types, self.extra)
        whole = f"{prefix}\n{text}\n{')' * prefix.count('cel.bind(' + PREFIX)}"
        try:
            program = compile(whole, self.types, self.extra)
        except CelError as error:
            raise CelError(_shifted(str(error), prefix.count("\n") + 1)) from None
        program.expression = expression
        return program

    def _body(self, name: str) -> str:
        return self._resolved(self.definitions[name])[0]

    def _needed(self, used: frozenset[str]) -> Iterator[str]:
        """The used variables and what they use, in the order of their definition."""
        wanted = set(used)
        for name in reversed(list(self.definitions)):
            if name in wanted:
                wanted |= self._resolved(self.definitions[name])[1]
        return (name for name in self.definitions if name in wanted)

    def _resolved(self, expression: str) -> tuple[str, frozenset[str]]:
        """`variables.x` as a plain name, and the names that were used."""
        out: list[str] = []
        used: set[str] = set()
        tokens = list(_TOKEN.finditer(expression))
        skip_to = 0
        for index, token in enumerate(tokens):
            if index < skip_to:
                continue
            end = _reference(tokens, index)
            if end is None:
                out.append(token[0])
                continue
            name = tokens[end - 1][0]
            self._known(name)
            used.add(name)
            out.append(PREFIX + name)
            skip_to = end
        return "".join(out), frozenset(used)

    def _known(self, name: str) -> None:
        if name in self.definitions:
            return
        hint = did_you_mean(name, self.definitions)
        raise CelError(f"undefined variable 'variables.{name}'{'; ' if hint else ''}{hint}")


def _reference(tokens: list[re.Match[str]], index: int) -> int | None:
    """The index behind `variables . name` where one starts at `index`."""
    if tokens[index][0] != "variables" or _neighbour(tokens, index, -1) == ".":
        return None
    position = index
    for wanted in (".", None):
        position += 1
        while position < len(tokens) and tokens[position]["skip"] and tokens[position][0].isspace():
            position += 1
        if position >= len(tokens) or (tokens[position][0] != wanted if wanted else not tokens[position]["name"]):
            return None
    return position + 1


def _neighbour(tokens: list[re.Match[str]], index: int, step: int) -> str:
    position = index + step
    while 0 <= position < len(tokens) and tokens[position][0].isspace():
        position += step
    return tokens[position][0] if 0 <= position < len(tokens) else ""


def _shifted(message: str, lines: int) -> str:
    def move(found: re.Match[str]) -> str:
        return f"{int(found[1]) - lines}:{found[2]}: " if int(found[1]) > lines else ""

    return _POSITION.sub(move, message)
