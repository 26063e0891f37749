from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.policy.form.kyverno import jmes

DATA: dict[str, Any] = {
    "name": "web",
    "count": 3,
    "labels": {"app": "web", "tier": "front"},
    "items": [{"name": "a", "port": 80}, {"name": "b"}, {"port": 443}],
    "nested": [[1, 2], [3]],
    "empty": [],
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("name", "web"),
        ("labels.app", "web"),
        ("items[0].name", "a"),
        ("items[9].name", None),
        ("items[].name", ["a", "b"]),
        ("items[*].port", [80, 443]),
        ("items[?name=='a'].port", [80]),
        ("items[?port > `100`].port", [443]),
        ("items[?missing].port", []),
        ("nested[]", [1, 2, 3]),
        ("labels.*", ["web", "front"]),
        ("missing || 'default'", "default"),
        ("labels.missing || ''", ""),
        ("missing && name", None),
        ("!missing", True),
        ("not_null(missing, name)", "web"),
        ("{a: name, b: missing}", {"a": "web", "b": None}),
        ("[name, missing]", ["web", None]),
        ("missing | length(@ || `[]`)", 0),
        ("length(items)", 3),
        ("'a' < 'b'", None),
        ("name.x", None),
        ("missing[].x", None),
        ("sort_by(items[?port], &port)[0].port", 80),
        ("count == `3.0`", True),
        ("missing == 'x'", False),
        ("missing.deeper != 'x'", True),
        ("items[?missing != 'x'] | length(@)", 3),
        ("map(&missing, items)", [None, None, None]),
        ("contains(name, `1`)", False),
        ("contains([`1`], `true`)", False),
        ("to_number('1_0')", None),
        ("sort_by([{a: 'x'}], &missing)", [{"a": "x"}]),
        ("max_by([{a: `2`, b: 'first'}, {a: `2`}], &a).b", "first"),
        ("min_by([{a: `2`}, {a: `1`}], &a)", {"a": 1}),
    ],
)
def test_an_expression_has_a_value(expression: str, expected: Any) -> None:
    assert jmes.search(expression, DATA) == expected


@pytest.mark.parametrize("expression", ["missing", "labels.missing", "missing.deeper", "name && missing"])
def test_a_key_that_is_not_there_is_an_error(expression: str) -> None:
    with pytest.raises(jmes.NotFound):
        jmes.search(expression, DATA)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a.",
        "unknown_function(name)",
        "length(count)",
        "to_boolean('x')",
        "sort_by(items, &missing)",
        "x" * 20_001,
        "(" * 5_000 + ")" * 5_000,
    ],
)
def test_what_cannot_be_evaluated_is_an_error(expression: str) -> None:
    with pytest.raises(jmes.JmesError):
        jmes.search(expression, DATA)


