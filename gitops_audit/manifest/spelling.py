"""Objects whose apiVersion, kind or metadata is misspelt (`ApiVersion`, `Kind`, `apiVerison`).

Go takes the field names of an object in any case, `kubectl` does not look for these at all: it refuses the file. An
audit that took it for some other YAML would pass over an object that somebody meant to deploy.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from gitops_audit.model.path import pointer_of

_IDENTITY = {"apiversion": "apiVersion", "kind": "kind", "metadata": "metadata"}
_FILLING = re.compile(r"[\s_.:-]")
_API_VERSION = re.compile(r"([a-z0-9-]+(\.[a-z0-9-]+)*/)?v[0-9]+((alpha|beta)[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a pointer into an object; `line` is 0 where only the pointer tells."""

    pointer: str
    message: str
    line: int = 0


def misspelt_identity(value: Any) -> Fault | None:
    """The first misspelt key of what was meant to be an object; None for everything else.

    An object was meant where two of the three keys are there, in whatever spelling, and the apiVersion, where there
    is one, looks like one.
    """
    if not isinstance(value, dict) or ("apiVersion" in value and "kind" in value and "metadata" in value):
        return None
    misspelt = {meant: key for key in value if (meant := _meant(key)) and meant not in value}
    meant_keys = [key for key in _IDENTITY.values() if key in value or key in misspelt]
    if not misspelt or len(meant_keys) < 2 or not _is_plausible(value, misspelt):
        return None
    meant, key = next(iter(misspelt.items()))
    return Fault(pointer_of((key,)), f"the key {key!r} is not known to Kubernetes: did you mean {meant!r}?")


def _meant(key: Any) -> str:
    """Which of the three keys another one was meant to be; empty for none. Short words are too near to others."""
    if not isinstance(key, str) or key in _IDENTITY.values():
        return ""
    plain = _FILLING.sub("", key).casefold()
    if plain in _IDENTITY:
        return _IDENTITY[plain]
    close = difflib.get_close_matches(plain, ("apiversion", "metadata"), n=1, cutoff=0.85)
    return _IDENTITY[close[0]] if close else ""


def _is_plausible(value: dict[str, Any], misspelt: dict[str, str]) -> bool:
    """Whether the values are those of an object: configuration files of other programs have such keys too."""
    api_version, kind, metadata = (value.get(misspelt.get(key, key)) for key in _IDENTITY.values())
    if api_version is not None:
        is_version = isinstance(api_version, str) and _API_VERSION.fullmatch(api_version) is not None
        return is_version and (isinstance(kind, str) or isinstance(metadata, dict))
    return isinstance(kind, str) and isinstance(metadata, dict) and ("name" in metadata or "generateName" in metadata)
