"""What is remote comes from a mirror, a folder, without network; without one the refusal names the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.settings import NetworkConfig, SourceConfig
from gitops_audit.render.given import Given
from tests.audited import write
from tests.rendering import rendered, values

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {k: v}\n"
SOURCE = SourceConfig("s", path="app")
MIRROR = "https://git.example.com/team/base"


@pytest.fixture
def given(tmp_path: Path) -> Given:
    files = {"k/kustomization.yaml": "resources: [cm.yaml]", "k/cm.yaml": OBJECT, "out.yaml": OBJECT}
    write(tmp_path, files)
    return Given(network=NetworkConfig(((MIRROR, tmp_path),)))


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/team/base//k?ref=v1",
        "https://git.example.com/team/base.git//k?ref=v1",
        "https://git.example.com/team/base/k",
        "git::https://git.example.com/team/base//k",
        "ssh://git@git.example.com/team/base//k",
        "git@git.example.com:team/base//k?ref=v1",
        "https://GIT.example.com/team/base/out.yaml",
    ],
)
def test_a_mirrored_url_is_built(url: str, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {"app/kustomization.yaml": f"resources: ['{url}']\n"}
    found = rendered(files, SOURCE, monkeypatch, given)
    assert (found.problems, values(found)) == ((), {"base": {"k": "v"}})


def test_a_remote_base_of_a_base_and_a_remote_file_of_a_generator_are_mirrored(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {
        "app/kustomization.yaml": "resources: [../base]\n",
        "base/kustomization.yaml": "generatorOptions: {disableNameSuffixHash: true}\n"
        f"resources: ['{MIRROR}//k']\nconfigMapGenerator: [{{name: c, files: ['own.yaml={MIRROR}/out.yaml']}}]\n",
    }
    assert values(rendered(files, SOURCE, monkeypatch, given)) == {"base": {"k": "v"}, "c": {"own.yaml": OBJECT}}


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/team/base2//k",
        "https://git.example.com/team/base/../../x",
        "https://other.example.com/team/base//k",
        "https://git.example.com/team/base//none",
    ],
)
def test_what_no_mirror_has_is_refused_and_the_setting_named(
    url: str, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {"app/kustomization.yaml": f"resources: ['{url}']\n"}
    (problem,) = rendered(files, SOURCE, monkeypatch, given).problems
    assert "network: {mirrors:" in problem.message


def test_a_mirror_for_a_reference_is_for_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"kustomization.yaml": "resources: [cm.yaml]", "cm.yaml": OBJECT})
    given = Given(network=NetworkConfig(((f"{MIRROR}?ref=v1", tmp_path),)))
    for ref, count in (("v1", 1), ("v2", 0)):
        files: dict[str, str | bytes] = {"app/kustomization.yaml": f"resources: ['{MIRROR}?ref={ref}']\n"}
        assert len(rendered(files, SOURCE, monkeypatch, given).manifests) == count


def test_a_mirrored_base_that_leads_out_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"kustomization.yaml": "resources: ['../../../../out']"})
    given = Given(network=NetworkConfig(((MIRROR, tmp_path),)))
    files: dict[str, str | bytes] = {"app/kustomization.yaml": f"resources: ['{MIRROR}']\n"}
    (problem,) = rendered(files, SOURCE, monkeypatch, given).problems
    assert problem.message == "this path leads out of the repository: put what it names into it"
