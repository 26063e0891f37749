from __future__ import annotations

import base64
import gzip
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import ClusterConfig, RedactRule
from gitops_audit.errors import ClusterError
from gitops_audit.kube.match import Match
from gitops_audit.live import Cluster, Refusal, connect, problem
from gitops_audit.live import snapshot as opening
from gitops_audit.live.recording import Recorded, record_all, record_wanted
from gitops_audit.model.redact import LAST_APPLIED, Redactor
from gitops_audit.model.resource import JsonObject
from tests.unit.live.api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    NAMESPACES,
    SECRETS,
    WIDGETS,
    Api,
    Kind,
    aggregated,
    cluster_of,
    declared,
)
from tests.unit.live.scripted import Script, ok, status

MARKER = "s3cr3t-marker"
ENCODED = base64.b64encode(MARKER.encode()).decode()


def record(script: Script, path: Path, *wanted: Any, namespaces: tuple[str, ...] = ()) -> Recorded:
    cluster = cluster_of(script)
    try:
        return record_wanted(cluster, path, wanted) if wanted else record_all(cluster, path, namespaces)
    finally:
        cluster.close()


def opened(path: Path, redactor: Redactor | None = None) -> Cluster:
    return connect(ClusterConfig("prod", snapshot=path), redactor=redactor or Redactor())


def code_of(cluster: Cluster, kind: Kind, name: str, version: str = "") -> str:
    """The code of the problem; empty where there is none."""
    (resource,) = declared(kind, name, version=version)
    found = cluster.read([resource]).problem(resource)
    return found.code if found else ""


def rewritten(path: Path, change: Callable[[JsonObject], object]) -> None:
    document = json.loads(gzip.decompress(path.read_bytes()))
    change(document)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "prod.json.gz"


def test_a_recorded_cluster_answers_like_the_cluster(script: Script, api: Api, path: Path) -> None:
    api.has(CONFIG_MAPS, "shop/a", "web/b", data={"k": "v"})
    record(script, path)
    cluster = opened(path)
    there, gone = declared(CONFIG_MAPS, "shop/a", "shop/gone")
    live = cluster.read([there, gone])
    assert live.get(there) == api.objects[0]
    assert (live.get(gone), live.problem(gone)) == (None, None)
    assert (cluster.get(there), cluster.get(gone)) == (api.objects[0], None)
    assert cluster.version == "v1.30.0"
    assert cluster.discovery.scope("apps", "v1", "Deployment") is True
    assert [m["metadata"]["name"] for m in cluster.list_metadata("", "v1", "configmaps", "web")] == ["b"]


def test_schemas_are_recorded(script: Script, api: Api, path: Path) -> None:
    api.has(DEPLOYMENTS, "shop/web")
    script.on("/openapi/v3", ok({"paths": {"apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1"}}}))
    gvk = {"group": "apps", "version": "v1", "kind": "Deployment"}
    node = {"type": "object", "x-kubernetes-group-version-kind": [gvk]}
    script.on("/openapi/v3/apis/apps/v1", ok({"components": {"schemas": {"Deployment": node}}}))
    record(script, path)
    cluster = opened(path)
    assert cluster.schemas.type_for("apps", "v1", "Deployment") is not None
    assert cluster.schema_problem == ""


def test_a_recording_of_what_is_wanted_knows_what_was_absent_and_nothing_else(
    script: Script, api: Api, path: Path
) -> None:
    api.has(CONFIG_MAPS, "shop/a", "shop/b")
    for suffix in ("", "/s"):
        script.on(f"/api/v1/namespaces/shop/secrets{suffix}", status(403, "Forbidden", "no"))
    record(script, path, *declared(CONFIG_MAPS, "shop/a", "shop/gone"), *declared(SECRETS, "shop/s"))
    cluster = opened(path)
    assert code_of(cluster, CONFIG_MAPS, "shop/a") == ""
    assert code_of(cluster, CONFIG_MAPS, "shop/gone") == ""
    assert code_of(cluster, SECRETS, "shop/s") == problem.FORBIDDEN
    assert code_of(cluster, CONFIG_MAPS, "shop/b") == problem.NOT_RECORDED


