"""A list of which a part is missing tells nothing of what is absent: a recording is refused, a server's is an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.live.dump import open_dump
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from tests.unit.live.api import CONFIG_MAPS, Api, declared
from tests.unit.live.scripted import Script, ok, serving
from tests.unit.live.test_reader import SHOP, only_problem, read

ITEM: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}


def recorded(folder: Path, name: str, text: str) -> None:
    (folder / "sound.json").write_text(json.dumps(ITEM))
    (folder / name).write_text(text)
    open_dump("c", folder, Redactor())


@pytest.mark.parametrize("metadata", [{"continue": "token"}, {"remainingItemCount": 5}], ids=str)
@pytest.mark.parametrize("name", ["page.json", "page.yaml"])
def test_one_page_of_a_list_is_no_recording(tmp_path: Path, name: str, metadata: JsonObject) -> None:
    page = {"apiVersion": "v1", "kind": "ConfigMapList", "metadata": metadata, "items": [ITEM]}
    with pytest.raises(ClusterError, match="the first part of a list") as caught:
        recorded(tmp_path, name, json.dumps(page) if name.endswith("json") else yaml.safe_dump(page))
    assert (caught.value.code, str(caught.value.where)) == (problem.BAD_RECORDING, str(tmp_path / name))


@pytest.mark.parametrize(
    "text", ["Error from server (Forbidden): secrets is forbidden\n", "No resources found\n", "a: b\n"]
)
def test_words_in_place_of_objects_are_no_recording(tmp_path: Path, text: str) -> None:
    with pytest.raises(ClusterError) as caught:
        recorded(tmp_path, "secrets.yaml", text)
    assert caught.value.code == problem.BAD_RECORDING


def test_an_empty_list_and_a_whole_one_are_a_recording(tmp_path: Path) -> None:
    whole = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "", "continue": ""}, "items": [ITEM]}
    recorded(tmp_path, "whole.yaml", yaml.safe_dump(whole))
    recorded(tmp_path, "empty.json", json.dumps({**whole, "items": []}))


@pytest.mark.parametrize("kind", ["Status", "Table", "PodList", "SecretList"])
def test_a_list_of_another_kind_is_an_error(kind: str) -> None:
    with serving() as script:
        Api(script)
        _answer(script, {"kind": kind, "apiVersion": "v1", "metadata": {}, "items": []})
        wanted = declared(CONFIG_MAPS, *SHOP)
        assert only_problem(read(script, wanted), wanted).code == problem.UNEXPECTED


@pytest.mark.parametrize("element", [1, None, {}, {"metadata": {"name": 5}}], ids=str)
def test_what_a_list_with_a_nameless_element_lacks_is_not_absent(element: object) -> None:
    with serving() as script:
        Api(script)
        _answer(script, {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {}, "items": [element]})
        wanted = declared(CONFIG_MAPS, *SHOP)
        assert "elements without a name" in only_problem(read(script, wanted), wanted).message


def _answer(script: Script, document: JsonObject) -> None:
    script.on("/api/v1/namespaces/shop/configmaps", ok(document))
