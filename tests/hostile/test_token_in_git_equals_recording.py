"""A token is a value's stand-in in what this tool wrote; in Git it is a mistake, and never equal to a recording's."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from gitops_audit.model.redact import Redactor, is_redacted
from gitops_audit.model.resource import JsonObject
from tests.audited import audited, repository

KEY = bytes(32)
TOKEN = Redactor(KEY).token(b"the value")
CONFIG = "version: 1\nclusters: {up: {snapshot: r.gz}}\nsources: [{name: s, path: app}]\n"


def secret(field: str, value: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "shop"}, field: {"p": value}}


def recording(body: JsonObject) -> bytes:
    return gzip.compress(
        json.dumps(
            {
                "apiVersion": "gitops-audit/v1",
                "kind": "Snapshot",
                "version": "v1.33",
                "key": KEY.hex(),
                "discovery": {
                    "resources": [["", "v1", "Secret", "secrets", True, ["get", "list"], []]],
                    "failed": [],
                },
                "objects": [body],
                "complete": [["", "Secret", ""]],
                "absent": [],
                "problems": [],
                "schemas": [],
            }
        ).encode()
    )


def shop(root: Path, declared: JsonObject) -> Path:
    repository(root, {"app/a.json": json.dumps(declared), "gitops-audit.yaml": CONFIG})
    (root / "r.gz").write_bytes(recording(secret("data", TOKEN)))
    return root


@pytest.mark.parametrize("field", ["data", "stringData"])
@pytest.mark.parametrize("token", [TOKEN, "<redacted:000000000000>"])
def test_a_token_in_git_is_told_and_no_value(tmp_path: Path, field: str, token: str) -> None:
    run = audited(shop(tmp_path, secret(field, token)))
    (verdict,) = run
    assert run.exit_code == 1
    assert [fault.message for fault in verdict.found("schema")] == [
        "the value is a digest as reports and recordings show it, not a Secret's value"
    ]
    assert verdict.drift is not None
    assert verdict.drift.status == "modified"


@pytest.mark.parametrize("declared", [("stringData", "the value"), ("data", base64.b64encode(b"the value").decode())])
def test_the_value_in_git_equals_the_token_of_a_recording(tmp_path: Path, declared: tuple[str, str]) -> None:
    assert audited(shop(tmp_path, secret(*declared))).exit_code == 0


def test_a_token_is_a_value_as_any_other_save_in_a_recording() -> None:
    body = secret("data", TOKEN)
    redactor = Redactor(KEY)
    assert redactor.of_recording().redact(body) == body
    hashed = redactor.redact(body)["data"]["p"]
    assert is_redacted(hashed)
    assert hashed != TOKEN
