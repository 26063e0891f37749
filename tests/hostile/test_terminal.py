"""A terminal of any size, and a log, show what objects hold without being steered by it, and lose no word of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.recorded import config_map, make, run
from tests.terminal import printed

CHECK = [sys.executable, "-m", "gitops_audit", "check", "-q"]
PYTEST = [sys.executable, "-m", "pytest", "gitops-audit.yaml", "-p", "no:cacheprovider"]
EVIL = {
    "escape": "a\x1b[2Jb",
    "markup": "[red]x[/red] :smile: [link=https://example.com]y",
    "rtl": "a\u202eb",
    "wide": "\U0001f600 \u4f60\u597d",
    "command": "##vso[task.complete]",
    "huge": "x" * 1_000_000,
}
COLOURS = re.compile("\x1b\\[[0-9;]*m")
SIZES = [(20, 10), (80, 24), (300, 60)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    declared = [config_map(f"c{number}", **dict.fromkeys(EVIL, "fine")) for number in range(20)]
    live = [config_map(f"c{number}", **EVIL) for number in range(20)]
    return make(tmp_path_factory.mktemp("evil"), declared, live, {})


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("command", [CHECK, PYTEST], ids=["check", "pytest"])
def test_nothing_steers_a_terminal_and_nothing_is_lost(shop: Path, command: list[str], columns: int, rows: int) -> None:
    said = COLOURS.sub("", printed(command, shop, columns, rows))
    assert [c for c in said if not c.isprintable() and c not in "\n\r"] == []  # pytest rewrites `collecting`
    assert "##vso" not in said
    joined = "".join(said.split())
    for shown in (
        "a\\x1b[2Jb",
        "[red]x[/red]:smile:[link=https://example.com]y",
        "a\\u202eb",
        EVIL["wide"].replace(" ", ""),
    ):
        assert shown in joined
    assert "whattodofirst:medium20resources:ConfigMapchanged" in joined


@pytest.mark.parametrize("command", [CHECK, PYTEST], ids=["check", "pytest"])
def test_the_end_fits_the_screen(shop: Path, command: list[str]) -> None:
    said = COLOURS.sub("", printed(command, shop, 80, 24))
    end = said[said.rindex("what to do first:") :].rstrip("\n").split("\n")
    assert sum(max(1, -(-len(line) // 80)) for line in end) < 24


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(shop: Path, setting: dict[str, str]) -> None:
    assert "\x1b" not in printed(CHECK, shop, 80, 24, **setting)


def test_an_encoding_that_lacks_letters_gets_escapes_and_dots(shop: Path) -> None:
    done = run(shop, "gitops-audit", "check", "-q", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert b"\\U0001f600 \\u4f60\\u597d" in done.stdout
    assert b"xxx...(" in done.stdout


def test_a_log_keeps_each_finding_on_one_line(shop: Path) -> None:
    said = run(shop, "gitops-audit", "check", "-q").stdout.decode()
    brief = [line for line in said.split("\n") if line.startswith("ConfigMap/shop/c") and "fine -> " in line]
    assert len(brief) == 10
    assert all(line.endswith("(cluster prod, source shop)") and "; declared at apps/" in line for line in brief)


def test_a_reader_that_leaves_ends_the_command_quietly(shop: Path) -> None:
    done = run(shop, "gitops-audit", "check", "-q", redirect="| head -n 1 >/dev/null; exit 0")
    assert b"Traceback" not in done.stderr
