"""The map of the rooms is true: every room is drawn, and every file that it names is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "gitops_audit"
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
# The answer to "where would it go" is the one file that is not there yet.
_NOT_YET = {"report/csv.py"}


def _section(heading: str) -> str:
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def _layers(contract: str) -> list[str]:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers: list[str] = next(c["layers"] for c in linter["contracts"] if c["name"] == contract)
    return layers


def test_every_room_is_drawn_and_no_other_is() -> None:
    drawn = re.findall(r"^  (\w+)/ ", _section("The rooms"), re.MULTILINE)

    assert sorted(drawn) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_the_stages_of_the_engine_are_drawn_in_the_order_of_their_import_contract() -> None:
    engine = _section("The rooms").partition("  engine/")[2].partition("\n  report/")[0]
    drawn = re.findall(r"^    (\w+)/ ", engine, re.MULTILINE)

    assert sorted(drawn) == sorted(path.parent.name for path in PACKAGE.glob("engine/*/__init__.py"))
    assert drawn == [layer for layer in reversed(_layers("A case goes one way through the engine")) if layer in drawn]


def test_every_file_and_folder_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.\w+)?)`", PAGE)) - _NOT_YET

    assert named
    assert [path for path in sorted(named) if not (PACKAGE / path).exists() and not (ROOT / path).exists()] == []


def test_the_layers_are_those_of_the_import_contract() -> None:
    layers = _layers("The data goes one way")
    drawn = [line.strip().split(", ") for line in _section("The layers").splitlines() if line.startswith("    ")]

    assert [sorted(line) for line in drawn] == [sorted(layer.split(" | ")) for layer in layers]


def test_every_type_on_the_way_of_a_resource_exists() -> None:
    named = set(re.findall(r"`([A-Z]\w+)`", _section("The way of one resource")))
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))

    assert [name for name in sorted(named) if not re.search(rf"^class {name}\b", code, re.MULTILINE)] == []
