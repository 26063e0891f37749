"""The JSON Schema (2020-12) of gitops-audit.yaml: checks the file, and lets editors complete it."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


def schema_text() -> str:
    """The schema as it ships, ending with a newline."""
    return (resources.files("gitops_audit.config") / "schema.json").read_text(encoding="utf-8")


@cache
def schema() -> dict[str, Any]:
    """The schema as data; not to be changed."""
    loaded: dict[str, Any] = json.loads(schema_text())
    return loaded
