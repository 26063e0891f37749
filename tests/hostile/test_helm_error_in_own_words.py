"""With `-v` helm and kustomize speak for themselves, but only where nothing that they read may be secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.render.given import ALONE, Given
from tests.command import run_cli, run_pytest
from tests.hostile.leaking import MARKER
from tests.recorded import make
from tests.rendering import rendered

CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
FAILING = '{{ fail (printf "no size %s" .Values.size) }}\n'
SILENT: dict[str, str | bytes] = {
    "app/Chart.yaml": CHART,
    "app/templates/a.yaml": FAILING,
    "app/values.yaml": "size: huge\n",
}
KUSTOMIZATION: dict[str, str | bytes] = {
    "app/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n",
    "app/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    "app/p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nowhere}\n",
}
VERBOSE = Given(is_verbose=True)


def words(files: dict[str, str | bytes], patch: pytest.MonkeyPatch, given: Given, type_: str = "helm") -> str:
    found = rendered(files, SourceConfig("s", path="app", type=type_), patch, given)  # type: ignore[arg-type]
    return " ".join(problem.message for problem in found.problems)


def test_helm_is_quoted_where_no_input_may_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    said = words(SILENT, monkeypatch, VERBOSE)
    assert "in its own words" in said
    assert "no size huge" in said
    assert "templates/a.yaml:1" in said


def test_kustomize_is_quoted_where_no_input_may_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nowhere" in words(KUSTOMIZATION, monkeypatch, VERBOSE, "kustomize")


def test_nothing_is_quoted_without_v(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "own words" not in words(SILENT, monkeypatch, ALONE)
    assert "own words" not in words(KUSTOMIZATION, monkeypatch, ALONE, "kustomize")


MAYBE_SECRET: dict[str, dict[str, str | bytes]] = {
    "a Secret": {"app/templates/s.yaml": "apiVersion: v1\nkind: Secret\nstringData: {k: {{ .Values.size }}}\n"},
    "a Secret of a mistyped kind": {"app/templates/s.yaml": "kind: secrets\n"},
    "a value named so": {"app/values.yaml": f"size: huge\ndb: {{password: {MARKER}}}\n"},
    "a name that only sounds so": {"app/values.yaml": "size: huge\nsmtpPwd: x\n"},
    "a generated value of a plain name": {"app/values.yaml": f"size: {MARKER}\n"},
    "a DSN": {"app/values.yaml": "size: postgres://u:hunter@db/x\n"},
    "a key": {"app/files/k.pem": "-----BEGIN KEY-----\nAAAA\n"},
    "a value file": {"app/values.yaml": "size: huge\n", "app/ci/creds.yaml": "password: x\n"},
    "an encrypted file": {"app/values.enc.yaml": "size: ENC[AES256_GCM,data:x]\n"},
    "a file that is no text": {"app/files/k.bin": b"\xff\xfe\x00"},
    "too much to look through": {"app/files/big.txt": "huge " * (2 << 20)},
}


@pytest.mark.parametrize("what", MAYBE_SECRET)
def test_nothing_is_quoted_where_an_input_may_be_secret(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words(SILENT | MAYBE_SECRET[what], monkeypatch, VERBOSE)
    assert "own words" not in said
    assert MARKER not in said
    assert said


def test_value_files_outside_of_the_chart_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    files = SILENT | {"env/prod.yaml": "db: {password: x}\n"}
    config = SourceConfig("s", path="app", type="helm")
    config = replace(config, helm=replace(config.helm, value_files=("/env/prod.yaml",)))
    (problem,) = rendered(files, config, monkeypatch, VERBOSE).problems
    assert "own words" not in problem.message


CONFIG = "version: 1\nsources: [{name: web, path: app, type: helm}]\n"


def test_the_option_reaches_the_renderer(tmp_path: Path) -> None:
    files = {"gitops-audit.yaml": CONFIG, **{name: str(text) for name, text in SILENT.items()}}
    repo = make(tmp_path / "repo", [], [], files)
    assert "no size huge" not in run_cli("check", "--offline", cwd=repo).said
    assert "no size huge" in run_cli("check", "--offline", "-v", cwd=repo).said
    assert "no size huge" in run_pytest("gitops-audit.yaml", "--gitops-offline", "-v", cwd=repo).said
