"""Files outside of the kustomization's folder are read where the source says that its deployer does so."""

from __future__ import annotations

import pytest

from gitops_audit.config.settings import KustomizeOptions, SourceConfig
from tests.rendering import rendered, values

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
FILES: dict[str, str | bytes] = {"shared/cm.yaml": OBJECT, "shared/values.env": "k=v\n", "shared/p.yaml": OBJECT}
NONE = KustomizeOptions(load_restrictor="none")


@pytest.mark.parametrize(
    ("kustomization", "expected"),
    [
        ("resources: [../shared/cm.yaml]", {"a": {"k": "v"}}),
        (
            "generatorOptions: {disableNameSuffixHash: true}\n"
            "configMapGenerator: [{name: e, envs: [../shared/values.env]}]",
            {"e": {"k": "v"}},
        ),
        ("resources: [cm.yaml]\npatches: [{path: ../shared/p.yaml}]", {"a": {"k": "v", "own": "1"}}),
    ],
)
def test_a_file_outside_of_the_folder(
    kustomization: str, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = FILES | {"app/kustomization.yaml": kustomization, "app/cm.yaml": OBJECT.replace("k: v", "own: '1'")}
    (problem,) = rendered(files, SourceConfig("s", path="app"), monkeypatch).problems
    assert "`kustomize: {loadRestrictor: none}`" in problem.message
    assert values(rendered(files, SourceConfig("s", path="app", kustomize=NONE), monkeypatch)) == expected


@pytest.mark.parametrize("place", ["../../x.yaml", "/etc/hostname", "../shared/../../x.yaml"])
def test_a_file_outside_of_the_repository_is_never_read(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = FILES | {"app/kustomization.yaml": f"configMapGenerator: [{{name: c, files: ['{place}']}}]\n"}
    (problem,) = rendered(files, SourceConfig("s", path="app", kustomize=NONE), monkeypatch).problems
    assert problem.message == "this path leads out of the repository: put what it names into it"
