"""A check of the user's own that looked at nothing is not green, and a mistyped marker is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import Ran, run_pytest
from tests.repository import Repo

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n"
CONFIG = "version: 1\nsources:\n  - {name: shop, path: apps}\n  - {name: other, path: other}\n"
CHECK = (
    "import pytest\n\n@pytest.mark.gitops(%s)\ndef test_own(gitops_resource):\n    assert gitops_resource.declared\n"
)


@pytest.fixture
def shop(repository: Repo) -> Path:
    other = MAP.replace("settings", "others")
    repository.commit_files({"gitops-audit.yaml": CONFIG, "apps/a.yaml": MAP, "other/a.yaml": other})
    return repository.folder


def check(folder: Path, marker: str, *options: str) -> Ran:
    (folder / "test_own.py").write_text(CHECK % marker)
    return run_pytest("gitops-audit.yaml", "test_own.py", "--gitops-offline", "-rs", *options, cwd=folder)


@pytest.mark.parametrize("options", [(), ("-n2",), ("--gitops-shard=1/2",)], ids=" ".join)
@pytest.mark.parametrize("marker", ["kind='Deployment'", "name='no-such-*'", "kind='ConfigMap', source='nowhere'"])
def test_a_marker_that_matches_nothing_fails(shop: Path, marker: str, options: tuple[str, ...]) -> None:
    result = check(shop, marker, *options)
    assert result.code == 1
    assert "matches no managed resource" in result.out
    assert "1 error" in result.out


def test_the_nearest_word_is_suggested(shop: Path) -> None:
    assert "did you mean 'ConfigMap'?" in check(shop, "kind='Configmap'").out


def test_without_a_marker_nothing_at_all_fails_too(shop: Path) -> None:
    result = check(shop, "", "--gitops-source=shop")
    assert "2 passed" in result.out
    (shop / "gitops-audit.yaml").write_text(CONFIG.replace("path: other", "path: apps, exclude: ['*']"))
    assert check(shop, "source='other'").code == 1


def test_what_may_match_nothing_says_so_and_is_skipped(shop: Path) -> None:
    result = check(shop, "kind='Deployment', allow_empty=True")
    assert result.code == 0
    assert "1 skipped" in result.out


@pytest.mark.parametrize("narrowing", ["--gitops-source=other", "--gitops-shard=1/2", "--gitops-shard=2/2"])
def test_what_the_command_line_left_out_is_skipped_with_the_reason(shop: Path, narrowing: str) -> None:
    result = check(shop, "source='shop'", narrowing)
    assert result.code == 0
    assert "error" not in result.out


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("knd='Deployment'", "did you mean 'kind'?"),
        ("allow_emtpy=True", "did you mean 'allow_empty'?"),
        ("'Deployment'", "'Deployment' needs a name before it"),
        ("kind=['Deployment', 'Service']", "is no text"),
        ("kind='ConfigMap', allow_empty='yes'", "is no True or False"),
    ],
)
def test_a_mistyped_marker_is_an_error(shop: Path, marker: str, message: str) -> None:
    result = check(shop, marker)
    assert result.code == 2
    assert message in result.out
    assert "Traceback" not in result.out
    assert "test_own.py::test_own" in result.out
