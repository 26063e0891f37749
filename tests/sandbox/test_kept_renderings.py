"""An audit with what earlier runs rendered says the same as one without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gitops_audit.source.cache import default_cache_dir
from tests.audited import command, repository
from tests.unit.render.test_cache import FILES

CONFIG = """\
version: 1
sources:
  - {name: app, path: app}
  - {name: chart, path: chart, type: helm}
  - {name: secret, path: secret}
"""


def report(root: Path, *options: str) -> Any:
    command(root, "check", "--json", "report.json", *options)
    found = json.loads((root / "report.json").read_text())
    (root / "report.json").unlink()
    return {key: value for key, value in found.items() if key not in ("run", "startedAt", "finishedAt")}


def test_cold_warm_and_without_a_cache_are_equal(tmp_path: Path, bare_home: Path) -> None:
    files = {path: text for path, text in FILES.items() if not path.startswith("broken")}
    root = repository(tmp_path, files | {"gitops-audit.yaml": CONFIG})
    cold = report(root)
    kept = default_cache_dir() / "rendered"
    assert len(list(kept.iterdir())) == 2
    assert report(root) == cold
    assert report(root, "--no-cache") == cold
    assert not [file for file in kept.parent.rglob("*") if file.is_file() and b"aHVudGVyMg" in file.read_bytes()]
