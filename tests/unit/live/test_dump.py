from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ClusterError
from gitops_audit.live import Cluster, connect, problem
from gitops_audit.model.redact import Redactor
from tests.unit.live.api import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, WIDGETS, Kind, declared

CONFIG_MAP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "a", "namespace": "shop"},
    "data": {"on": "1:30"},
}
CLUSTER_ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gadgeten.example.org"},
    "spec": {
        "group": "example.org",
        "scope": "Cluster",
        "names": {"kind": "Gadget", "plural": "gadgeten"},
        "versions": [{"name": "v1"}],
    },
}
AS_YAML = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
data: {"on": "1:30"}
"""


def listed(*objects: object) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": objects})


def opened(path: Path, content: str = "") -> Cluster:
    if content:
        path.write_text(content)
    return connect(ClusterConfig("prod", snapshot=path), redactor=Redactor())


def code_of(cluster: Cluster, kind: Kind, name: str) -> str:
    (resource,) = declared(kind, name)
    found = cluster.read([resource]).problem(resource)
    return found.code if found else ""


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(CONFIG_MAP),
        json.dumps(CONFIG_MAP, indent=4),
        listed(CONFIG_MAP),
        AS_YAML,
        f"---\n{AS_YAML}---\n{AS_YAML.replace('name: a', 'name: b')}",
        "apiVersion: v1\nkind: List\nitems:\n- " + AS_YAML.strip().replace("\n", "\n  ") + "\n",
    ],
    ids=["json", "indented", "list", "yaml", "documents", "yaml-list"],
)
def test_every_form_of_kubectl_output_is_a_recording(tmp_path: Path, content: str) -> None:
    assert opened(tmp_path / "out", content).get(declared(CONFIG_MAPS, "shop/a")[0]) == CONFIG_MAP


def test_a_directory_is_read_with_all_below_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.yml").write_text(AS_YAML)
    (tmp_path / "b.json").write_text(json.dumps(CLUSTER_ROLE))
    (tmp_path / "README.md").write_text("not read: {")
    cluster = opened(tmp_path)
    assert cluster.get(declared(CONFIG_MAPS, "shop/a")[0]) == CONFIG_MAP
    assert len(cluster.list_metadata("rbac.authorization.k8s.io", "v1", "clusterroles")) == 1


def test_an_object_of_a_recorded_kind_and_namespace_that_is_not_there_is_absent(tmp_path: Path) -> None:
    cluster = opened(tmp_path / "x.json", listed(CONFIG_MAP))
    assert cluster.get(declared(CONFIG_MAPS, "shop/gone")[0]) is None


def test_a_kind_of_which_nothing_is_there_is_not_taken_for_absent(tmp_path: Path) -> None:
    cluster = opened(tmp_path / "x.json", listed(CONFIG_MAP))
    assert code_of(cluster, DEPLOYMENTS, "shop/web") == problem.NOT_RECORDED


def test_a_namespace_of_which_nothing_is_there_is_not_taken_for_empty(tmp_path: Path) -> None:
    cluster = opened(tmp_path / "x.json", listed(CONFIG_MAP))
    assert code_of(cluster, CONFIG_MAPS, "web/a") == problem.NOT_RECORDED


def test_a_namespace_that_the_cluster_does_not_have_is_empty(tmp_path: Path) -> None:
    shop, web = ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in ("shop", "web"))
    cluster = opened(tmp_path / "x.json", listed(CONFIG_MAP, shop, web))
    assert code_of(cluster, CONFIG_MAPS, "gone/a") == ""
    assert code_of(cluster, CONFIG_MAPS, "web/a") == problem.NOT_RECORDED
    assert code_of(cluster, NAMESPACES, "gone") == ""


def test_the_problem_says_which_command_to_run(tmp_path: Path) -> None:
    cluster = opened(tmp_path / "x.json", listed(CONFIG_MAP))
    (resource,) = declared(DEPLOYMENTS, "shop/web")
    with pytest.raises(ClusterError, match=r"kubectl get deployments\.apps -A -o yaml"):
        cluster.get(resource)


@pytest.mark.parametrize(
    ("group", "kind", "expected"),
    [
        ("", "ConfigMap", True),
        ("rbac.authorization.k8s.io", "ClusterRole", False),
        ("", "Node", False),
        ("apps", "StatefulSet", True),
        ("example.org", "Gadget", False),
        ("other.org", "Unknown", True),
    ],
)
def test_scopes_come_from_objects_definitions_and_what_is_built_in(
    tmp_path: Path, group: str, kind: str, expected: bool
) -> None:
    cluster = opened(tmp_path / "x.json", listed(CONFIG_MAP, CLUSTER_ROLE, DEFINITION))
    assert cluster.discovery.scope(group, "v1", kind) is expected


def test_the_plural_of_a_custom_kind_is_that_of_its_definition(tmp_path: Path) -> None:
    cluster = opened(tmp_path / "x.json", listed(DEFINITION))
    assert cluster.discovery.plural("example.org", "v1", "gadgeten") is not None


def test_secrets_are_tokens(tmp_path: Path) -> None:
    value = base64.b64encode(b"s3cr3t-marker").decode()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "shop"},
        "data": {"k": value},
    }
    cluster = opened(tmp_path / "x.json", listed(secret))
    (resource,) = declared(Kind("", "v1", "Secret", "secrets"), "shop/s")
    assert value not in json.dumps(cluster.get(resource))


def test_there_are_no_types_and_it_says_so(tmp_path: Path) -> None:
    cluster = opened(tmp_path / "x.json", listed(CONFIG_MAP))
    assert cluster.schemas.type_for("", "v1", "ConfigMap") is None
    assert "no schemas" in cluster.schema_problem


@pytest.mark.parametrize(
    "content", ["a: [", '{"kind": "List", "items": [', "apiVersion: v1\nkind: ConfigMap\n\tx: 1\n"]
)
def test_a_broken_file_stops_the_recording_from_being_used(tmp_path: Path, content: str) -> None:
    with pytest.raises(ClusterError) as caught:
        opened(tmp_path / "x.yaml", content)
    assert caught.value.code == problem.BAD_RECORDING
    assert "x.yaml" in str(caught.value)


@pytest.mark.parametrize("content", ["# nothing\n", "[1, 2]", "just text"])
def test_a_file_without_objects_is_no_recording(tmp_path: Path, content: str) -> None:
    with pytest.raises(ClusterError) as caught:
        opened(tmp_path / "x.yaml", content)
    assert caught.value.code == problem.BAD_RECORDING


def test_an_empty_directory_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="no Kubernetes objects"):
        opened(tmp_path)


def test_custom_kinds_without_an_object_are_not_known(tmp_path: Path) -> None:
    assert code_of(opened(tmp_path / "x.json", listed(DEFINITION)), WIDGETS, "shop/w") == problem.NOT_RECORDED


@pytest.mark.parametrize("content", ["", "\n", "# no resources\n", "---\n---\n"])
def test_an_empty_file_in_a_folder_is_a_command_that_failed(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(listed(CONFIG_MAP))
    (tmp_path / "b.yaml").write_text(content)
    with pytest.raises(ClusterError, match=r"b\.yaml cannot be used: it is empty") as raised:
        opened(tmp_path)
    assert raised.value.code == problem.BAD_RECORDING


def test_a_list_of_nothing_in_a_folder_says_that_nothing_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(listed(CONFIG_MAP))
    (tmp_path / "b.json").write_text(listed())
    assert opened(tmp_path).discovery.resource("", "v1", "ConfigMap")
