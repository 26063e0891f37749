"""The files of a JUnit report: one, or several where one would be more than its readers take.

GitLab takes 30 MB a file, Buildkite and others less; parsers read it into memory. So a file ends before 20 MB or 20,000
cases, and the suite that it ends in goes on in the next. Each file is complete: its counts are of what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree as ET

MAX_BYTES = 20_000_000
MAX_CASES = 20_000
_KEPT_BYTES = 100_000  # for what stands around the cases

_SPECIAL = re.compile(r'[&<>"\n\r\t]')
# The ampersand first: it is part of what the others become.
_IN_TEXT = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))
_IN_ATTRIBUTE = (*_IN_TEXT, ('"', "&quot;"), ("\n", "&#10;"), ("\t", "&#9;"))

OUTCOMES = ("failure", "error", "skipped")


Properties = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite: `head` are its elements before the cases, each with its properties."""

    name: str
    timestamp: str
    head: Sequence[ET.Element]
    cases: Sequence[tuple[ET.Element, Properties]]


class _Written(NamedTuple):
    """A case as text, with what is counted of it; `outcome` is empty for one that passed."""

    suite: int
    text: str
    outcome: str
    time_s: float


def files(suites: Sequence[Suite], *, is_whole: bool = False) -> Sequence[bytes]:
    """At least one file, each as UTF-8. `is_whole`: exactly one, however large."""
    heads = ["".join(map(_text, suite.head)) for suite in suites]
    written = (_written(number, *case) for number, suite in enumerate(suites) for case in suite.cases)
    chunks = [list(written)] if is_whole else list(_chunks(written))
    made = [_file(suites, heads, chunk, (number, len(chunks))) for number, chunk in enumerate(chunks, 1)]
    return made or [_file(suites, heads, [], (1, 1))]


def _chunks(written: Iterable[_Written]) -> Iterator[list[_Written]]:
    chunk: list[_Written] = []
    size_bytes = 0
    for case in written:
        case_bytes = len(case.text) if case.text.isascii() else len(case.text.encode())
        if chunk and (len(chunk) >= MAX_CASES or size_bytes + case_bytes > MAX_BYTES - _KEPT_BYTES):
            yield chunk
            chunk, size_bytes = [], 0
        chunk.append(case)
        size_bytes += case_bytes
    if chunk:
        yield chunk


def _written(suite: int, case: ET.Element, properties: Properties) -> _Written:
    outcome = told = ""
    if len(case):
        outcome = next((child.tag for child in case if child.tag in OUTCOMES), "")
        told = "".join(map(_text, case))
    text = f"{_start(case)[:-1]}{_properties(properties)}{told}</testcase>\n"
    return _Written(suite, text, outcome, float(case.get("time") or 0))


@lru_cache(maxsize=1_000)
def _properties(pairs: Properties) -> str:
    """Most cases pass, with the same properties."""
    if not pairs:
        return ""
    holder = ET.Element("properties")
    holder.extend(ET.Element("property", {"name": name, "value": value}) for name, value in pairs)
    return _text(holder)


def _text(element: ET.Element) -> str:
    """As ElementTree writes it, in a third of the time: it makes a whole document of each element."""
    text = _escaped(element.text, _IN_TEXT) if element.text else ""
    return f"{_start(element)[:-1]}{text}{''.join(map(_text, element))}</{element.tag}>\n"


def _file(suites: Sequence[Suite], heads: Sequence[str], cases: Sequence[_Written], part: tuple[int, int]) -> bytes:
    number, count = part
    name = "gitops-audit" if count == 1 else f"gitops-audit ({number} of {count})"
    root = ET.Element("testsuites", {"name": name, **_counts(cases, with_skipped=False)})
    texts = ['<?xml version="1.0" encoding="UTF-8"?>\n', _start(root)]
    for suite, found in groupby(cases, key=lambda case: case.suite):
        held = list(found)
        about = {"name": suites[suite].name, "timestamp": suites[suite].timestamp}
        texts += [_start(ET.Element("testsuite", about | _counts(held))), heads[suite]]
        texts += [case.text for case in held]
        texts.append("</testsuite>\n")
    return "".join([*texts, "</testsuites>\n"]).encode()


def _start(element: ET.Element) -> str:
    """The start tag alone."""
    held = element.attrib
    if _SPECIAL.search("".join(held.values())):
        held = {name: _escaped(value, _IN_ATTRIBUTE) for name, value in held.items()}
    attributes = "".join([f' {name}="{value}"' for name, value in held.items()])
    return f"<{element.tag}{attributes}>\n"


def _escaped(content: str, escapes: Sequence[tuple[str, str]]) -> str:
    """Most has nothing to escape, which is found faster than it is copied."""
    if _SPECIAL.search(content):
        for character, escape in escapes:
            content = content.replace(character, escape)
    return content


def _counts(cases: Sequence[_Written], *, with_skipped: bool = True) -> dict[str, str]:
    """Of the schema: `testsuites` has no number of skipped cases; times have three decimals at most."""
    outcomes = [case.outcome for case in cases]
    failures, errors, skipped = (outcomes.count(outcome) for outcome in OUTCOMES)
    time_s = f"{sum(case.time_s for case in cases):.3f}"
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors), "time": time_s}
    return counts | ({"skipped": str(skipped)} if with_skipped else {})
