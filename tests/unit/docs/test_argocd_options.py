"""The page on options of Argo CD has a row for each field that there is, and each row names tests that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from gitops_audit.deployer.argocd import fields
from gitops_audit.deployer.field_fault import Shape
from tests.unit.deployer.argocd.test_option_table import SET_WITHOUT_EFFECT, VARIABLES, WITHOUT_EFFECT

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/reference/argocd-options.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
ROWS = re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
# As the definition of an AppProject has them.
_KINDS = [{"group": str, "kind": str}]
PROJECT: dict[str, Shape] = {
    "sourceRepos": [str],
    "sourceNamespaces": [str],
    "destinations": [{"server": str, "name": str, "namespace": str}],
    "destinationServiceAccounts": [{"server": str, "namespace": str, "defaultServiceAccount": str}],
    "description": str,
    "clusterResourceWhitelist": [{"group": str, "kind": str, "name": str}],
    "clusterResourceBlacklist": [{"group": str, "kind": str, "name": str}],
    "namespaceResourceWhitelist": _KINDS,
    "namespaceResourceBlacklist": _KINDS,
    "orphanedResources": {"warn": bool, "ignore": [{"group": str, "kind": str, "name": str}]},
    "permitOnlyProjectScopedClusters": bool,
    "roles": [
        {
            "name": str,
            "description": str,
            "groups": [str],
            "policies": [str],
            "jwtTokens": [{"id": str, "iat": int, "exp": int}],
        }
    ],
    "signatureKeys": [{"keyID": str}],
    "sourceIntegrity": {"git": {"policies": [{"repos": [{"url": str}], "gpg": {"mode": str, "keys": [str]}}]}},
    "syncWindows": [
        {
            **dict.fromkeys(("kind", "schedule", "duration", "timeZone", "description"), str),
            **{key: [str] for key in ("applications", "namespaces", "clusters")},
            **dict.fromkeys(("manualSync", "andOperator", "syncOverrun"), bool),
        }
    ],
}


def leaves(shape: Shape, above: str = "") -> Iterator[str]:
    """The fields that hold no further ones, as `source.helm.valueFiles`."""
    inner = shape[0] if isinstance(shape, list) else shape
    if not isinstance(inner, dict) or "*" in inner:
        yield above
        return
    for name, child in inner.items():
        yield from leaves(child, f"{above}.{name}" if above else name)


def options(heading: str) -> list[str]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [
        name for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    ]


@pytest.mark.parametrize(
    ("heading", "shape"),
    [("Application", fields.APPLICATION), ("ApplicationSet", fields.APPLICATION_SET), ("AppProject", PROJECT)],
)
def test_each_field_of_the_definition_has_a_row(heading: str, shape: Shape) -> None:
    known = options(heading)
    # Those of each of several sources are those of one.
    wanted = [name for name in leaves(shape) if not name.startswith("sources.")]
    assert [name for name in wanted if not any(fnmatchcase(name, option) for option in known)] == []


@pytest.mark.parametrize(
    ("heading", "shape"),
    [("Application", fields.APPLICATION), ("ApplicationSet", fields.APPLICATION_SET), ("AppProject", PROJECT)],
)
def test_each_row_is_of_a_field_of_the_definition(heading: str, shape: Shape) -> None:
    known = [*leaves(shape), "sources"]
    assert [option for option in options(heading) if not any(fnmatchcase(name, option) for name in known)] == []


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_row_says_what_the_audit_does_and_names_tests_that_exist(row: tuple[str, str, str, str]) -> None:
    _, _, done, proof = row
    names = re.findall(r"`(test_\w+)`", proof)
    assert done.startswith(("**followed**", "**no effect**", "**told**"))
    assert names
    assert [name for name in names if f"def {name}(" not in TESTS] == []


@pytest.mark.parametrize(
    ("test", "table"),
    [
        ("test_an_option_that_is_about_syncing_changes_nothing_in_what_is_declared", WITHOUT_EFFECT),
        ("test_an_option_of_a_set_that_is_about_its_controller_changes_no_application", SET_WITHOUT_EFFECT),
        ("test_a_variable_of_the_build_environment_has_its_value", VARIABLES),
    ],
)
def test_a_test_of_a_table_tries_each_option_of_its_rows(test: str, table: dict[str, str]) -> None:
    named = [name for row in ROWS if f"`{test}`" in row[3] for name in re.findall(r"`([^`]+)`", row[0])]
    assert named
    missing = [n for n in named if not any(fnmatchcase(key, n) or n.startswith(f"{key}.") for key in table)]
    assert [n for n in missing if n not in ("syncPolicy.syncOptions", "ignoreApplicationDifferences.*")] == []


def test_every_row_of_the_page_is_read() -> None:
    assert len(ROWS) == len(re.findall(r"^\| `", PAGE, re.MULTILINE))
