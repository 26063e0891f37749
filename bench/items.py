"""What pytest adds to an audit: a recorded fleet judged by `check` and by pytest, and pytest's own items beside it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import fleet
from bench.audit import QUIET_PLUGINS
from bench.measure import Measured, command, python

_PYTEST = ("-m", "pytest", "-q", *QUIET_PLUGINS)
_STOCK = "import pytest\n\n@pytest.mark.parametrize('n', range({}))\ndef test_nothing(n):\n    pass\n"
_DRIFTED_OF = 10


def run(count: int) -> str:
    """Measures `count` resources, and again with a tenth of them drifted; a Markdown table of cost per item."""
    rows = ["| what | wall s | peak MB | us an item | KB an item |", "|---|---:|---:|---:|---:|"]
    with tempfile.TemporaryDirectory(prefix="gitops-audit-bench-") as folder:
        root = Path(folder) / "repo"
        root.mkdir()
        fleet.write_repository(root, count)
        for name, is_drifted in (("in sync", False), ("a tenth drifted", True)):
            record(root, count, is_drifted=is_drifted)
            rows += _compared(root, name, count)
        (root / "test_stock.py").write_text(_STOCK.format(count), encoding="utf-8")
        (root / "test_one.py").write_text(_STOCK.format(1), encoding="utf-8")
        one = _measured(root, "one stock item", [*_PYTEST, "test_one.py"])
        stock = _measured(root, "stock items, parametrised", [*_PYTEST, "test_stock.py"])
        rows.append(_row(stock, one, count))
    return f"{count} resources from a recording; the difference to `check` is what pytest costs\n\n" + "\n".join(rows)


def record(root: Path, count: int, *, is_drifted: bool) -> None:
    """A recording of the fleet in which every tenth object, if any, has a label of another value."""
    items: list[dict[str, Any]] = []
    for number, body in enumerate(fleet.objects(count)):
        if is_drifted and number % _DRIFTED_OF == 0:
            body["metadata"]["labels"]["team"] = "another"
        items.append(body)
    document = {"apiVersion": "v1", "kind": "List", "items": items}
    (root / "live.json").write_text(json.dumps(document), encoding="utf-8")
    config = "version: 1\nclusters:\n  bench: {snapshot: live.json}\nsources:\n  - {name: fleet, path: apps}\n"
    (root / "gitops-audit.yaml").write_text(config, encoding="utf-8")


def _compared(root: Path, state: str, count: int) -> Sequence[str]:
    check = _measured(root, f"gitops-audit check, {state}", ["-m", "gitops_audit", "check", "-q"])
    audited = [*_PYTEST, "gitops-audit.yaml"]
    plain = _measured(root, f"pytest -q, {state}", audited)
    junit = _measured(root, f"pytest -q --junitxml, {state}", [*audited, "--junitxml=../report.xml"])
    return [_row(check), _row(plain, check, count), _row(junit, check, count)]


def _measured(root: Path, name: str, arguments: Sequence[str]) -> Measured:
    return command(name, [python(), *arguments], None, cwd=root)


def _row(measured: Measured, base: Measured | None = None, count: int = 1) -> str:
    cells = [measured.name, f"{measured.wall_s:.2f}", f"{measured.peak_mb:.0f}"]
    if base is None:
        return f"| {' | '.join(cells)} | | |"
    each_us = (measured.wall_s - base.wall_s) * 1e6 / count
    each_kb = (measured.peak_mb - base.peak_mb) * 1024 / count
    return f"| {' | '.join(cells)} | {each_us:.0f} | {each_kb:.1f} |"
