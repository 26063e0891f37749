"""A Secret's value is known by what it is: no copy of it is shown, wherever in the object it stands and in any form."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml

from gitops_audit.model.redact import Redactor, is_redacted
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.object_validation import object_faults
from tests.hostile.leaking import traces

CORE = "mrk7zq1x"
VALUES = (
    f"S3c-{CORE}-pw",
    f'quo"te-{CORE}',
    f"back\\slash-{CORE}",
    f"it's-{CORE}",
    f"<{CORE}>&more",
    f"line one\n{CORE}-line-two\n",
    f"postgres://u:{CORE}@db/x?a=b",
    f"ünï-{CORE}",
    f"  {CORE}  ",
    f"A=1\nPASSWORD={CORE}\n",
    json.dumps({"auths": {"r.example": {"password": CORE}}}),
    "1234567890123",
)


def b64(text: str, *, before: str = "", after: str = "") -> str:
    return base64.b64encode(f"{before}{text}{after}".encode()).decode()


FORMS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "in a sentence": lambda v: f"the password is {v}, keep it",
    "in upper case": str.upper,
    "in lower case": str.lower,
    "JSON": lambda v: json.dumps({"p": v}),
    "JSON, not ASCII": lambda v: json.dumps({"p": v}, ensure_ascii=False),
    "a JSON list": lambda v: json.dumps([1, [v]]),
    "JSON in JSON": lambda v: json.dumps({"a": json.dumps({"p": v})}),
    "JSON in JSON in JSON": lambda v: json.dumps(json.dumps(json.dumps([v]))),
    "JSON as Go writes it": lambda v: json.dumps(v).replace("<", "\\u003c").replace(">", "\\u003E"),
    "YAML": lambda v: yaml.safe_dump({"p": {"q": [v]}}),
    "YAML in one line": lambda v: yaml.safe_dump({"p": v}, default_flow_style=True, width=20),
    "YAML in single quotes": lambda v: "p: '" + v.replace("'", "''") + "'",
    "URL": lambda v: quote(v, safe=""),
    "URL twice": lambda v: quote(quote(v, safe=""), safe=""),
    "form": lambda v: "p=" + quote_plus(v),
    "HTML": lambda v: html.escape(v),
    "base64": b64,
    "base64 without padding": lambda v: b64(v).rstrip("="),
    "base64 for URLs": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 in lines": lambda v: base64.encodebytes(v.encode()).decode(),
    "base64 after one byte": lambda v: b64(v, before="a", after=":tail"),
    "base64 after two bytes": lambda v: b64(v, before="ab", after=":tail"),
    "base64 of user and password": lambda v: "Basic " + b64(v, before="user:"),
    "base64 twice": lambda v: b64(b64(v)),
    "base64 three times": lambda v: b64(b64(b64(v))),
    "base64 of JSON": lambda v: b64(json.dumps({"p": v})),
    "base32": lambda v: base64.b32encode(v.encode()).decode(),
    "hex": lambda v: v.encode().hex(),
    "HEX": lambda v: v.encode().hex().upper(),
    "backwards": lambda v: v[::-1],
}


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
