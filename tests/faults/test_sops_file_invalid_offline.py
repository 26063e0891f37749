"""The key that SOPS writes into a file never reaches a server: without a cluster such a file is valid, and is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.model.resource import JsonObject
from tests.faults.test_placeholders_compared_as_content import CIPHER, MAP, SECRET, SOPS, deployment, run


@pytest.mark.parametrize(
    "declared",
    [
        SECRET | {"stringData": {"a": CIPHER}, "sops": SOPS},
        SECRET | {"data": {"a": CIPHER}, "sops": SOPS},
        MAP | {"data": {"a": CIPHER}, "sops": SOPS},
        deployment("web:1") | {"spec": deployment("web:1")["spec"] | {"replicas": CIPHER}, "sops": SOPS},
    ],
    ids=["stringData", "data", "a ConfigMap", "a number"],
)
def test_an_encrypted_object_is_valid_and_a_note_counts_its_file(tmp_path: Path, declared: JsonObject) -> None:
    found = run(tmp_path, declared)
    assert (found.exit_code, list(found.outcomes.values())) == (0, ["passed"])
    assert "1 file is encrypted by SOPS: keys were checked, values are not known" in found.finished.notes


def test_what_can_be_checked_of_an_encrypted_object_is(tmp_path: Path) -> None:
    found = run(tmp_path, SECRET | {"stringData": {"a": CIPHER}, "imutable": True, "sops": SOPS})
    assert [fault.path for verdict in found for fault in verdict.found("schema")] == ["imutable"]


def test_a_key_named_sops_that_sops_did_not_write_is_unknown_to_the_schema(tmp_path: Path) -> None:
    found = run(tmp_path, MAP | {"data": {"a": "1"}, "sops": {"by": "hand"}})
    assert [fault.path for verdict in found for fault in verdict.found("schema")] == ["sops"]


def test_no_report_holds_the_encrypted_text(tmp_path: Path) -> None:
    (verdict,) = run(tmp_path, SECRET | {"stringData": {"a": CIPHER}, "sops": SOPS})
    assert CIPHER not in json.dumps(verdict.subject.body)
