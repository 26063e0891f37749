from __future__ import annotations

from pathlib import Path

from gitops_audit.policy.pod_security.reference import table

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "pod-security.md"


def test_the_page_has_the_table_of_the_code_that_judges() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index("| control |") :] == table(), "replace the table by the output of reference.table()"
