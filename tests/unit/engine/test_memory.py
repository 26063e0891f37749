"""An audit leaves the process as it found it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.config.load import load
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.options import RunOptions
from tests.audited import repository

CONFIG = "version: 1\nsources:\n  - {name: s, path: app}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    gc.unfreeze()
    yield repository(tmp_path, {"gitops-audit.yaml": CONFIG, "app/a.yaml": MAP})
    gc.unfreeze()


def run(folder: Path) -> Audit:
    audit = Audit(load(folder / "gitops-audit.yaml"), RunOptions(offline=True))
    audit.prepare()
    assert len(list(audit.run())) == 3
    return audit


def test_a_closed_audit_is_freed_though_it_was_part_of_a_cycle(folder: Path) -> None:
    audit = run(folder)
    audit.__dict__["itself"] = audit
    gone = weakref.ref(audit)
    audit.close()
    audit.close()
    assert gc.get_freeze_count() == 0
    del audit
    gc.collect()
    assert gone() is None


def test_of_two_open_audits_the_last_one_gives_back(folder: Path) -> None:
    first, second = run(folder), run(folder)
    first.close()
    assert gc.get_freeze_count() > 0
    second.close()
    assert gc.get_freeze_count() == 0


def test_what_the_program_froze_stays_frozen(folder: Path) -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    run(folder).close()
    assert before / 2 < gc.get_freeze_count() <= before


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_on_or_off_as_before(folder: Path, is_enabled: bool) -> None:
    (gc.enable if is_enabled else gc.disable)()
    try:
        run(folder).close()
        assert gc.isenabled() is is_enabled
    finally:
        gc.enable()
