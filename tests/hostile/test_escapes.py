"""No field of a kustomization leads out of the repository or to the network, in whatever case and by whatever trick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_audit.config.settings import KustomizeOptions
from gitops_audit.render.kustomization import reach

PLACE = "@@"
FIELDS = {
    "resources": "{resources}: ['@@']",
    "bases": "{bases}: ['@@']",
    "components": "{components}: ['@@']",
    "crds": "{crds}: ['@@']",
    "configurations": "{configurations}: ['@@']",
    "generators": "{generators}: ['@@']",
    "transformers": "{transformers}: ['@@']",
    "validators": "{validators}: ['@@']",
    "patchesStrategicMerge": "{patchesStrategicMerge}: ['@@']",
    "patches": "{patches}: [{path: '@@'}]",
    "patchesJson6902": "{patchesJson6902}: [{path: '@@', target: {kind: ConfigMap, name: a, version: v1}}]",
    "replacements": "{replacements}: [{path: '@@'}]",
    "openapi": "{openapi}: {path: '@@'}",
    "configMapGenerator": "{configMapGenerator}: [{name: c, files: ['@@']}]",
    "secretGenerator": "{secretGenerator}: [{name: c, envs: ['@@']}]",
    "helmCharts": "{helmCharts}: [{name: c, valuesFile: '@@'}]",
}
TRICKS = {
    "up": "../../outside/a.yaml",
    "down and up": "b/../../../outside/a.yaml",
    "dots": ".././../outside/./a.yaml",
    "slashes": "..//..//outside//a.yaml",
    "absolute": "OUTSIDE/a.yaml",
    "link": "link/a.yaml",
    "link to a file": "file.yaml",
    "http": "http://127.0.0.1:9/a.yaml",
    "HTTP": "HTTP://127.0.0.1:9/a.yaml",
    "git": "git::http://127.0.0.1:9/r.git",
    "ssh": "git@127.0.0.1:r.git",
    "file": "file:///OUTSIDE/a.yaml",
    "short": "github.com/a/b",
    "query": "127.0.0.1/r.git?ref=main",
}
CASES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "lower": str.lower,
    "upper": str.upper,
    "title": lambda name: name[0].upper() + name[1:],
    "swapped": str.swapcase,
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("escapes")
    (root / "outside").mkdir()
    (root / "outside/a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    (root / "tree/app/b").mkdir(parents=True)
    (root / "tree/app/link").symlink_to(root / "outside")
    (root / "tree/app/file.yaml").symlink_to(root / "outside/a.yaml")
    return root


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_kustomization_stays_in_its_repository(tree: Path, field: str, trick: str, case: str) -> None:
    place = TRICKS[trick].replace("OUTSIDE", str(tree / "outside"))
    text = FIELDS[field].replace("{" + field + "}", CASES[case](field)).replace(PLACE, place)
    (tree / "tree/app/kustomization.yaml").write_text(f"{text}\n")
    options = KustomizeOptions("none", helm_charts=True)
    assert reach(tree / "tree", tree / "tree/app", options).problems, text
