"""Whether anything that a tool reads may be secret: only where nothing may be, its own words can be shown.

This is a guess on the safe side. One word that sounds secret, one text that looks generated, one file that is no text,
or more than can be looked through, and the words stay hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitops_audit.regular_file import open_regular

_MAX_FILES = 2000
_MAX_BYTES = 8 << 20

# Words of nearly every chart that name no value.
_HARMLESS = re.compile(
    r"imagePullSecrets?|automountServiceAccountToken|authorization\.k8s\.io|authentication\.k8s\.io|\bauthors?\b", re.I
)
_SECRET = re.compile(
    r"secret|passw|passphrase|pwd|token|cred|auth|private|(?:api|access|encryption|signing).?key|dsn|cert|htpasswd"
    r"|connection.?string|ENC\[|-----BEGIN|://[^/\s:@]*:[^/\s@]+@",
    re.I,
)
_WORD = re.compile(r"[A-Za-z0-9+/=_-]{12,}")
_GENERATED_DIGITS = 2


def may_hold_secrets(places: Iterable[Path]) -> bool:
    """Whether a file of these, or below these directories, may hold a value that is secret."""
    left = _MAX_BYTES
    for number, file in enumerate(_files(places)):
        try:
            with open_regular(file) as opened:
                data = opened.read(left + 1)
            text = data.decode()
        except (OSError, ValueError):
            return True
        left -= len(data)
        if left < 0 or number >= _MAX_FILES or "\0" in text or _is_telling(text):
            return True
    return False


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in dict.fromkeys(places):
        yield from (file for file in place.rglob("*") if not file.is_dir()) if place.is_dir() else (place,)


def _is_telling(text: str) -> bool:
    text = _HARMLESS.sub("", text)
    return _SECRET.search(text) is not None or any(map(_looks_generated, _WORD.findall(text)))


def _looks_generated(word: str) -> bool:
    return sum(map(str.isdigit, word)) >= _GENERATED_DIGITS and any(map(str.isalpha, word))
