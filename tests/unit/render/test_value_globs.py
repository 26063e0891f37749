"""Value files with wildcards, in the order and with the exceptions that Argo CD's documentation tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from gitops_audit.config.settings import HelmOptions, SourceConfig, ValuesRepository
from gitops_audit.errors import SourceError
from gitops_audit.render import helm
from gitops_audit.render.given import Given
from gitops_audit.render.value_globs import matching
from tests.unit.render.checkouts import DictCheckout

TREE = ("envs/a.yaml", "envs/z.yaml", "envs/nested/c.yaml", "envs/nested/deep/d.yml", "values-10.yaml", "values-9.yaml")
VALUES = "kind: ConfigMap\n"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.from }}}\n"
FILES: dict[str, str | bytes] = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/values.yaml": "from: chart\n",
    "chart/templates/web.yaml": OBJECT,
    **{f"chart/{path}": f"from: {path.rpartition('/')[2].partition('.')[0]}\n" for path in TREE},
    "shared/eu.yaml": "from: eu\n",
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("envs/*.yaml", ["envs/a.yaml", "envs/z.yaml"]),
        ("envs/**/*.yaml", ["envs/a.yaml", "envs/z.yaml", "envs/nested/c.yaml"]),
        ("**/[cd].y*ml", ["envs/nested/c.yaml", "envs/nested/deep/d.yml"]),
        ("values-*.yaml", ["values-10.yaml", "values-9.yaml"]),
        ("envs/?.yaml", ["envs/a.yaml", "envs/z.yaml"]),
        ("envs/[^a].yaml", ["envs/z.yaml"]),
        ("*", ["values-10.yaml", "values-9.yaml"]),
        ("nothing/*", []),
    ],
)
def test_a_pattern_takes_files_of_a_folder_before_those_of_folders_in_it(pattern: str, expected: list[str]) -> None:
    assert list(matching(reversed(TREE), pattern)) == expected


def name_of_object(*value_files: str, deployer: Literal["", "argocd"] = "argocd", may_lack: bool = False) -> str:
    """The last file of values that says `from` names the object."""
    repositories = (ValuesRepository("v", "", "HEAD"),)
    config = SourceConfig("s", path="chart", deployer=deployer, helm=HelmOptions(value_files=value_files))
    options = replace(config.helm, value_repositories=repositories, ignore_missing_value_files=may_lack)
    config = replace(config, helm=options)
    given = Given(open=lambda _: DictCheckout(FILES))
    [manifest] = helm.render(config, DictCheckout(FILES, path="chart"), given).manifests
    return str(manifest.body["metadata"]["name"])


@pytest.mark.parametrize(
    ("value_files", "expected"),
    [
        (("envs/*.yaml",), "z"),
        (("envs/*.yaml", "envs/a.yaml"), "a"),
        (("envs/z.yaml", "envs/*.yaml"), "a"),
        (("envs/**/*.yaml",), "c"),
        (("/shared/*.yaml",), "eu"),
        (("../shared/*.yaml",), "eu"),
        (("$v/shared/*.yaml",), "eu"),
    ],
)
def test_the_last_file_wins_and_one_that_is_named_alone_keeps_its_place(
    value_files: tuple[str, ...], expected: str
) -> None:
    assert name_of_object(*value_files) == expected


@pytest.mark.parametrize("pattern", ["none/*.yaml", "$v/none/*.yaml", "../../etc/*"])
def test_a_pattern_that_takes_no_file_is_an_error_unless_files_may_be_missing(pattern: str) -> None:
    with pytest.raises(SourceError, match="no file is like that"):
        name_of_object(pattern)
    assert name_of_object(pattern, may_lack=True) == "chart"


def test_a_pattern_of_too_many_files_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.render.value_file.MAX_VALUE_FILES", 2)
    with pytest.raises(SourceError, match="are more than 2"):
        name_of_object("**/*.yaml")


def test_only_argo_cd_has_wildcards_in_value_files() -> None:
    with pytest.raises(SourceError, match="is not in the repository"):
        name_of_object("envs/*.yaml", deployer="")
