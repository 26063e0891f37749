"""Regular expressions (RE2 syntax) adapted to the one function of the runtime that returns what matched.

The runtime compiles a pattern for each match, and counts the turns of a loop but not what they cost. So patterns that
are dear to compile, and all in loops, come here: to be compiled once, and to have their work counted.
"""

from __future__ import annotations

import threading

from gitops_audit.policy.regex import Match, Regex, RegexError, compiled

# from here on, to compile a pattern costs much more than to call Python, which keeps what it compiled
_LARGE_PROGRAM = 64
# characters times instructions: a second or two at the very worst
MOST_WORK = 300_000_000


class Work(threading.local):
    """What the patterns of the current evaluation have cost, in characters times instructions."""

    done = 0

    def spend(self, text: str, regex: Regex) -> None:
        """Raises ValueError where it is too much."""
        self.done += len(text) * regex.programsize
        if self.done > MOST_WORK:
            raise ValueError("the regular expressions take too long")


work = Work()


def is_large(pattern: str) -> bool:
    """Whether a pattern (mostly one with counted repetitions) is dear to compile. False for what is none."""
    try:
        return compiled(pattern).programsize > _LARGE_PROGRAM
    except (RegexError, UnicodeError):
        return False


def matches(text: str, pattern: str) -> bool:
    """Whether the pattern occurs in the text. Raises ValueError in the runtime's words."""
    try:
        regex = compiled(pattern)
    except RegexError as error:
        raise ValueError(f"invalid regular expression: {error.reason or error}") from None
    work.spend(text, regex)
    return regex.search(text) is not None


def is_affordable(text: str, pattern: str) -> bool:
    """True; raises ValueError where the work is too much. What is no pattern is told by who uses it."""
    try:
        work.spend(text, compiled(pattern))
    except RegexError:
        return True
    return True


def find_all(text: str, pattern: str) -> list[str]:
    """All matches as Go's FindAllString has them: empty ones too, unless they touch the match before.

    Raises RegexError. Meant for patterns that can match nothing; the runtime's own function leaves such matches out.
    """
    found: list[str] = []
    end = -1

    def collect(match: Match) -> str:
        nonlocal end
        span = match.span()
        if span[1] > span[0] or span[0] != end:
            found.append(match.group(0) or "")
        end = span[1]
        return ""

    compiled(pattern).sub(collect, text)
    return found


def as_one_group(pattern: str) -> str:
    """`a(b)c` -> `(a(?:b)c)`: the whole match becomes the only group, which is what `regex.extract` gives back."""
    return f"({_without_groups(pattern)})"


def _without_groups(pattern: str) -> str:
    out: list[str] = []
    position = 0
    while position < len(pattern):
        piece = _piece(pattern, position)
        out.append("(?:" if _is_capture(piece) else piece)
        position += len(piece)
    return "".join(out)


def _is_capture(piece: str) -> bool:
    return piece == "(" or piece.startswith(("(?P<", "(?<"))


def _piece(pattern: str, start: int) -> str:
    """The piece of syntax at `start`: an escape, a class, the head of a group, or one character."""
    char = pattern[start]
    if pattern.startswith(r"\Q", start):
        end = pattern.find(r"\E", start)
        return pattern[start : end + 2] if end >= 0 else pattern[start:]
    if char == "\\":
        return pattern[start : start + 2]
    if char == "[":
        return pattern[start : _class_end(pattern, start)]
    if pattern.startswith(("(?P<", "(?<"), start):
        end = pattern.find(">", start)
        return pattern[start : end + 1] if end >= 0 else pattern[start:]
    if pattern.startswith("(?", start):
        return "(?"
    return char


def _class_end(pattern: str, start: int) -> int:
    position = start + 1
    if pattern.startswith("^", position):
        position += 1
    if pattern.startswith("]", position):
        position += 1
    while position < len(pattern) and pattern[position] != "]":
        if pattern.startswith("[:", position):
            end = pattern.find(":]", position)
            position = end + 2 if end >= 0 else position + 1
        else:
            position += 2 if pattern[position] == "\\" else 1
    return min(position + 1, len(pattern))
