"""A Secret's value is known by what it is: no copy of it is shown, wherever in the object it stands and in any form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.redact import Redactor, is_redacted
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.object_validation import object_faults
from tests.audited import audited
from tests.hostile.leaking import CORE, FORMS, VALUES, b64, traces
from tests.recorded import make


def wrapped(text: str) -> Iterator[tuple[str, JsonObject]]:
    yield "annotation", {"annotations": {"note": text}}
    yield "label", {"labels": {"lab": text}}
    yield "label name", {"labels": {text: "x"}}
    yield "annotation list", {"annotations": {"note": [text]}}
    yield "finalizer", {"finalizers": [text]}


def secret(value: str, metadata: JsonObject, *, is_encoded: bool) -> JsonObject:
    data = {"data": {"k": b64(value)}} if is_encoded else {"stringData": {"k": value}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", **metadata}, **data}


CASES = list(product(FORMS, VALUES))


@pytest.mark.parametrize(("form", "value"), CASES, ids=[f"{f}-{VALUES.index(v)}" for f, v in CASES])
def test_no_form_of_a_value_is_shown_beside_it(form: str, value: str) -> None:
    text = FORMS[form](value)
    for (place, metadata), is_encoded in product(wrapped(text), (False, True)):
        clean = Redactor().redact(secret(value, metadata, is_encoded=is_encoded))
        assert text not in _texts(clean["metadata"]), place
        said = json.dumps(clean, ensure_ascii=False).lower()
        assert not any(trace in said for trace in traces(CORE)), place


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for pair in value.items() for part in pair for found in _texts(part)]
    return [found for part in value for found in _texts(part)] if isinstance(value, list) else [str(value)]


KINDS = (
    *("Secret", "secret", "SECRET", "Secrets", "secrets", "Secret ", " Secret", "Secret\n", "Sec ret", "v1/Secret"),
    *("SecretList", "Secretlist", "Secert", "Sceret", "Secre", "Secrett", "Secreet", "Sicret", "S\u0435cret"),
)


@pytest.mark.parametrize("kind", [*KINDS, ["Secret"], {"a": "Secret"}, None], ids=repr)
@pytest.mark.parametrize("version", ["v1", "V1", "v1 ", "v2", "core/v1", "", None], ids=repr)
def test_what_was_meant_to_be_a_secret_is_one(kind: Any, version: Any) -> None:
    fields = ("stringData",) if kind is None else ("stringData", "data", "StringData", "stringdata", "STRINGDATA")
    for field in fields:
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": "s"}, field: {"k": CORE}}
        assert CORE not in json.dumps(Redactor().redact(body)), field


COPIES = ("kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original", "note")


@pytest.mark.parametrize("key", COPIES)
@pytest.mark.parametrize("value", ["1", "abc", "pin4", "p@ss", CORE])
@pytest.mark.parametrize("form", ["JSON", "YAML", "list of JSON", "JSON in JSON"])
def test_a_copy_of_the_manifest_holds_no_value_however_short(key: str, value: str, form: str) -> None:
    copy = secret(value, {}, is_encoded=False)
    text = {
        "JSON": json.dumps(copy),
        "YAML": yaml.safe_dump(copy),
        "list of JSON": json.dumps([copy]),
        "JSON in JSON": json.dumps({"was": json.dumps(copy)}),
    }[form]
    clean = Redactor().redact(secret("another-value", {"annotations": {key: text}}, is_encoded=True))
    kept = clean["metadata"]["annotations"][key]
    found = {"was": kept} if is_redacted(kept) else json.loads(kept)
    assert is_redacted(found["data"]["k"] if "data" in found else found["was"])


def test_an_earlier_value_that_only_last_applied_holds_is_known_too() -> None:
    copy = json.dumps(secret(CORE, {"labels": {"new": "another-value"}}, is_encoded=False))
    annotations = {COPIES[0]: copy, "note": f"was {CORE}"}
    clean = Redactor().redact(secret("another-value", {"annotations": annotations}, is_encoded=True))
    said = json.dumps(clean)
    assert CORE not in said
    assert "another-value" not in said


def test_the_same_text_gets_the_same_token_in_git_and_in_the_cluster() -> None:
    redactor = Redactor()
    git = redactor.redact(secret(CORE, {"labels": {"l": CORE}}, is_encoded=False))
    assert git == redactor.redact(secret(CORE, {"labels": {"l": CORE}}, is_encoded=True))


@pytest.mark.parametrize(
    ("value", "metadata"),
    [
        ("true", {"labels": {"enabled": "true"}}),
        ("shop", {"labels": {"l": "shop"}, "name": "shop"}),
        ("storefront", {"labels": {"app.kubernetes.io/instance": "storefront"}}),
        ("postgres", {"namespace": "postgres", "annotations": {"note": "postgres"}}),
        ("abc", {"annotations": {"note": "abc and more"}}),
        ("prod", {"annotations": {"note": "of production"}}),
        (CORE, {"annotations": {"note": "rotated in spring"}, "labels": {"tier": "db"}}),
        ("", {"annotations": {"note": ""}}),
    ],
)
def test_what_is_no_secret_stays_readable(value: str, metadata: JsonObject) -> None:
    clean = Redactor().redact(secret(value, metadata, is_encoded=False))
    assert clean["metadata"] == {"name": "s", **metadata}


@pytest.mark.parametrize(("declared", "live"), [("team-seven", "rotated-1"), ("rotated-1", "team-seven")])
def test_a_label_that_holds_the_value_of_one_side_alone_is_no_drift(tmp_path: Path, declared: str, live: str) -> None:
    git, cluster = (
        secret(value, {"namespace": "shop", "labels": {"team": "team-seven"}}, is_encoded=True)
        for value in (declared, live)
    )
    root = make(tmp_path / "repo", [git], [cluster], {})
    (verdict,) = audited(root)
    assert verdict.drift is not None
    assert [change.path for change in verdict.changes] == ["data.k"]


def test_a_token_is_no_invalid_label() -> None:
    metadata = {"labels": {"l": CORE, CORE: "x"}, "finalizers": [f"example.com/{CORE}"]}
    clean = Redactor().redact(secret(CORE, metadata, is_encoded=False))
    assert object_faults(clean, "", "Secret") == []


@pytest.mark.parametrize("form", FORMS)
def test_a_redacted_field_is_known_in_the_rest_of_its_object(form: str) -> None:
    class Everything:
        fields = ("/data/password",)

        @property
        def match(self) -> Everything:
            return self

        def selects(self, *_: object) -> bool:
            return True

    text = FORMS[form](VALUES[0])
    body = {"kind": "ConfigMap", "metadata": {"annotations": {"a": text}}, "data": {"password": VALUES[0], "url": text}}
    said = json.dumps(Redactor(rules=[Everything()]).redact(body)).lower()
    assert not any(trace in said for trace in traces(CORE))
