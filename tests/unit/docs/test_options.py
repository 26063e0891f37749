"""The pages about options name every field, and tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitops_audit.deployer.flux.fields import FIELDS

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs/reference"
FLUX = (REFERENCE / "flux-options.md").read_text(encoding="utf-8")
KUSTOMIZE = (REFERENCE / "kustomize-options.md").read_text(encoding="utf-8")
# `Kustomization` of kustomize 5.8 (api/types/kustomization.go), without what every object has.
KUSTOMIZATION = (
    *("resources", "bases", "components", "namespace", "namePrefix", "nameSuffix", "labels", "commonLabels"),
    *("commonAnnotations", "patches", "patchesStrategicMerge", "patchesJson6902", "images", "imageTags", "replicas"),
    *("replacements", "vars", "configMapGenerator", "secretGenerator", "generatorOptions", "openapi", "crds"),
    *("configurations", "generators", "transformers", "validators", "helmCharts", "helmGlobals"),
    *("helmChartInflationGenerator", "sortOptions", "buildMetadata"),
)
_TEST = re.compile(r"`(test_\w+)`")


def _rows(section: str) -> list[list[str]]:
    """The cells of the rows of a section's first table."""
    table = section.partition("|---|")[2].partition("\n\n")[0]
    return [line.strip("|").split(" | ") for line in table.splitlines()[1:]]


def _section(page: str, heading: str) -> str:
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: str(kind[1]))
def test_every_field_of_flux_has_a_row_and_no_other_has(kind: tuple[str, str]) -> None:
    named = [name for row in _rows(_section(FLUX, kind[1])) for name in re.findall(r"`(\w+)`", row[0])]

    assert sorted(named) == sorted(FIELDS[kind])


def test_every_field_of_a_kustomization_has_a_row_and_no_other_has() -> None:
    named = [name for row in _rows(KUSTOMIZE) for name in re.findall(r"`(\w+)`", row[0])]

    assert sorted(named) == sorted(KUSTOMIZATION)


@pytest.mark.parametrize("page", ["flux-options.md", "kustomize-options.md"])
def test_every_row_about_an_option_names_tests_that_there_are(page: str) -> None:
    text = (REFERENCE / page).read_text(encoding="utf-8")
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"^def (test_\w+)\(", code, re.MULTILINE))
    rows = [line for line in text.splitlines() if re.match(r"\| (?!---)", line) and not line.endswith("| tests |")]

    assert len(rows) > 10
    assert [row for row in rows if not _TEST.search(row.rpartition(" | ")[2])] == []
    assert [name for name in _TEST.findall(text) if name not in known] == []
