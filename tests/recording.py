"""Recordings of clusters, as `kubectl get -o json` prints them."""

from __future__ import annotations

import json
from pathlib import Path

from gitops_audit.model.resource import JsonObject


def write_recording(path: Path, *objects: JsonObject) -> Path:
    """Writes the objects as one List, which a cluster's `snapshot:` reads."""
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), encoding="utf-8")
    return path
