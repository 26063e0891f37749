"""The documentation says what the code does: configurations load, links lead somewhere, names exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from gitops_audit.cli.main import cli
from gitops_audit.config.load import load
from gitops_audit.config.schema import schema
from gitops_audit.manifest import file as manifest
from gitops_audit.pytest_plugin import options
from gitops_audit.report.json_report import schema_text

ROOT = Path(__file__).resolve().parents[3]
# The four kinds of pages; what a build of the site leaves in docs/ is none.
_KINDS = ("tutorial", "guide", "reference", "explanation")
_OF_THE_ROOT = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES = [*_OF_THE_ROOT, *sorted(page for kind in _KINDS for page in (ROOT / "docs" / kind).rglob("*.md"))]
CONFIGURATION = ROOT / "docs/reference/configuration.md"

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"GA[0-9]{3}")
_CALL = re.compile(r"(?:\$ )?gitops-audit ((?:[a-z]+ ?){1,2})")
_ERROR_ROW = re.compile(r"^\| (GA[0-9]{3}) \| (.+) \| (.+) \|$", re.MULTILINE)
_YAML_ROW = re.compile(r"^\| `(.+)` \| (?:`(.+)`|an error) \|$", re.MULTILINE)
# What differs between two runs of the demo: digests, commits, times and the rule behind them, which they make shorter.
_VARYING = re.compile(r"(?<=redacted:)\w+|(?<=last commit )\w+|(?<= at )\d{4}-\S+Z|(?<= in )[\d.]+s =+")
# The defaults of the error classes: no error is raised with them.
_ROOT_CODES = {"GA000", "GA500", "GA600"}


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _blocks(page: Path, language: str) -> Iterator[str]:
    return (body for found, body in _FENCE.findall(_text(page)) if found == language)


def _configurations() -> Iterator[Any]:
    for page in PAGES:
        for number, block in enumerate(_blocks(page, "yaml")):
            # A block may hold CI variables and several documents; only a mapping with sources is a configuration.
            documents = list(yaml.safe_load_all(block))
            if isinstance(documents[0], dict) and "sources" in documents[0]:
                yield pytest.param(block, id=f"{_name(page)}-{number}")


def _make_referenced(folder: Path, text: str) -> None:
    """The files that a configuration names must exist before it loads."""
    document = yaml.safe_load(text)
    clusters = (document.get("clusters") or {}).values()
    for name in [c["snapshot"] for c in clusters if c and "snapshot" in c]:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    for policy in document.get("policies", []):
        if "path" in policy:
            (folder / policy["path"]).mkdir(parents=True, exist_ok=True)
    for mirror in document.get("network", {}).get("mirrors", {}).values():
        (folder / mirror).mkdir(parents=True, exist_ok=True)


@pytest.mark.parametrize("text", list(_configurations()))
def test_every_configuration_in_the_docs_loads(text: str, tmp_path: Path) -> None:
    path = tmp_path / "gitops-audit.yaml"
    path.write_text(text, encoding="utf-8")
    _make_referenced(tmp_path, text)

    assert load(path).sources


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    prose = _FENCE.sub("", _text(page))
    broken = []
    for link in _LINK.findall(prose):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in _anchors(target))):
            broken.append(link)

    assert broken == []


def test_every_page_is_linked_from_the_readme() -> None:
    links = set(_LINK.findall(_text(ROOT / "README.md")))

    assert [name for page in PAGES[1:] if (name := _name(page)) not in links] == []


def _code(page: Path) -> Iterator[str]:
    """What is set as code: fenced, indented or between backticks."""
    text = _text(page)
    yield from (line.strip() for _, body in _FENCE.findall(text) for line in body.splitlines())
    rest = _FENCE.sub("", text)
    yield from (line.strip() for line in rest.splitlines() if line.startswith("    "))
    yield from re.findall(r"`([^`\n]+)`", rest)


def _called(words: list[str]) -> click.Command | None:
    """The command that the first words name; None where there is none."""
    context = click.Context(cli)
    command: click.Command | None = cli.get_command(context, words[0])
    if isinstance(command, click.Group) and len(words) > 1:
        command = command.get_command(context, words[1])
    return command


def test_every_command_in_the_docs_exists() -> None:
    calls = {(_name(p), m[1].strip()) for p in PAGES for line in _code(p) if (m := _CALL.match(line))}

    assert len(calls) > 10
    assert [(page, call) for page, call in sorted(calls) if _called(call.split()) is None] == []


def test_every_option_of_a_shown_command_exists() -> None:
    unknown = []
    for page in PAGES:
        for line in _code(page):
            found = _CALL.match(line)
            command = _called(found[1].split()) if found else None
            if command is not None:
                known = {name for p in command.params for name in p.opts} | {"--help", "-h"}
                given = re.findall(r"(?<!\S)--?[a-z][a-z-]*", line.partition(" #")[0])
                unknown += [(_name(page), line) for option in given if option not in known]

    assert unknown == []


def test_the_command_line_reference_names_every_command() -> None:
    headings = re.findall(r"^## gitops-audit (\w+)$", _text(ROOT / "docs/reference/command-line.md"), re.MULTILINE)

    assert sorted(headings) == sorted(cli.list_commands(click.Context(cli)))


@pytest.mark.parametrize("name", ["check", "diff", "render", "snapshot", "doctor", "demo"])
def test_the_command_line_reference_names_every_option_of_a_command(name: str) -> None:
    command = _called([name])
    text = _text(ROOT / "docs/reference/command-line.md")

    assert command is not None
    assert [p.opts for p in command.params if p.opts[-1].startswith("-") and p.opts[-1] not in text] == []


def _plugin_options() -> set[str]:
    parser = pytest.Parser(_ispytest=True)
    options.add(parser)
    group = parser.getgroup("gitops-audit")
    return {name for option in group.options for name in option.names()}


def test_every_pytest_option_in_the_docs_exists() -> None:
    named = {name for page in PAGES for name in re.findall(r"--gitops-[a-z]+(?:-[a-z]+)*", _text(page))}

    assert named - _plugin_options() == set()


def test_every_pytest_option_is_documented() -> None:
    text = _text(ROOT / "docs/reference/pytest.md")

    assert {name for name in _plugin_options() if f"`{name}" not in text} == set()


def _codes_of_the_code() -> set[str]:
    files = (ROOT / "gitops_audit").rglob("*.py")
    return {code for file in files for code in re.findall(r'["[](GA[0-9]{3})["\]]', file.read_text(encoding="utf-8"))}


def test_every_error_code_of_the_code_has_a_row_with_a_next_step_and_no_other_has() -> None:
    rows = {code for code, _, _ in _ERROR_ROW.findall(_text(ROOT / "docs/reference/errors.md"))}

    assert rows == _codes_of_the_code() - _ROOT_CODES


def test_no_page_names_an_error_code_that_does_not_exist() -> None:
    named = {code for page in PAGES for code in _CODE.findall(_text(page))}

    assert named - _codes_of_the_code() == set()


_SECTIONS: dict[str, tuple[str, ...]] = {
    "Top level": (),
    "clusters.NAME": ("$defs", "cluster"),
    "sources[]": ("$defs", "source"),
    "drift": ("$defs", "drift"),
    "drift.ignore[]": ("$defs", "ignore"),
    "drift.orphans": ("$defs", "drift", "properties", "orphans"),
    "policies[]": ("$defs", "policy"),
    "exceptions[]": ("$defs", "exception"),
    "redact[]": ("$defs", "redact"),
    "remediation": ("$defs", "remediation"),
    "engine": ("properties", "engine"),
    "report": ("properties", "report"),
    "match": ("$defs", "match"),
}


@pytest.mark.parametrize("heading", _SECTIONS)
def test_every_key_of_a_section_of_the_configuration_has_a_row_and_no_other_has(heading: str) -> None:
    node: Any = schema()
    for step in _SECTIONS[heading]:
        node = node[step]
    section = re.split(rf"^#+ {re.escape(heading)}$", _text(CONFIGURATION), flags=re.MULTILINE)[1]
    table = re.split(r"^#+ ", section, flags=re.MULTILINE)[0].partition("| key |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(node["properties"])


def test_every_section_of_the_schema_is_in_the_configuration_reference() -> None:
    whole = schema()
    named = {steps[-1] for steps in _SECTIONS.values() if steps[:1] == ("$defs",)}

    assert {name for name, node in whole["$defs"].items() if "properties" in node} == named - {"orphans"}


def test_every_field_of_the_json_report_is_named() -> None:
    whole = json.loads(schema_text())
    text = _text(ROOT / "docs/reference/report.md")
    names = {name for definition in (whole, *whole["$defs"].values()) for name in definition["properties"]}
    assert {name for name in names if not re.search(rf"[`.]{name}(?:`|\[|\.)", text)} == set()


@pytest.mark.parametrize(("written", "read"), _YAML_ROW.findall(_text(ROOT / "docs/reference/yaml.md")))
def test_yaml_is_read_as_the_table_says(written: str, read: str) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nvalue: {written}\n"
    found = manifest.load(text.encode(), "a.yaml")

    values = [m.body["value"] for m in found.manifests]
    assert values == ([json.loads(read)] if read else [])
    assert bool(found.problems) == (not read)


@pytest.fixture(scope="module")
def demo_output() -> str:
    command = [sys.executable, "-m", "gitops_audit", "demo"]
    environment = {k: v for k, v in os.environ.items() if "COLOR" not in k} | {"COLUMNS": "80"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300)
    return _VARYING.sub("*", done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-audit.md"])
def test_the_demo_prints_what_the_docs_show_of_it_apart_from_the_marked_cuts(page: str, demo_output: str) -> None:
    shown = [block for block in _blocks(ROOT / page, "") if " on demo ___" in block]
    pieces = [piece for block in shown for piece in re.split(r"^…\n", block, flags=re.MULTILINE)]

    assert pieces
    assert [piece for piece in pieces if _VARYING.sub("*", piece) not in demo_output] == []
