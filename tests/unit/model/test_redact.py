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
        secret(data={"k": ENCODED}, metadata={"name": "s", "annotations": {"note": f"the value is {MARKER}"}}),
        secret(data={"k": ENCODED}, metadata={"name": "s", "annotations": {"note": f"the value is {ENCODED}"}}),
        secret(metadata={"annotations": {"kapp.k14s.io/original": json.dumps(secret(stringData={"k": MARKER}))}}),
        secret(metadata={"annotations": {"other": json.dumps({"data": {"k": ENCODED}})}}),
        secret(metadata={"annotations": {"objectset.rio.cattle.io/applied": ENCODED}}),
        secret(metadata={"annotations": {"note": [MARKER]}}),
        secret(metadata={"name": "s", "password": MARKER}),
        secret(StringData={"k": MARKER}, DATA={"k": ENCODED}, stringdata={"k": MARKER}),
        secret(spec={"data": {"k": MARKER}}),
        secret(password=MARKER, k={"nested": [ENCODED]}),
        secret(stringData={"k": MARKER}) | {"apiVersion": "v2"},
        secret(stringData={"k": MARKER}) | {"apiVersion": "core/v1"},
        secret(stringData={"k": MARKER}) | {"apiVersion": None},
        secret(stringData={"k": MARKER}) | {"kind": "secret"},
        secret(data={"k": ENCODED}, StringData={"k": MARKER}) | {"apiVersion": "example.com/v1"},
    ],
)
def test_no_form_of_a_secret_keeps_its_value(body: JsonObject) -> None:
    clean = Redactor().redact(body)
    assert MARKER not in everything(clean)
    assert ENCODED not in everything(clean)


def test_what_tells_nothing_of_a_secret_stays() -> None:
    annotations = {"note": "rotated in spring", "policy": '{"kind": "Rotation", "days": 30}', "empty": ""}
    metadata = {"name": "s", "labels": {"app": "web"}, "annotations": annotations, "finalizers": ["x"]}
    body = secret(metadata=metadata, type="Opaque", immutable=True, data={"short": "YQ=="})
    clean = Redactor().redact(body)
    assert clean | {"data": body["data"]} == body
    assert is_redacted(clean["data"]["short"])


@pytest.mark.parametrize(
    "body",
    [
        {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "spec": {"encryptedData": {"k": "cipher"}}},
        {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "spec": {"data": [{"secretKey": "k"}]}},
        {"apiVersion": "example.com/v1", "kind": "Secret", "metadata": {"name": "s"}, "spec": {"length": 20}},
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "plain"}},
    ],
)
def test_what_only_sounds_like_a_secret_stays(body: JsonObject) -> None:
    assert Redactor().redact(body) == body


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


def test_what_was_recorded_redacted_stays_as_it_is() -> None:
    redactor = Redactor()
    annotations = {"kapp.k14s.io/original": json.dumps(secret(data={"k": ENCODED})), "note": f"is {MARKER}"}
    once = redactor.redact(secret(data={"k": ENCODED}, metadata={"name": "s", "annotations": annotations}))
    assert redactor.of_recording().redact(once) == once


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
