"""What a name, a link or a missing word would leave unread is told, in every place that files are taken from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.config.settings import ClusterConfig, SourceConfig
from gitops_audit.errors import PolicyError
from gitops_audit.live import connect
from gitops_audit.model.redact import Redactor
from gitops_audit.policy.load.file import files_of
from gitops_audit.render import directory
from gitops_audit.source.unread import DIRECTORY_LINK
from tests.unit.render.checkouts import DictCheckout

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"


@pytest.mark.parametrize("name", ["b.YAML", "b.Yml", "b.JSON"])
@pytest.mark.parametrize(("text", "is_told"), [(OBJECT, True), ("a: [", True), ("just: values\n", False), ("", False)])
def test_a_manifest_whose_name_ends_in_capitals_is_told(name: str, text: str, is_told: bool) -> None:
    rendered = directory.render(SourceConfig("s"), DictCheckout({"a.yaml": OBJECT, name: text}))
    assert [p.path for p in rendered.problems] == [name] * is_told
    assert all("in small letters only" in p.message for p in rendered.problems)
    assert len(rendered.manifests) == 1


def test_a_link_to_a_directory_is_told_in_a_note() -> None:
    checkout = DictCheckout({"a.yaml": OBJECT}, skipped=[("shared", DIRECTORY_LINK), ("other", DIRECTORY_LINK)])
    (note,) = directory.render(SourceConfig("s"), checkout).notes
    assert note.startswith("shared (and 1 more) links to a directory")


def test_an_object_without_a_kind_is_no_file_of_other_things() -> None:
    files = {"a.yaml": OBJECT, "b.yaml": "apiVersion: apps/v1\nspec: {replicas: 1}\n"}
    (problem,) = directory.render(SourceConfig("s"), DictCheckout({**files})).problems
    assert (problem.path, problem.message) == ("b.yaml", "kind is missing")


def test_a_policy_whose_name_ends_in_capitals_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.YAML").touch()
    assert [path.name for path in files_of(tmp_path)] == ["a.YAML"]


def test_policies_behind_a_link_to_a_directory_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "shared").symlink_to(tmp_path)
    with pytest.raises(PolicyError, match="shared is a link to a directory"):
        files_of(tmp_path / "policies")


def test_a_mounted_config_map_of_policies_is_read(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "a.yaml").touch()
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert [path.name for path in files_of(tmp_path)] == ["a.yaml"]


def test_a_part_of_a_recording_whose_name_ends_in_capitals_is_read(tmp_path: Path) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "shop"}}
    (tmp_path / "a.JSON").write_text(json.dumps(body))
    cluster = connect(ClusterConfig("c", snapshot=tmp_path), redactor=Redactor())
    assert cluster.discovery.resource("", "v1", "Secret")
