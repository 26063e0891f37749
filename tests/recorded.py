"""A small repository beside the recording of a cluster, and the commands of a user who stands in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitops_audit.model.resource import JsonObject

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shop}]
"""
_GIT = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")


def config_map(name: str, **data: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop"},
        "data": data,
    }


def make(root: Path, declared: Sequence[JsonObject], live: Sequence[JsonObject], files: Mapping[str, str]) -> Path:
    """Commits the declared objects and the files; `live` is what the recording holds."""
    root.mkdir(parents=True, exist_ok=True)
    manifests = {f"apps/{number:03d}.yaml": json.dumps(body, indent=1) for number, body in enumerate(declared)}
    for name, text in ({"gitops-audit.yaml": CONFIG} | manifests | dict(files)).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    recording = {"apiVersion": "v1", "kind": "List", "items": list(live)}
    (root / "live.json").write_text(json.dumps(recording), encoding="utf-8")
    for arguments in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-q", "-m", "Declare"]):
        subprocess.run(["git", "-C", str(root), *_GIT, *arguments], check=True)
    return root


def run(root: Path, *command: str, redirect: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs `gitops-audit ...` or `pytest ...` in a folder; `redirect` is what a shell says of its outputs."""
    module = {"gitops-audit": "gitops_audit", "pytest": "pytest"}[command[0]]
    shell = ["sh", "-c", f'exec "$@" {redirect}', "sh"] if redirect else []
    return subprocess.run(
        [*shell, sys.executable, "-m", module, *command[1:]],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
