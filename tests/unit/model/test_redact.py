from __future__ import annotations

import base64
import json
import pickle

import pytest

from gitops_audit.model.redact import LAST_APPLIED, Redactor, faulty_secret_keys, is_redacted
from gitops_audit.model.resource import JsonObject

MARKER = "s3cr3t-marker-value"
ENCODED = base64.b64encode(MARKER.encode()).decode()


def secret(**fields: object) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields}


def everything(body: JsonObject) -> str:
    return json.dumps(body) + repr(body) + pickle.dumps(body).hex()


@pytest.mark.parametrize(
    "body",
    [
        secret(data={"k": ENCODED}),
        secret(stringData={"k": MARKER}),
        secret(data={"k": MARKER + "!"}),
        secret(data=[ENCODED]),
        secret(data={"k": {"nested": MARKER}}),
        secret(metadata={"name": "s", "annotations": {LAST_APPLIED: json.dumps(secret(data={"k": ENCODED}))}}),
        secret(metadata={"name": "s", "annotations": {LAST_APPLIED: f"broken {MARKER} {ENCODED}"}}),
        secret(metadata={"name": "s", "annotations": {LAST_APPLIED: json.dumps([MARKER, ENCODED])}}),
    ],
)
def test_no_form_of_a_secret_keeps_its_value(body: JsonObject) -> None:
    clean = Redactor().redact(body)
    assert MARKER not in everything(clean)
    assert ENCODED not in everything(clean)


def test_the_same_value_gives_the_same_token_in_data_and_string_data() -> None:
    redactor = Redactor()
    wrapped = ENCODED[:8] + "\n" + ENCODED[8:]
    tokens = [
        redactor.redact(secret(data={"k": ENCODED}))["data"]["k"],
        redactor.redact(secret(data={"k": wrapped}))["data"]["k"],
        redactor.redact(secret(stringData={"k": MARKER}))["data"]["k"],
    ]
    assert len(set(tokens)) == 1
    assert is_redacted(tokens[0])


def test_string_data_wins_over_data_as_on_the_server() -> None:
    redactor = Redactor()
    both = redactor.redact(secret(data={"k": ENCODED}, stringData={"k": "other"}))
    assert both["data"]["k"] == redactor.token(b"other")


def test_another_key_gives_another_token() -> None:
    assert Redactor().token(b"v") != Redactor().token(b"v")


def test_redacting_twice_changes_nothing() -> None:
    redactor = Redactor()
    once = redactor.redact(secret(data={"k": ENCODED}))
    assert redactor.redact(once) == once


def test_a_value_that_only_looks_like_a_token_is_redacted() -> None:
    forged = "<redacted:" + MARKER + ">"
    assert MARKER not in everything(Redactor().redact(secret(stringData={"k": forged})))


def test_the_input_is_not_changed_and_other_kinds_pass_through() -> None:
    body = secret(data={"k": ENCODED})
    Redactor().redact(body)
    assert body == secret(data={"k": ENCODED})
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v"}}
    assert Redactor().redact(config_map) is config_map


def test_keys_that_are_not_base64_are_named_without_their_value() -> None:
    assert list(faulty_secret_keys(secret(data={"good": ENCODED, "bad": "%%%"}))) == ["bad"]
