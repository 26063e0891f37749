"""Policy documents of all forms and their tests, changed at each place: an error of the file, or results."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.errors import PolicyError
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.load.policies import load
from gitops_audit.policy.testing.suite import run_file
from tests.hostile.policy_samples import FORMS, RESOURCES, TEST
from tests.hostile.structure import broken_texts, mutants, some, text_of

_OUTCOMES = {"pass", "fail", "warn", "error", "skip"}
_WORLD = GivenWorld(RESOURCES)
_SUBJECTS = [subject_of(body) for body in RESOURCES]
_HANG_S = 60
Record = Callable[[str, object], None]


@contextmanager
def _ends() -> Iterator[None]:
    """An alarm ends what hangs; the time is far beyond what any case takes."""
    signal.alarm(_HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)


def _fault(data: bytes) -> str:
    """What is wrong with how a file of policies was taken; empty where nothing is."""
    try:
        policies = load(read(data, "p.yaml"))
        results = [r for p in policies for subject in _SUBJECTS for r in p.evaluate(subject, _WORLD)]
    except PolicyError as error:
        return "" if error.where and error.where.path else f"without a place: {error}"
    except Exception as error:
        return repr(error)
    return "" if all(r.result in _OUTCOMES and isinstance(r.message, str) for r in results) else "no result"


def _text_of(documents: Any) -> bytes:
    return b"\n---\n".join(map(text_of, documents)) if isinstance(documents, list) else text_of(documents)


@pytest.mark.parametrize("form", FORMS)
def test_a_sample_is_sound(form: str) -> None:
    policies = load(read(_text_of(FORMS[form]), "p.yaml"))
    assert [r for p in policies for subject in _SUBJECTS for r in p.evaluate(subject, _WORLD)]


@pytest.mark.parametrize("form", FORMS)
def test_policies_of_any_structure_are_no_bug(form: str, record_property: Record) -> None:
    found = some(mutants(FORMS[form]), 220)
    record_property("inputs", len(found))
    with _ends():
        wrong = {mutant.told: fault for mutant in found if (fault := _fault(_text_of(mutant.body)))}
    assert wrong == {}


@pytest.mark.parametrize("form", FORMS)
def test_policies_of_any_bytes_are_no_bug(form: str, record_property: Record) -> None:
    found = list(broken_texts(yaml.safe_dump_all(FORMS[form]).encode(), 150))
    record_property("inputs", len(found))
    with _ends():
        wrong = {data: fault for data in found if (fault := _fault(data))}
    assert wrong == {}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    policy, exception = FORMS["ClusterPolicy"]
    for name, documents in (("policy", [policy]), ("exception", [exception]), ("resources", RESOURCES)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump_all(documents))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "document"),
    [("kyverno-test.yaml", yaml.safe_load(TEST)), ("own.yaml", FORMS["Policy"][0])],
    ids=["kyverno", "own"],
)
def test_tests_of_any_structure_are_no_bug(name: str, document: Any, suite: Path, record_property: Record) -> None:
    found = some(mutants(document), 150)
    record_property("inputs", len(found))
    with _ends():
        for mutant in found:
            (suite / name).write_bytes(text_of(mutant.body))
            rows = run_file(suite / name).rows
            assert all(row.actual in _OUTCOMES for row in rows), mutant.told
