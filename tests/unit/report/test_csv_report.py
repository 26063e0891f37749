from __future__ import annotations

import csv
import io

import pytest

from gitops_audit.model.result import AuditResult
from gitops_audit.report import csv_report
from tests.reported import finished, hostile, of_everything, scaled


def rows(result: AuditResult) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_report.write(result).decode(), newline=""), strict=True))


def test_the_first_row_names_the_columns() -> None:
    first = csv_report.write(finished([])).decode()
    assert first == ",".join(csv_report.COLUMNS) + "\r\n"


def test_a_row_holds_the_finding_with_its_evidence_and_place() -> None:
    (row,) = rows(finished([scaled("web")]))
    assert (row["cluster"], row["kind"], row["name"], row["field"]) == ("prod", "Deployment", "web", "spec.replicas")
    assert (row["declared"], row["live"], row["manager"], row["user"]) == ("3", "5", "kubectl-edit", "ann")
    assert (row["file"], row["line"], row["author"], row["cause"]) == ("apps/web.yaml", "7", "Ann", "cluster")


def test_every_finding_is_a_row_with_what_became_of_it() -> None:
    states = [row["result"] for row in rows(of_everything())]
    assert set(states) == {"finding", "warning", "error", "skipped", "ignored", "excepted"}
    assert len(states) == sum(1 for _ in of_everything().findings)


def test_no_cell_is_a_formula_and_every_row_is_whole() -> None:
    made = rows(hostile())
    assert len(made) == sum(1 for _ in hostile().findings)
    cells = [cell for row in made for cell in row.values()]
    assert all(isinstance(cell, str) for cell in cells)
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells)
    assert all(cell.isprintable() and len(cell) < 32_767 for cell in cells)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_what_a_spreadsheet_takes_for_a_formula_starts_with_an_apostrophe(text: str) -> None:
    (row,) = rows(finished([scaled(text)]))
    assert row["name"].startswith("'")
