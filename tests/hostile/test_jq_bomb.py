"""An Application may hold any program of jq: what has no end is told, and the rest of the run goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.render import jq
from tests.audited import Audited, audited
from tests.faults.test_engines_are_checked import LIVE_MAP, application, fleet

CHANGED = LIVE_MAP | {"data": {"generated-1": "x", "own": "x"}}


def run(root: Path, *expressions: str) -> Audited:
    """Of a ConfigMap in which two keys were added by hand, with these expressions of its Application."""
    managed = [{"manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1"}]
    managed[0] |= {"fieldsV1": {"f:data": {"f:generated-1": {}, "f:own": {}}}}  # type: ignore[dict-item]
    metadata = {"name": "web", "namespace": "shop", "managedFields": managed}
    ignored = [{"group": "", "kind": "ConfigMap", "jqPathExpressions": list(expressions)}]
    fleet(root, [application(ignoreDifferences=ignored)], [])
    live = json.loads((root / "live.json").read_text())
    live["items"][0] = {**CHANGED, "metadata": metadata}
    (root / "live.json").write_text(json.dumps(live))
    return audited(root)


def counted(found: Audited) -> list[str]:
    verdict = found.verdicts["prod/fleet.shop/ConfigMap/shop/web"]
    return [finding.path for finding in verdict.changes if finding.waiver is None]


def test_what_an_expression_leads_to_does_not_count(tmp_path: Path) -> None:
    found = run(tmp_path, '.data[.data // {} | keys[] | select(startswith("generated-"))]')
    assert counted(found) == ["data.own"]


@pytest.mark.parametrize("bomb", ["[range(1e9)]", "def f: f; f", "def f: [f]; .[f]"])
def test_a_program_without_end_hides_nothing_and_is_told(
    tmp_path: Path, bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jq, "LIMIT_S", 0.3)
    found = run(tmp_path, bomb, ".data.own")
    assert [note for note in found.finished.notes if bomb in note and "is not applied" in note]
    assert counted(found) == ["data.generated-1"]
    assert found.verdicts["prod/fleet.shop/ConfigMap/shop/web"].outcome == "failed"