def test_what_could_not_be_listed_is_a_problem_in_the_recording_too(script: Script, api: Api, path: Path) -> None:
    script.on("/api/v1/secrets", status(403, "Forbidden", "no"))
    recorded = record(script, path)
    assert [p.code for p in recorded.problems] == [problem.FORBIDDEN]
    assert code_of(opened(path), SECRETS, "shop/s") == problem.FORBIDDEN


def test_a_recording_of_one_namespace_knows_nothing_of_another(script: Script, api: Api, path: Path) -> None:
    api.has(CONFIG_MAPS, "shop/a", "web/b")
    record(script, path, namespaces=("shop",))
    cluster = opened(path)
    assert code_of(cluster, CONFIG_MAPS, "shop/gone") == ""
    assert code_of(cluster, CONFIG_MAPS, "web/b") == problem.NOT_RECORDED
    with pytest.raises(ClusterError) as caught:
        cluster.list_metadata("", "v1", "configmaps")
    assert caught.value.code == problem.NOT_RECORDED


def test_an_unserved_kind_is_told_as_such(script: Script, api: Api, path: Path) -> None:
    record(script, path)
    assert code_of(opened(path), WIDGETS, "shop/w", version="v9") == problem.NOT_SERVED
    assert code_of(opened(path), Kind("no.such", "v1", "Thing", "things"), "shop/x") == problem.NOT_SERVED


def test_an_object_recorded_at_another_version_is_not_compared(script: Script, api: Api, path: Path) -> None:
    api.has(DEPLOYMENTS, "shop/web")
    record(script, path)
    rewritten(path, lambda d: d["discovery"]["resources"].append(["apps", "v2", *d["discovery"]["resources"][3][2:]]))
    assert code_of(opened(path), DEPLOYMENTS, "shop/web", version="v2") == problem.NOT_RECORDED


def test_a_kind_is_recorded_at_every_version_it_is_served_at(script: Script, api: Api, path: Path) -> None:
    newer = replace(WIDGETS, version="v2")
    api.kinds = (*api.kinds, newer)
    script.on("/apis", ok(aggregated([WIDGETS, newer])))
    api.has(WIDGETS, "shop/w")
    record(script, path)
    cluster = opened(path)
    found = [cluster.get(declared(WIDGETS, "shop/w", version=version)[0]) for version in ("v1", "v2")]
    assert [body["apiVersion"] for body in found if body] == ["example.org/v1", "example.org/v2"]


def test_a_recording_cannot_be_asked_for_a_dry_run(script: Script, api: Api, path: Path) -> None:
    record(script, path)
    found = opened(path).dry_run_apply(declared(DEPLOYMENTS, "shop/web")[0], "m")
    assert isinstance(found, Refusal)
    assert found.reason == "recording"


def test_secrets_are_not_in_the_file_and_declared_ones_can_be_compared(script: Script, api: Api, path: Path) -> None:
    api.has(SECRETS, "shop/s", data={"k": ENCODED})
    api.objects[0]["metadata"]["annotations"] = {LAST_APPLIED: json.dumps({"kind": "Secret", "data": {"k": ENCODED}})}
    record(script, path)
    content = gzip.decompress(path.read_bytes()).decode()
    assert MARKER not in content
    assert ENCODED not in content
    cluster = opened(path)
    live = cluster.get(declared(SECRETS, "shop/s")[0])
    assert live is not None
    same = {"apiVersion": "v1", "kind": "Secret", "stringData": {"k": MARKER}}
    assert cluster.redactor.redact(same)["data"] == live["data"]


