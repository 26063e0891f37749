from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.config.settings import RedactRule
from gitops_audit.kube.match import Match
from gitops_audit.model.redact import LAST_APPLIED, Redactor, is_redacted
from gitops_audit.model.resource import JsonObject

MARKER = "s3cr3t-marker-value"


def config_map(**more: object) -> JsonObject:
    metadata = {"name": "db", "namespace": "shop", "labels": {"tier": "db"}}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"password": MARKER, "user": "u"},
    } | more


def redactor(*fields: str, match: Match | None = None) -> Redactor:
    return Redactor(rules=(RedactRule(match or Match(kind="ConfigMap"), fields),))


@pytest.mark.parametrize(
    "match",
    [
        Match(),
        Match(kind="Config*", group="", namespace="sh*", name="d?"),
        Match(labels=(("tier", "db"),)),
    ],
)
def test_a_field_of_a_matching_object_becomes_a_token(match: Match) -> None:
    clean = redactor("/data/password", match=match).redact(config_map())
    assert is_redacted(clean["data"]["password"])
    assert clean["data"]["user"] == "u"


@pytest.mark.parametrize(
    "match",
    [
        Match(kind="Secret"),
        Match(group="apps"),
        Match(namespace="web"),
        Match(name="d"),
        Match(labels=(("tier", "x"),)),
    ],
)
def test_other_objects_stay_as_they_are(match: Match) -> None:
    body = config_map()
    assert redactor("/data/password", match=match).redact(body) is body


@pytest.mark.parametrize(
    "pointer",
    [
        "/spec/list/*/value",
        "/spec/list/[name=a]/value",
        "/spec/list/[name=a,kind=b]/value",
        "/spec/list/0/value",
        "/spec/list",
        "/spec",
        "/*/list/*/value",
        "/spec/list/*",
    ],
)
def test_every_form_of_pointer_reaches_its_field(pointer: str) -> None:
    body = config_map(data={}, spec={"list": [{"name": "a", "kind": "b", "value": MARKER}]})
    assert MARKER not in json.dumps(redactor(pointer).redact(body))


@pytest.mark.parametrize(
    "pointer",
    ["/spec/list/[name=b]/value", "/spec/list/1/value", "/spec/gone/value", "/spec/list/value", "/data/x/y/z"],
)
def test_a_pointer_that_leads_nowhere_changes_nothing(pointer: str) -> None:
    body = config_map(spec={"list": [{"name": "a", "value": MARKER}]})
    assert redactor(pointer).redact(body) == body


def test_escapes_and_slashes_within_selectors_are_understood() -> None:
    body = config_map(metadata={"annotations": {"a/b~c": MARKER}}, data={"l": [{"image": "x/y", "v": MARKER}]})
    clean = redactor("/metadata/annotations/a~1b~0c", "/data/l/[image=x/y]/v").redact(body)
    assert MARKER not in json.dumps(clean)


@pytest.mark.parametrize("value", [MARKER, {"a": MARKER}, [MARKER], 12345, True, 1.5])
def test_a_value_of_any_type_becomes_a_token_that_can_be_compared(value: object) -> None:
    by = redactor("/data/password")
    tokens = [by.redact(config_map(data={"password": copy.deepcopy(value)}))["data"]["password"] for _ in range(2)]
    assert is_redacted(tokens[0])
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_value_stays_empty(value: object) -> None:
    assert redactor("/data/password").redact(config_map(data={"password": value}))["data"]["password"] == value


@pytest.mark.parametrize(
    "applied",
    [json.dumps({"kind": "ConfigMap", "data": {"password": MARKER}}), f"broken {MARKER}", json.dumps([MARKER])],
)
def test_the_copy_in_last_applied_is_redacted_too(applied: str) -> None:
    body = config_map(metadata={"name": "db", "annotations": {LAST_APPLIED: applied}})
    clean = redactor("/data/password").redact(body)
    assert MARKER not in json.dumps(clean)


@pytest.mark.parametrize("key", ["kapp.k14s.io/original", "banzaicloud.com/last-applied"])
def test_the_copies_of_other_appliers_are_redacted_too(key: str) -> None:
    copied = json.dumps({"kind": "ConfigMap", "data": {"password": MARKER, "port": "80"}})
    body = config_map(metadata={"name": "db", "annotations": {key: copied, "note": "stays"}})
    clean = redactor("/data/password").redact(body)
    assert MARKER not in json.dumps(clean)
    assert clean["metadata"]["annotations"]["note"] == "stays"


def test_last_applied_gives_the_same_token_as_the_field() -> None:
    body = config_map(metadata={"annotations": {LAST_APPLIED: json.dumps({"data": {"password": MARKER}})}})
    clean = redactor("/data/password").redact(body)
    applied = json.loads(clean["metadata"]["annotations"][LAST_APPLIED])
    assert applied["data"] == {"password": clean["data"]["password"]}


def test_secrets_are_redacted_beside_the_rules() -> None:
    secret = config_map(kind="Secret", stringData={"k": MARKER}, data={}, type=MARKER)
    clean = redactor("/type", match=Match(kind="Secret")).redact(secret)
    assert MARKER not in json.dumps(clean)


def test_what_was_recorded_redacted_stays_as_it_is() -> None:
    by = redactor("/data/*", "/metadata/annotations/*")
    body = config_map(metadata={"annotations": {LAST_APPLIED: json.dumps({"data": {"password": MARKER}}), "x": MARKER}})
    once = by.redact(body)
    assert by.of_recording().redact(once) == once


@pytest.mark.parametrize(
    ("body", "expected"), [(config_map(), True), (config_map(kind="Secret"), True), (config_map(kind="Service"), False)]
)
def test_what_holds_tokens_is_known(body: JsonObject, expected: bool) -> None:
    assert redactor("/data/password").covers(body) is expected


trees = st.recursive(
    st.sampled_from([None, True, 1, "", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)
pointers = st.lists(st.sampled_from(["a", "b", "*", "0", "[a=b]"]), min_size=1, max_size=4).map(
    lambda s: "/" + "/".join(s)
)


@settings(max_examples=40)
@given(body=st.dictionaries(st.sampled_from("abc"), trees, max_size=3), pointer=pointers)
def test_the_input_is_never_changed(body: JsonObject, pointer: str) -> None:
    before = copy.deepcopy(body)
    redactor(pointer, match=Match()).redact(body)
    assert body == before
