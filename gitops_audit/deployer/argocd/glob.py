"""The wildcards of Argo CD: `*` takes any text, slashes too, `{a,b}` is either, `[abc]` and `?` are one character.

Source: argo-cd.readthedocs.io/en/stable/user-guide/directory, github.com/gobwas/glob, which it names.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MAX_LENGTH = 1024


def is_like(pattern: str, text: str) -> bool:
    """Whether a whole text fits a pattern; one that is none fits nothing."""
    expression = _compiled(pattern)
    return expression is not None and len(text) <= _MAX_LENGTH and expression.fullmatch(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    if len(pattern) > _MAX_LENGTH:
        return None
    choices = list(_choices(pattern))
    try:
        return re.compile("|".join(f"(?:{_expression(choice)})" for choice in choices), re.DOTALL) if choices else None
    except re.error:
        return None


def _choices(pattern: str, limit: int = 256) -> list[str]:
    """The patterns without braces that one with braces stands for; none where it has too many, or is not closed."""
    done, todo = [], [pattern]
    while todo:
        text = todo.pop(0)
        start = text.find("{")
        if start < 0:
            done.append(text)
            continue
        end = text.find("}", start)
        if end < 0 or len(done) + len(todo) > limit:
            return []
        todo += [text[:start] + part + text[end + 1 :] for part in text[start + 1 : end].split(",")]
    return done


def _expression(pattern: str) -> str:
    """Each `*` but the last takes the first place that will do, so that no text makes the match slow."""
    parts, at = [""], 0
    while at < len(pattern):
        char = pattern[at]
        end = pattern.find("]", at + 2) if char == "[" else -1
        if char == "*":
            if parts[-1] or len(parts) == 1:
                parts.append("")
        elif end > 0:
            inner = pattern[at + 1 : end]
            body = re.sub(r"([\\\[\]^&~|])", r"\\\1", inner.lstrip("!^"))
            parts[-1] += f"[{'^' if inner[0] in '!^' else ''}{body}]"
            at = end
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            parts[-1] += re.escape(pattern[at])
        else:
            parts[-1] += "." if char == "?" else re.escape(char)
        at += 1
    first, *middle, last = parts if len(parts) > 1 else (parts[0], "")
    starred = "".join(f"(?>.*?{part})" for part in middle)
    return f"{first}{starred}{'.*' if len(parts) > 1 else ''}{last}"