def test_fields_to_redact_are_redacted_when_a_recording_without_them_is_opened(
    script: Script, api: Api, path: Path
) -> None:
    api.has(CONFIG_MAPS, "shop/a", data={"password": MARKER})
    record(script, path)
    redactor = Redactor(rules=(RedactRule(Match(kind="ConfigMap"), ("/data/password",)),))
    live = opened(path, redactor).get(declared(CONFIG_MAPS, "shop/a")[0])
    assert MARKER not in json.dumps(live)


def test_only_the_owner_may_read_a_recording(script: Script, api: Api, path: Path) -> None:
    record(script, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_recording_that_fails_leaves_the_old_one(
    script: Script, api: Api, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(script, path)
    before = path.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gitops_audit.live.recording.os.replace", full_disk)
    with pytest.raises(ClusterError, match="No space left"):
        record(script, path)
    assert (path.read_bytes(), len(list(path.parent.iterdir()))) == (before, 1)


def test_a_recording_in_the_place_of_a_directory_is_told(script: Script, api: Api, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClusterError) as caught:
        record(script, tmp_path / "file" / "x.gz")
    assert caught.value.code == problem.BAD_RECORDING


def test_a_list_that_expires_while_it_is_recorded_is_read_again(script: Script, api: Api, path: Path) -> None:
    item = {"metadata": {"name": "a", "namespace": "shop"}}
    page = ok({"metadata": {"continue": "x"}, "items": [item]})
    script.on("/api/v1/configmaps", page, status(410, "Expired"), ok({"metadata": {}, "items": [item]}))
    assert record(script, path).objects == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:30],
        lambda data: data[:20] + b"\xff\xff\xff" + data[23:],
        lambda data: gzip.compress(b"not json"),
        lambda data: gzip.compress(b"[]"),
        lambda data: gzip.compress(b'{"kind": "Pod"}'),
        lambda data: gzip.compress(b""),
    ],
    ids=["cut", "short", "damaged", "text", "list", "pod", "empty"],
)
def test_a_damaged_file_is_an_error_with_its_name(
    script: Script, api: Api, path: Path, damage: Callable[[bytes], bytes]
) -> None:
    record(script, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ClusterError) as caught:
        opened(path)
    assert caught.value.code == problem.BAD_RECORDING
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("objects"),
        lambda d: d.update(objects=[1]),
        lambda d: d.update(objects={}),
        lambda d: d.update(key="zz"),
        lambda d: d.update(key=""),
        lambda d: d.update(discovery=[]),
        lambda d: d.update(complete=[["a"]]),
        lambda d: d.update(absent=[[{}]]),
        lambda d: d.update(problems=[[]]),
        lambda d: d.update(schemas=[[1]]),
    ],
)
def test_a_recording_whose_parts_do_not_fit_is_an_error(
    script: Script, api: Api, path: Path, change: Callable[[JsonObject], object]
) -> None:
    record(script, path)
    rewritten(path, change)
    with pytest.raises(ClusterError) as caught:
        opened(path)
    assert caught.value.code == problem.BAD_RECORDING


def test_a_recording_of_another_version_is_told_with_both(script: Script, api: Api, path: Path) -> None:
    record(script, path)
    rewritten(path, lambda document: document.update(apiVersion="gitops-audit/v9"))
    with pytest.raises(ClusterError, match=r"gitops-audit/v9.*gitops-audit/v1"):
        opened(path)


def test_a_file_that_unpacks_to_far_more_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_FREE_BYTES", 1 << 20)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * (8 << 20)))
    with pytest.raises(ClusterError, match="unpacks to more than"):
        opened(path)


def test_a_recording_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        opened(tmp_path / "absent.json.gz")
    assert "No such file" in str(caught.value)


def test_namespaces_are_recorded_whatever_namespaces_are_chosen(script: Script, api: Api, path: Path) -> None:
    api.has(NAMESPACES, "shop", "web")
    assert record(script, path, namespaces=("shop",)).objects == 2
