"""Secret values in the words of a tool: kustomize and helm quote what they cannot read (DESIGN section 8)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gitops_audit.render import manifest

_MASK = "***"
_SUFFIXES = (".yaml", ".yml", ".json")
_SENSITIVE_KEY = re.compile(r"pass|secret|token|key|cred|auth|private", re.IGNORECASE)
# Shorter ones stand in any text, and would be found everywhere.
_MIN_LENGTH = 5
_SET_VALUE = re.compile(r"""(?<=:)\s+["'{\[]*([^\s"',}\]]+)""")
# The YAML library of both tools quotes so much of a long value.
_QUOTED_PREFIX = 7


def masked(text: str, directories: Iterable[Path]) -> str:
    """The text without the Secret values that stand in the files of the directories."""
    values = {part for directory in directories for value in _values_below(directory) for part in _parts(value)}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, _MASK)
        if len(value) > _QUOTED_PREFIX:
            text = text.replace(f"{value[:_QUOTED_PREFIX]}...", _MASK)
    return text


def _parts(value: str) -> Iterator[str]:
    """A value and its lines, for tools break them differently."""
    return (part.strip() for part in (value, *value.splitlines()) if len(part.strip()) >= _MIN_LENGTH)


def _values_below(directory: Path) -> Iterator[str]:
    """From the manifests right there; `env` and key files of generators are read by name."""
    for file in sorted(directory.iterdir()):
        if file.name.endswith(_SUFFIXES) and file.is_file():
            for _, value in manifest.documents(file.read_bytes(), file.name)[0]:
                yield from _secret_values(value, directory)


def _secret_values(value: Any, directory: Path) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    if value.get("kind") == "Secret":
        yield from _leaves([value.get("data"), value.get("stringData")])
    elif "kind" not in value or value["kind"] in ("Kustomization", "Component"):
        yield from _generated(value.get("secretGenerator"), directory)
        yield from _patches(value)
        yield from _sensitive(value)


def _generated(generators: Any, directory: Path) -> Iterator[str]:
    for generator in generators if isinstance(generators, list) else ():
        if not isinstance(generator, dict):
            continue
        yield from (text.partition("=")[2] or text for text in _leaves(generator.get("literals")))
        for name in _leaves([generator.get("files"), generator.get("envs"), generator.get("env")]):
            file = directory / name.rpartition("=")[2]
            text = file.read_text("utf-8", "replace") if file.is_file() else ""
            yield text
            yield from (line.partition("=")[2] or line for line in text.splitlines())


def _patches(value: dict[str, Any]) -> Iterator[str]:
    """What patches of Secrets set that stand right in a kustomization."""
    for name in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        patches = value.get(name)
        for patch in patches if isinstance(patches, list) else ():
            texts = list(_leaves(patch))
            if any("Secret" in text for text in texts):
                yield from (found for text in texts for found in _SET_VALUE.findall(text))


def _sensitive(value: Any) -> Iterator[str]:
    """Values of keys that sound like credentials, as in the values of a chart."""
    if isinstance(value, list):
        for item in value:
            yield from _sensitive(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item) if _SENSITIVE_KEY.search(key) else _sensitive(item)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _leaves(child)
