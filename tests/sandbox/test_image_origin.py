"""What a changed image is built from, where the source names the repository of the application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audited import Audited, audited, command
from tests.fleet import Deployed, deployed, deployment
from tests.repository import Repo

CONFIG = """\
version: 1
clusters:
  test: {kubeconfig: kubeconfig}
sources:
  - {name: shop, path: apps, namespace: shop, images: {"registry.example.com/web*": ../web}}
"""
IMAGE = "registry.example.com/web"


@pytest.fixture
def web(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "web")
    repo.commit_files({"a": "1"}, "Start")
    repo.git("tag", "v1.4.0")
    return repo


@pytest.fixture
def shop(tmp_path: Path, web: Repo) -> Iterator[Deployed]:
    with deployed(tmp_path / "shop", [deployment(image=f"{IMAGE}:1.4.0")]) as made:
        made.config.write_text(CONFIG, encoding="utf-8")
        yield made


def set_image(shop: Deployed, image: str) -> None:
    containers = [{"name": "web", "image": image}]
    shop.patch("Deployment", "web", {"spec": {"template": {"spec": {"containers": containers}}}}, "apps/v1")


def built(found: Audited) -> str:
    (change,) = next(iter(found)).changes
    assert change.change is not None
    return change.change.built


def test_both_sides_lead_to_their_commits(shop: Deployed, web: Repo) -> None:
    fix = web.commit_files({"a": "2"}, "Mend the login", author="Bob")
    set_image(shop, f"{IMAGE}:main-{fix[:7]}")

    said = command(shop.root, "check", "--json", "report.json").stdout

    told = (
        f"the live image is commit {fix[:10]} of ../web (Bob, 2026-01-02: Mend the login); "
        "the declared image is commit "
        f"{web.git('rev-parse', 'v1.4.0')[:10]} of ../web (Ada, 2026-01-01: Start)"
    )
    assert told in " ".join(said.split())
    report = json.loads((shop.root / "report.json").read_text())
    assert report["resources"][0]["drift"]["changes"][0]["builtFrom"] == told


def test_a_tag_that_the_repository_does_not_know_is_told(shop: Deployed) -> None:
    set_image(shop, f"{IMAGE}:9.9")
    assert "no commit of ../web is known for the live image" in built(audited(shop.root))


def test_an_image_of_nobody_s_repository_tells_nothing(shop: Deployed) -> None:
    set_image(shop, "nginx:1.27")
    assert built(audited(shop.root)).startswith("the declared image is commit")


def test_a_digest_leads_to_the_revision_that_its_pods_are_marked_with(shop: Deployed, web: Repo) -> None:
    fix = web.commit_files({"a": "2"}, "Mend the login")
    mark(shop, fix)
    set_image(shop, f"{IMAGE}@sha256:{'0' * 64}")
    assert built_of_the_image(shop).startswith(f"the live image is commit {fix[:10]}")


def test_a_repository_that_is_not_there_is_a_note(shop: Deployed, web: Repo) -> None:
    web.folder.rename(web.folder.with_name("moved"))
    set_image(shop, f"{IMAGE}:9.9")
    found = audited(shop.root)
    assert built(found) == ""
    assert [note for note in found.finished.notes if note.startswith("what images are built from is not known: ")]


def mark(shop: Deployed, commit: str) -> None:
    marked = {"metadata": {"annotations": {"org.opencontainers.image.revision": commit}}}
    shop.patch("Deployment", "web", {"spec": {"template": marked}}, "apps/v1", manager="kustomize-controller")


def built_of_the_image(shop: Deployed) -> str:
    changes = next(iter(audited(shop.root))).changes
    return next(f.change.built for f in changes if f.change and f.change.pointer.endswith("/image"))


def test_beside_a_digest_the_mark_counts_before_the_tag(shop: Deployed, web: Repo) -> None:
    fix = web.commit_files({"a": "2"}, "Mend the login")
    set_image(shop, f"{IMAGE}:1.4.0@sha256:{'0' * 64}")
    assert "no commit of ../web is known for the live image" in built_of_the_image(shop)
    mark(shop, fix)
    assert built_of_the_image(shop).startswith(f"the live image is commit {fix[:10]}")


def test_a_tag_beside_a_digest_counts_where_no_mark_does(shop: Deployed, web: Repo) -> None:
    web.commit_files({"a": "2"}, "Mend the login")
    web.git("tag", "v1.5.0")
    set_image(shop, f"{IMAGE}:1.5.0@sha256:{'0' * 64}")
    assert built_of_the_image(shop).startswith(f"the live image is commit {web.git('rev-parse', 'v1.5.0')[:10]}")


@pytest.mark.parametrize("damage", ["garbage", "gone"])
def test_a_damaged_repository_is_a_note_and_the_rest_is_told(shop: Deployed, web: Repo, damage: str) -> None:
    commit = web.git("rev-parse", "v1.4.0")
    stored = web.folder / ".git/objects" / commit[:2] / commit[2:]
    stored.chmod(0o600)
    stored.write_bytes(b"garbage") if damage == "garbage" else stored.unlink()
    set_image(shop, f"{IMAGE}:1.4.0-rc1")
    found = audited(shop.root)
    assert (built(found), found.exit_code) == ("no commit of ../web is known for the live image", 1)
    (note,) = (n for n in found.finished.notes if n.startswith("what images are built from is not known: "))
    assert "git cannot read" in note
    assert "git fsck" in note
