"""Equal repositories are equal texts, however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.source.remotes import canonical, remote_urls
from tests.repository import Repo


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/shop/deploy",
        "https://git.example.com/shop/deploy.git",
        "https://git.example.com/shop/deploy.git/",
        "HTTPS://Git.Example.COM:443//shop/deploy/",
        "http://ann:secret@git.example.com/shop/deploy.git",
        "https://x-access-token:abc@git.example.com/shop/deploy?ref=main#top",
        "ssh://git@git.example.com:7999/shop/deploy.git",
        "git@git.example.com:shop/deploy.git",
        "git.example.com:/shop/deploy",
        "git://git.example.com/shop/deplo%79",
    ],
)
def test_every_way_to_write_a_repository_is_the_same_text(url: str) -> None:
    assert canonical(url) == "git.example.com/shop/deploy"


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/shop/Deploy",
        "https://git.example.com/shop/deploy2",
        "https://other.example.com/shop/deploy",
        "https://git.example.com/shop",
    ],
)
def test_other_repositories_are_other_texts(url: str) -> None:
    assert canonical(url) not in ("", "git.example.com/shop/deploy")


@pytest.mark.parametrize("text", ["", ".", "../deploy", "/srv/git/deploy", "https://", "https://[x/y", "https://host"])
def test_what_is_no_url_of_a_repository_has_no_such_text(text: str) -> None:
    assert canonical(text) == ""


def test_the_remotes_of_a_repository_are_found_from_any_folder_in_it(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    repo.write(apps__web_yaml="a: b\n")
    assert remote_urls(repo.folder) == ()
    repo.git("remote", "add", "origin", "https://git.example.com/a.git")
    repo.git("remote", "add", "up.stream", "git@git.example.com:b.git")
    assert remote_urls(repo.folder / "apps") == ("https://git.example.com/a.git", "git@git.example.com:b.git")


def test_a_folder_outside_of_any_repository_has_no_remotes(tmp_path: Path) -> None:
    assert remote_urls(tmp_path) == ()
    assert remote_urls(tmp_path / "nowhere") == ()
