"""No kustomization makes a request, whatever it calls its URL and wherever the URL stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.render.kustomization import reach
from tests.unit.render.checkouts import DictCheckout

REMOTE = "this is remote"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:PORT/x.yaml",
        "HTTP://127.0.0.1:PORT/x.yaml",
        "hTTps://127.0.0.1:PORT/x.yaml",
        "http:/127.0.0.1:PORT/x.yaml",
        "http://[::1]:PORT/x.yaml",
        "git::http://127.0.0.1:PORT/x.git",
        "GIT::http://127.0.0.1:PORT/x.git",
        "http://127.0.0.1:PORT/org/repo//path?ref=v1",
        "ssh://git@127.0.0.1:PORT/x.git",
        "git@127.0.0.1:x.git",
        "user@127.0.0.1:x/y.git?ref=main",
        "file:///etc",
        "//127.0.0.1:PORT/x.yaml",
        "github.com/org/repo",
        "GitHub.com/org/repo?ref=v1",
        "www.github.com/org/repo",
        "github.com:org/repo",
        "gh:org/repo",
        "git.example.com/org/repo.git",
        "bitbucket.org/org/repo//path?ref=v1",
        " http://127.0.0.1:PORT/x.yaml",
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        "resources: ['URL']",
        "Resources: ['URL']",
        "bases: ['URL']",
        "components: ['URL']",
        "transformers: ['URL']",
        "crds: ['URL']",
        "patches: [{path: 'URL'}]",
        "openapi: {path: 'URL'}",
        "replacements: [{path: 'URL'}]",
        "configMapGenerator: [{name: c, files: ['URL']}]",
        "configMapGenerator: [{name: c, envs: ['URL']}]",
        "transformers: ['{apiVersion: builtin, kind: PatchTransformer, metadata: {name: p}, path: \"URL\"}']",
        "generators: ['{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: p}, files: [\"k=URL\"]}']",
    ],
)
def test_a_url_is_refused_before_kustomize_sees_it(tmp_path: Path, form: str, url: str) -> None:
    files: dict[str, str | bytes] = {"app/kustomization.yaml": form.replace("URL", url.replace("PORT", "1"))}
    DictCheckout(files).materialise(tmp_path)
    problems = reach(tmp_path, tmp_path / "app").problems
    assert [p.message[: len(REMOTE)] for p in problems] in ([REMOTE], ["this path does"])


def test_a_file_that_is_named_like_a_url_is_not_taken_for_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "app/kustomization.yaml": "resources: ['http://127.0.0.1/x.yaml']",
        "app/http:/127.0.0.1/x.yaml": "kind: ConfigMap\n",
    }
    DictCheckout(files).materialise(tmp_path)
    (problem,) = reach(tmp_path, tmp_path / "app").problems
    assert problem.message.startswith(REMOTE)
