"""JUnit for dashboards: a suite for each cluster and source, a case for each resource, through the junit-xml package.

junit-xml knows no properties of cases: they are added to its tree. Whoever reads JUnit reads it a little differently;
a dialect says what is written beyond the elements that all of them know:

- `common`: `file`, `line` and properties of cases, which nearly all read or pass over
- `gitlab`: the line behind the file (`apps/web.yaml#L3`), no properties: they are not read, and count for its limits
- `jenkins`: nothing that the schema of its xUnit plugin (junit-10.xsd) refuses
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Final, Literal, get_args
from xml.etree import ElementTree as ET

from junit_xml import TestCase, TestSuite

from gitops_audit.model.check import ENGINE, HEALTH, POLICY
from gitops_audit.model.finding import Finding
from gitops_audit.model.printable import printable
from gitops_audit.model.result import NOT_EVALUATED, AuditResult, Part, RunInfo, SourceInfo, part_of
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import facts, text
from gitops_audit.report.diff import shortened
from gitops_audit.report.junit_file import Suite, files

Dialect = Literal["common", "gitlab", "jenkins"]
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)

MAX_NAME_CHARS = 1_000
MAX_MESSAGE_CHARS = 2_000
MAX_DIFFS = 100
"""Cases that show the object as a diff: to write one takes a millisecond. All tell each change."""
MAX_TEXT_CHARS = 200_000
"""Of one case. XML parsers refuse texts of 10 MB, and nobody reads that far."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A case of junit-xml, and the properties it has no place for."""

    case: TestCase
    properties: Sequence[tuple[str, str]] = ()


def write(result: AuditResult, dialect: Dialect = "common") -> bytes:
    """The report as UTF-8, all in one file."""
    (file,) = files(_suites(result, dialect), is_whole=True)
    return file


def parts(result: AuditResult, dialect: Dialect = "common") -> Sequence[bytes]:
    """The report as one file, or as several where one would be more than readers take (junit_file.py)."""
    return files(_suites(result, dialect))


def _suites(result: AuditResult, dialect: Dialect) -> Sequence[Suite]:
    """A cluster is read and judged as a whole, so the time of a case is its share of the run."""
    grouped: dict[Part, list[Verdict]] = {}
    for verdict in result.verdicts:
        grouped.setdefault(part_of(verdict), []).append(verdict)
    sources = {s.name: s for s in result.info.sources}
    share_s = _seconds(result.info.started_at, result.finished_at) / max(len(result.verdicts), 1)
    unanswered = dict(result.summary.unanswered)
    changed = (v.subject.id for v in result.verdicts if v.findings and v.changes)
    with_diff = frozenset(islice(changed, MAX_DIFFS))
    suites = []
    for part, found in grouped.items():
        source = sources.get(part[1])
        cases = [c for v in found for c in _cases(v, share_s, source.commit if source else "", dialect, with_diff)]
        if part in unanswered:
            cases.insert(0, _unanswered(part, unanswered[part]))
        suites.append(_suite(part, source, cases, result.info, dialect))
    return [*suites, *_of_the_run(result, is_empty=not suites)]


def _of_the_run(result: AuditResult, *, is_empty: bool) -> Iterator[Suite]:
    """The notes of the run; and where nothing was audited, an error: readers take an empty file for a success."""
    case = TestCase("notes of the run", classname="gitops-audit")
    case.stdout = _cut("\n".join(text.notes(result.notes)))
    if is_empty and not result.summary.is_empty_shard:
        case.add_error_info(f"nothing was audited [{NOT_EVALUATED}]", error_type=NOT_EVALUATED)
    elif is_empty:
        case.add_skipped_info("other shards audit all resources")
    if is_empty or result.notes:
        yield _tree(TestSuite("gitops-audit", [case], timestamp=result.info.started_at), [()])


def _unanswered(part: Part, sentence: str) -> _Case:
    """Cases that are all skipped look green: that nothing was evaluated is an error of its own."""
    case = TestCase("evaluated", classname=_class_name(part, ""))
    case.add_error_info(message=_message(sentence), output=_cut(printable(sentence)), error_type=NOT_EVALUATED)
    return _Case(case)


def _suite(part: Part, read: SourceInfo | None, cases: Iterable[_Case], info: RunInfo, dialect: Dialect) -> Suite:
    cases = list(_told_apart(cases))
    about = {"cluster": part[0], "source": part[1], "commit": read.commit if read else ""}
    if read is not None and read.followed_from:
        about["from"] = read.followed_from
    properties = {name: printable(value) for name, value in about.items()}
    name = _name("/".join(part))
    suite = TestSuite(name, [c.case for c in cases], timestamp=info.started_at, properties=properties)
    return _tree(suite, [c.properties if dialect == "common" else () for c in cases])


