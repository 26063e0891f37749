"""Text of objects, made safe for where it is shown: terminals, logs of CI systems, XML.

Whoever may write a ConfigMap, a commit or a name could otherwise steer the terminal of the person who audits it, give
commands to the CI system that reads the log, or make an XML file that no parser takes.
"""

from __future__ import annotations

import re

# CI systems take these as commands: `::error::` at the start of a line (GitHub), `##[error]`, `##vso[...]` and
# `##teamcity[...]` (Azure, TeamCity).
_COMMAND = re.compile(r"^(?P<indent>\s*):(?=:)|#(?=#\w*\[)")
# The wide space of Chinese and Japanese text is as visible as a letter.
_VISIBLE = frozenset("\u3000")


def printable(text: str) -> str:
    """The text as one line that shows all it holds: control characters, line breaks, bidirectional overrides, other
    invisible characters and lone surrogates are written as escapes (`\\x1b`, `\\u202e`), and no CI command is left.

    All that comes out is also allowed in XML 1.0. What is printable already comes back as it is.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in _VISIBLE else _escape(c) for c in text)
    return _COMMAND.sub(_disarmed, text) if "::" in text or "##" in text else text


def printable_lines(text: str) -> str:
    """The same for text of several lines: its line feeds stay."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _disarmed(match: re.Match[str]) -> str:
    return "\\x23" if match["indent"] is None else f"{match['indent']}\\x3a"
