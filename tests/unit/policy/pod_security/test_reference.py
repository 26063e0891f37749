from __future__ import annotations

from pathlib import Path

from gitops_audit.policy.pod_security.registry import CONTROLS
from tests.unit.policy.pod_security.reference import ABOUT, own_cases, table

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "pod-security.md"


def test_the_page_has_the_table_of_the_code_that_judges() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index("| control |") :] == table(), "replace the table by what reference.py prints"


def test_every_revision_of_every_control_has_own_cases_on_both_sides() -> None:
    found = {(c.id, revision.since): own_cases(c, revision) for c in CONTROLS for revision in c.revisions}
    assert [revision for revision, sides in found.items() if 0 in sides] == []
    assert {control.id for control in CONTROLS} == ABOUT.keys()