def _tree(suite: TestSuite, properties: Iterable[Sequence[tuple[str, str]]]) -> Suite:
    """What junit-xml makes of it, and the properties that stand before what else the cases hold."""
    root: ET.Element = suite.build_xml_doc()
    cases = root.findall("testcase")
    kept = [child for child in root if child.tag != "testcase"]
    held = [(case, tuple(pairs)) for case, pairs in zip(cases, properties, strict=True)]
    return Suite(root.attrib["name"], suite.timestamp, kept, held)


def _cases(
    verdict: Verdict, share_s: float, commit: str, dialect: Dialect, with_diff: Container[str]
) -> Iterator[_Case]:
    """The case of a resource, and one for each policy that was skipped: a case has one outcome only."""
    case, told = _case(verdict, "", share_s, dialect), facts.facts(verdict, commit)
    if verdict.outcome != "passed" or verdict.findings:
        _fill(case, verdict, told, has_diff=verdict.subject.id in with_diff)
    yield _Case(case, told)
    skipped: dict[str, list[Finding]] = {}
    for finding in verdict.findings:
        if finding.check == POLICY and finding.result == "skip":
            skipped.setdefault(finding.rule, []).append(finding)
    for rule, found in skipped.items():
        case = _case(verdict, f"[{POLICY}:{rule}]", 0, dialect)
        case.add_skipped_info(message=_message("; ".join(f.message for f in found)))
        yield _Case(case)


def _fill(case: TestCase, verdict: Verdict, told: Sequence[tuple[str, str]], *, has_diff: bool) -> None:
    gist = _message(text.one_line(verdict))
    output = _cut("\n".join([text.plain(verdict, has_diff=has_diff), "", *facts.lines(told)]))
    if verdict.outcome == "failed":
        case.add_failure_info(message=gist, output=output, failure_type=_failure_type(verdict))
    elif verdict.outcome == "error":
        case.add_error_info(message=gist, output=output, error_type=_error_type(verdict))
    elif verdict.outcome == "skipped":
        case.add_skipped_info(message=gist, output=output)
    unfailing = [f for f in verdict.findings if f.waiver is not None or f.result == "warn"]
    if verdict.outcome == "passed" and verdict.findings:
        case.stdout = output
    elif unfailing:
        case.stdout = _cut("\n".join(": ".join(text.told(f)) for f in unfailing))


def _case(verdict: Verdict, check: str, elapsed_s: float, dialect: Dialect) -> TestCase:
    resource = verdict.subject
    file, line = printable(resource.origin.path), resource.origin.line
    return TestCase(
        _name(f"{resource.title}{check}"),
        classname=_class_name(part_of(verdict), resource.key.kind),
        elapsed_sec=round(elapsed_s, 6) or None,
        file=None if dialect == "jenkins" else f"{file}#L{line}" if dialect == "gitlab" and line and file else file,
        line=line or None if dialect == "common" else None,
    )


@lru_cache(maxsize=10_000)
def _class_name(part: Part, kind: str) -> str:
    """`prod/shop/Deployment`. Readers split it at dots, into packages: they are written `%2E`."""
    name = "/".join(filter(None, (*part, kind))).replace("%", "%25").replace(".", "%2E")
    return _name(name)


def _told_apart(cases: Iterable[_Case]) -> Iterator[_Case]:
    """Of two cases with one name readers drop the second: it gets its number."""
    seen: dict[tuple[str, str], int] = {}
    for case in cases:
        name = (case.case.classname, case.case.name)
        count = seen[name] = seen.get(name, 0) + 1
        if count > 1:
            case.case.name = f"{case.case.name} ({count})"
        yield case


def _failure_type(verdict: Verdict) -> str:
    """What failed, as `drift.<status>`, `policy`, `health`, `engine` or `invalid`."""
    if verdict.drift and verdict.drift.status not in ("in-sync", "unknown"):
        return f"drift.{verdict.drift.status}"
    failed = {f.check for f in verdict.findings if f.result == "fail" and f.waiver is None}
    return next((check for check in (POLICY, HEALTH, ENGINE) if check in failed), "invalid")


def _error_type(verdict: Verdict) -> str:
    """The code of the first error."""
    return _message(next((f.rule for f in verdict.findings if f.result == "error"), "error"))


def _message(content: str) -> str:
    return printable(shortened(content, MAX_MESSAGE_CHARS))


def _name(content: str) -> str:
    """Readers take 1,024 characters; escapes make it longer."""
    return shortened(printable(shortened(content, MAX_NAME_CHARS)), MAX_NAME_CHARS)


def _cut(content: str) -> str:
    """A text of an object must not name a file that the reader attaches (GitLab, Jenkins, Azure)."""
    content = content.replace("[[ATTACHMENT|", "[[ATTACHMENT\\x7c")
    if len(content) <= MAX_TEXT_CHARS:
        return content
    return f"{content[:MAX_TEXT_CHARS]}\n… cut: {len(content)} characters; the JSON report has all"


def _seconds(start: str, end: str) -> float:
    return max((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 0)
