"""Regular expressions (RE2 syntax) adapted to the one function of the runtime that returns what matched."""

from __future__ import annotations


def as_one_group(pattern: str) -> str:
    """`a(b)c` -> `(a(?:b)c)`: the whole match becomes the only group, which is what `regex.extract` gives back."""
    return f"({_without_groups(pattern)})"


def _without_groups(pattern: str) -> str:
    out: list[str] = []
    position = 0
    while position < len(pattern):
        token = _token(pattern, position)
        out.append("(?:" if _is_capture(token) else token)
        position += len(token)
    return "".join(out)


def _is_capture(token: str) -> bool:
    return token == "(" or token.startswith(("(?P<", "(?<"))


def _token(pattern: str, start: int) -> str:
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
