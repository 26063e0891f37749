"""Audits in one process know nothing of each other, in whatever order their steps come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from gitops_audit import AuditResult, audit, load_config
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Event, Finished, Judged
from gitops_audit.model.verdict import Verdict
from tests.repository import Repo

CONFIG = """\
version: 1
clusters:
  prod: {{snapshot: prod.json}}
sources: [{{name: {name}, path: apps}}]
drift:
  ignore:
    - {{match: {{kind: ConfigMap}}, fields: [/data/{ignored}], reason: not ours}}
"""
SECRET = "c3VwZXItc2VjcmV0LXZhbHVlLTQyMTc="


def _objects(value: str) -> list[dict[str, object]]:
    metadata = {"namespace": "shop"}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**metadata, "name": "s"},
            "data": {"a": value, "b": "1"},
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {**metadata, "name": "t"}, "data": {"token": SECRET}},
    ]


def configuration(folder: Path, name: str, ignored: str) -> Path:
    """A repository with a ConfigMap whose field `a` differs, a Secret, and rules of its own."""
    repo = Repo.init(folder)
    declared = "\n---\n".join(json.dumps(body) for body in _objects("1"))
    live = json.dumps({"apiVersion": "v1", "kind": "List", "items": _objects("2")})
    config = CONFIG.format(name=name, ignored=ignored)
    repo.commit_files({"apps/all.yaml": declared, "prod.json": live, "gitops-audit.yaml": config})
    return folder / "gitops-audit.yaml"


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return configuration(tmp_path / "one", "one", "a")


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return configuration(tmp_path / "two", "two", "b")


def told(verdicts: Sequence[Verdict]) -> list[tuple[str, str, list[str], list[str]]]:
    return [
        (v.subject.id, v.outcome, [f.fingerprint for f in v.findings], [str(f.waiver) for f in v.findings])
        for v in verdicts
    ]


def outcome(result: AuditResult) -> tuple[object, ...]:
    return told(result.verdicts), result.notes, result.summary.outcomes, result.summary.exit_code


def test_the_same_configuration_twice_says_the_same(one: Path) -> None:
    assert outcome(audit(one)) == outcome(audit(one))


def test_a_result_says_what_its_policies_say_of_themselves(one: Path) -> None:
    one.write_text(f"{one.read_text()}policies: [{{pack: best-practices}}]\n")
    about = {policy.name: policy for policy in audit(one).info.policies}["require-requests"]
    assert about.title == "Containers request CPU and memory"
    assert about.standards == ("NSA/CISA Kubernetes Hardening Guide 1.2: Resource policies",)
    assert about.description
    assert about.remediation


def test_settings_that_were_audited_can_be_audited_again(one: Path) -> None:
    settings = load_config(one)
    assert outcome(audit(settings)) == outcome(audit(settings))


def test_two_audits_step_by_step_say_what_each_says_alone(one: Path, two: Path) -> None:
    alone = [outcome(audit(path)) for path in (one, two)]
    with closing(Audit(load_config(one))) as first, closing(Audit(load_config(two))) as second:
        first.prepare()
        second.prepare()
        events: list[list[Event]] = [[], []]
        runs: list[Iterator[Event]] = [first.run(), second.run()]
        while any(len(found) == 0 or not isinstance(found[-1], Finished) for found in events):
            for run, found in zip(runs, events, strict=True):
                found.extend(event for event in [next(run, None)] if event is not None)
        together = [_ended(found) for found in events]
    assert together == alone


def _ended(events: Sequence[Event]) -> tuple[object, ...]:
    verdicts = [event.verdict for event in events if isinstance(event, Judged)]
    [end] = [event for event in events if isinstance(event, Finished)]
    return told(verdicts), end.notes, end.summary.outcomes, end.summary.exit_code


def test_the_rules_of_one_are_not_those_of_the_other(one: Path, two: Path) -> None:
    outcomes = {path.parent.name: [v.outcome for v in audit(path).verdicts] for path in (one, two)}
    assert outcomes == {"one": ["passed", "passed"], "two": ["failed", "passed"]}


def test_an_audit_that_fails_leaves_nothing_behind(one: Path, two: Path) -> None:
    before = outcome(audit(one))
    (two.parent / "prod.json").write_text("no recording")
    assert audit(two).summary.exit_code == 3
    assert outcome(audit(one)) == before


def test_closing_one_leaves_the_other_open(one: Path, two: Path) -> None:
    with closing(Audit(load_config(one))) as first:
        first.prepare()
        with closing(Audit(load_config(two))) as second:
            second.prepare()
        verdicts = [event.verdict for event in first.run() if isinstance(event, Judged)]
    assert [verdict.outcome for verdict in verdicts] == ["passed", "passed"]


def test_one_audit_judges_a_second_time_what_it_is_asked_for_again(one: Path) -> None:
    with closing(Audit(load_config(one))) as first:
        first.prepare()
        passes = [[e.verdict for e in first.run() if isinstance(e, Judged)] for _ in range(2)]
    assert told(passes[0]) == told(passes[1])
