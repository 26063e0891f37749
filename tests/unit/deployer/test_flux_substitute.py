"""Flux's variables, function by function, as fluxcd/pkg `envsubst/README.md` documents them."""

from __future__ import annotations

import pytest

from gitops_audit.deployer.flux.substitute import SubstitutionError, Variables, substituted

KNOWN = {"env": "prod", "file": "a/b.tar.gz", "empty": "", "name": "éa", "host": "web.example.com"}


def run(text: str, **options: object) -> str:
    return substituted(text, Variables(KNOWN, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${env}", "prod"),
        ("a-${env}-${env}z", "a-prod-prodz"),
        ("${unset}", ""),
        ("${#env}", "4"),
        ("${#name}", "3"),
        ("${env^}", "Prod"),
        ("${env^^}", "PROD"),
        ("${name,}", "éa"),
        ("${host,,}", "web.example.com"),
        ("${env:1}", "rod"),
        ("${env:1:2}", "ro"),
        ("${env:9}", ""),
        ("${env:1:9}", "rod"),
        ("${env:x}", "prod"),
        ("${env#p}", "rod"),
        ("${file#*/}", "b.tar.gz"),
        ("${file##*.}", "gz"),
        ("${file%.*}", "a/b.tar"),
        ("${file%%.*}", "a/b"),
        ("${file#[ab]}", "/b.tar.gz"),
        ("${file#?}", "/b.tar.gz"),
        ("${file#[}", "a/b.tar.gz"),
        ("${env:-dev}", "prod"),
        ("${empty:-dev}", "dev"),
        ("${unset:=dev}", "dev"),
        ("${unset=dev}", "dev"),
        ("${unset:=}", ""),
        ("${unset:=a b: c}", "a b: c"),
        ("${unset:=${env}-x}", "prod-x"),
        ("${unset:=a${env^}b${other:-c}}", "aProdbc"),
        ("${host/./-}", "web-example.com"),
        ("${host//./-}", "web-example-com"),
        ("${host/#web/api}", "api.example.com"),
        ("${host/%com/org}", "web.example.org"),
        ("${host/web.}", None),
        ("${host/web./}", "example.com"),
        (r"${file/\//-}", "a-b.tar.gz"),
        ("$${env}", "${env}"),
        ("$$${env}", "$prod"),
        ("$env $ $$ $", "$env $ $ $"),
        ("no variable", "no variable"),
    ],
)
def test_a_function_gives_what_flux_gives(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(SubstitutionError):
            run(text)
    else:
        assert run(text) == expected


@pytest.mark.parametrize(
    "text",
    ["${", "${}", "${env", "${env-dev}", "${env@Q}", "${arr[@]}", "${1a!}", "${env:}", "${env/a", "${:-x}", "${env:=x"],
)
def test_what_envsubst_refuses_is_refused(text: str) -> None:
    with pytest.raises(SubstitutionError):
        run(text)


@pytest.mark.parametrize(
    ("text", "fails"), [("${unset}", True), ("${unset^^}", True), ("${unset:=x}", False), ("${empty}", False)]
)
def test_in_strict_mode_a_variable_must_be_set(text: str, fails: bool) -> None:
    if fails:
        with pytest.raises(SubstitutionError, match="unset"):
            run(text, is_strict=True)
    else:
        run(text, is_strict=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${token}", "${token}"),
        ("a-${token^^}-${env}", "a-${token}-prod"),
        ("${token:-x}", "${token}"),
        ("${unset:-${token}}", "${token}"),
        ("${env:-${token}}", "prod"),
        ("${#token}", "${token}"),
    ],
)
def test_an_unknown_variable_stays_in_place_and_is_told(text: str, expected: str) -> None:
    variables = Variables(KNOWN, frozenset({"token"}))
    assert substituted(text, variables) == expected
    assert variables.kept == {"token"}


def test_where_more_may_be_set_no_variable_is_empty() -> None:
    assert run("${unset:-x} ${env}", is_open=True) == "${unset} prod"


def test_no_pattern_takes_long() -> None:
    variables = Variables({"a": "a" * 1000, "b": "a" * 1_000_000})
    assert substituted("${a##*a*a*a*a*a*a*a*a*b}", variables) == "a" * 1000
    assert len(substituted("${b##*b}", variables)) == 1_000_000


def test_functions_are_not_nested_without_end() -> None:
    with pytest.raises(SubstitutionError, match="nested"):
        run("${a:=" * 5000)
