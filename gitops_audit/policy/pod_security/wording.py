"""The small grammar of Kubernetes' Pod Security messages: plurals, quotes, and who set a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitops_audit.policy.pod_security.pod import Container

_ESCAPES = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_ESCAPES |= {"\\": r"\\", '"': r"\""}


def plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def quoted(items: Iterable[str]) -> str:
    """Each in double quotes, as it is: Kubernetes does not escape here."""
    return ", ".join(f'"{item}"' for item in items)


def containers(found: Sequence[Container]) -> str:
    """`container "a"`, `containers "a", "b"`: in the order visited, a name as often as it was found."""
    return f"{plural('container', len(found))} {quoted(container.name for container in found)}"


def setters(is_pod: bool, found: Sequence[Container]) -> list[str]:
    """Who set a value: the pod, containers, or both."""
    return ["pod"] * is_pod + ([containers(found)] if found else [])


def go_quoted(value: str) -> str:
    """A string as Go's `%q` prints it."""
    return f'"{"".join(_go_character(c) for c in value)}"'


def _go_character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
