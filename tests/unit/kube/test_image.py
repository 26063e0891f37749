"""Container image references."""

from __future__ import annotations

import pytest

from gitops_audit.kube.image import parse, parse_for_registry

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", ("docker.io", "nginx", "latest", "")),
        ("nginx:1.2", ("docker.io", "nginx", "1.2", "")),
        ("corp/team/app", ("docker.io", "corp/team/app", "latest", "")),
        ("ghcr.io/a/b:v1", ("ghcr.io", "a/b", "v1", "")),
        ("localhost/a", ("localhost", "a", "latest", "")),
        ("localhost:5000/a:1", ("localhost:5000", "a", "1", "")),
        (f"nginx@{DIGEST}", ("docker.io", "nginx", "", DIGEST)),
        (f"nginx:1@{DIGEST}", ("docker.io", "nginx", "1", DIGEST)),
    ],
)
def test_a_reference_is_taken_apart(text: str, expected: tuple[str, ...]) -> None:
    found = parse(text)
    assert (found.registry, found.repository, found.tag, found.digest) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", ("index.docker.io", "library/nginx", "latest")),
        ("docker.io/nginx:1", ("index.docker.io", "library/nginx", "1")),
        ("corp/app", ("index.docker.io", "corp/app", "latest")),
        (f"ghcr.io/a/b@{DIGEST}", ("ghcr.io", "a/b", DIGEST)),
    ],
)
def test_a_registrys_client_names_the_hub_and_its_library(text: str, expected: tuple[str, ...]) -> None:
    found = parse_for_registry(text)
    assert (found.registry, found.repository, found.identifier) == expected


def test_capitals_make_a_registry_of_a_first_part_but_not_to_a_registrys_client() -> None:
    assert parse("Corp/app").registry == "Corp"
    with pytest.raises(ValueError, match="could not parse reference"):
        parse_for_registry("Corp/app")


@pytest.mark.parametrize("text", ["", "a//b", "a b", "nginx:", "nginx@sha256:abc", "a" * 2000, "Case"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="could not parse reference"):
        parse(text)
