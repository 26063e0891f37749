"""The expressions of tests/golden/cel-library.txt with the API server's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "golden" / "cel-library.txt"


def cases() -> list[tuple[str, str]]:
    """(expression, answer): `true`, `false`, `error` or `invalid`."""
    lines = (line for line in _FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return [(expression.strip(), answer) for answer, _, expression in (line.partition(" ") for line in lines)]


def config_map(name: str) -> dict[str, Any]:
    """What the expressions are about."""
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"x": "y", "z": "1"}}