FUNCTIONS = [
    ("compare('a', 'b')", -1),
    ("equal_fold('Go', 'GO')", True),
    ("replace('aaa', 'a', 'b', `2`)", "bba"),
    ("replace('aaa', 'a', 'b', `-1`)", "bbb"),
    ("replace_all('a.b.c', '.', '')", "abc"),
    ("to_upper('a')", "A"),
    ("to_lower('A')", "a"),
    ("trim('  a ', ' ')", "a"),
    ("trim_prefix('v1', 'v')", "1"),
    ("split('a/b', '/')", ["a", "b"]),
    ("regex_match('^[a-z]+$', 'abc')", True),
    ("regex_match('^1', `12`)", True),
    ("regex_replace_all('([a-z])([0-9])', 'a1', '$2$1')", "1a"),
    ("regex_replace_all_literal('a', 'aa', '$1')", "$1$1"),
    ("pattern_match('ng*', 'nginx')", True),
    ('label_match(`{"a":"1"}`, `{"a":"1","b":"2"}`)', True),
    ('label_match(`{"a":"2"}`, `{"a":"1"}`)', False),
    ("to_boolean('True')", True),
    ("add(`1`, `2`)", 3),
    ("add('1Gi', '512Mi')", "1536Mi"),
    ("add('1h', '30s')", "1h0m30s"),
    ("sum(`[1, 2.5]`)", 3.5),
    ("sum(['1', '2'])", "3"),
    ("subtract('1', '500m')", "500m"),
    ("multiply('1Gi', `2`)", "2Gi"),
    ("multiply(`2`, '10s')", "20s"),
    ("divide('1Gi', '512Mi')", 2),
    ("divide('10', `4`)", "2"),
    ("divide(`5`, `2`)", 2.5),
    ("divide('1h', `2`)", "30m0s"),
    ("modulo(`-7`, `3`)", -1),
    ("modulo('7', '3')", "1"),
    ("round(`2.5`, `0`)", 3),
    ("round(`-1.25`, `1`)", -1.3),
    ("base64_decode('aGk=')", "hi"),
    ("base64_encode('hi')", "aGk="),
    ("path_canonicalize('/a/../b//c')", "/b/c"),
    ("truncate('abcdef', `3`)", "abc"),
    ("truncate('abc', `-1`)", ""),
    ("semver_compare('1.2.3', '>=1.0.0 <2.0.0')", True),
    ("semver_compare('nonsense', '>=1.0.0')", False),
    ("parse_json('{\"a\": [1]}').a[0]", 1),
    ("parse_yaml('a: yes').a", True),
    ("lookup(`{\"a\": 1}`, 'a')", 1),
    ("lookup(`{\"a\": 1}`, 'b')", None),
    ("lookup(`[1, 2]`, `1`)", 2),
    ("lookup(`[1, 2]`, `9`)", None),
    ("items(`{\"b\": 1, \"a\": 2}`, 'k', 'v')", [{"k": "a", "v": 2}, {"k": "b", "v": 1}]),
    ("items(`[5]`, 'k', 'v')", [{"k": 0, "v": 5}]),
    ("object_from_lists(['a', 'b'], [`1`])", {"a": 1, "b": None}),
    ("zip(['a'], ['b'])", [["a", "b"]]),
    ("image_normalize('nginx')", "docker.io/nginx:latest"),
    ("is_external_url('https://10.1.2.3/x')", False),
    ("is_external_url('https://8.8.8.8')", True),
    ("is_external_url('https://245.1.1.1')", True),
    ("is_external_url('http://localhost:80/x')", False),
    ("is_external_url('http://[fd00::1]')", False),
    ("sha1('a')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
    ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ('to_string(`{"b": 1.0, "a": true}`)', '{"a":true,"b":1}'),
    ("time_to_cron('2026-01-04T05:06:07Z')", "6 5 4 1 0"),
    ("time_add('2026-01-01T00:00:00Z', '36h')", "2026-01-02T12:00:00Z"),
    ("time_parse('1136239445', '1577836800')", "2020-01-01T00:00:00Z"),
    ("time_parse('Mon, 02 Jan 2006 15:04:05 MST', 'Fri, 22 Jul 2022 11:03:57 UTC')", "2022-07-22T11:03:57Z"),
    ("time_parse('2006-01-02 3:04PM', '2022-07-22 1:05PM')", "2022-07-22T13:05:00Z"),
    ("time_utc('2026-01-01T01:00:00+02:00')", "2025-12-31T23:00:00Z"),
    ("time_diff('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z')", "1h0m0s"),
    ("time_since('', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')", "24h0m0s"),
    ("time_before('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')", True),
    ("time_after('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')", False),
    ("time_between('2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z')", True),
    ("time_truncate('2026-01-01T10:47:00Z', '1h')", "2026-01-01T10:00:00Z"),
]


@pytest.mark.parametrize(("expression", "expected"), FUNCTIONS)
def test_a_function_of_kyverno_gives_its_result(expression: str, expected: Any) -> None:
    assert jmes.search(expression, {}) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "add(`1`, '1Gi')",
        "add(`true`, `1`)",
        "sum(`[]`)",
        "multiply('1Gi', '1Gi')",
        "divide(`1`, `0`)",
        "divide(`1`, '1h')",
        "modulo(`1.5`, `2`)",
        "modulo(`1`, `0`)",
        "round(`1`, `-1`)",
        "base64_decode('%')",
        "semver_compare('1.0.0', 'nonsense')",
        "parse_json('{')",
        "parse_yaml('a: [')",
        "lookup(`[1]`, 'a')",
        "lookup(`{}`, `1`)",
        "lookup(`[1]`, `0.5`)",
        "object_from_lists([`null`], [])",
        "regex_match('(', 'a')",
        "image_normalize('a//b')",
        "time_add('yesterday', '1h')",
        "time_add('2026-01-01T00:00:00Z', '1 hour')",
        "time_parse('2006', 'x')",
        "time_parse('1', 'x')",
        "time_parse('2006 2006', '2026 2026')",
        "time_utc('2026-13-01T00:00:00Z')",
        "random('[a-z]')",
        "x509_decode('x')",
        "is_external_url('https://example.org')",
    ],
)
def test_a_function_refuses_what_it_cannot_take(expression: str) -> None:
    with pytest.raises(jmes.JmesError):
        jmes.search(expression, {})


def test_the_time_of_now_is_rfc_3339() -> None:
    assert jmes.search("time_before(time_now_utc(), time_add(time_now(), '1h'))", {}) is True


def test_a_regular_expression_of_a_policy_takes_bounded_time() -> None:
    assert jmes.search("regex_match('^(a+)+$', @)", "a" * 30_000 + "b") is False


def test_functions_out_of_reach_are_named() -> None:
    assert jmes.unsupported_function("{{ random('a') }}") == "random"
    assert jmes.unsupported_function("{{ to_upper(a) }}") == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        "|".join(["[@, @]"] * 60) + "|to_string(@)",
        "|".join(["[@, @]"] * 60) + "|@ == [@]",
        "|".join(["[@, @][]"] * 40),
        "|".join(["join('', [@, @])"] * 60),
        "|".join(["replace_all(@, 'a', 'aa')"] * 60),
        "|".join(["regex_replace_all('a', @, 'aa')"] * 60),
        "|".join(["replace(@, 'a', 'aaaa', `99999`)"] * 60),
        "|".join(["base64_encode(@)"] * 60),
    ],
)
def test_an_expression_that_blows_up_its_data_ends_in_an_error(expression: str) -> None:
    with pytest.raises(jmes.JmesError):
        jmes.search(expression, "a")
