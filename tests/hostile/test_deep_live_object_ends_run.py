from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ClusterError
from gitops_audit.live import Cluster, connect
from gitops_audit.live.json_text import parsed
from gitops_audit.live.recording import Recorded, record_all, record_wanted
from gitops_audit.model.redact import Redactor
from tests.unit.live.api import CONFIG_MAPS, Api, cluster_of, declared
from tests.unit.live.scripted import Answer, serving

_ROOT = "/api/v1/namespaces/shop/configmaps"
_BAD = {
    "300 levels": ("[" * 300 + "]" * 300, "nests deeper than 250 levels (limit: object depth)"),
    "1,500 levels": ("[" * 1500 + "]" * 1500, "nests deeper than 250 levels (limit: object depth)"),
    "9,000 levels": ('{"a":' * 9000 + "1" + "}" * 9000, "nests deeper than 250 levels (limit: object depth)"),
    "a number beyond range": ("1e400", "a number beyond range (limit: object numbers)"),
    "5,000 digits": ("9" * 5000, "a number beyond range (limit: object numbers)"),
    "half a surrogate": ('"\\ud800"', "no Unicode (limit: object text)"),
}


def _told(objects: int, bad: str) -> list[str]:
    """What is told of each object; the first one has a bad value in its data."""
    bodies = [{"metadata": {"name": f"c{i}", "namespace": "shop"}, "data": {"k": "BAD"}} for i in range(objects)]
    texts = [json.dumps(body).replace('"BAD"', bad if not i else '"v"').encode() for i, body in enumerate(bodies)]
    wanted = declared(CONFIG_MAPS, *(f"shop/c{i}" for i in range(objects)))
    with serving() as script:
        Api(script)
        script.on(_ROOT, Answer(body=b'{"kind":"ConfigMapList","metadata":{},"items":[%s]}' % b",".join(texts)))
        for i, text in enumerate(texts):
            script.on(f"{_ROOT}/c{i}", Answer(body=text))
        cluster = cluster_of(script)
        live = cluster.read(wanted)
        cluster.close()
    return [problem.message if (problem := live.problem(w)) else "" for w in wanted]


def _recorded(bad: str, path: Path, *, is_wanted: bool) -> tuple[Recorded, Cluster]:
    """A recording of three ConfigMaps, the second of which has a bad value, and the cluster it stands for."""
    bodies = [{"metadata": {"name": name, "namespace": "shop"}, "data": {"k": "BAD"}} for name in "abc"]
    texts = [json.dumps(b).replace('"BAD"', bad if i == 1 else '"v"').encode() for i, b in enumerate(bodies)]
    with serving() as script:
        Api(script)
        for root in (_ROOT, "/api/v1/configmaps"):
            script.on(root, Answer(body=b'{"kind":"ConfigMapList","metadata":{},"items":[%s]}' % b",".join(texts)))
        for name, text in zip("abc", texts, strict=True):
            script.on(f"{_ROOT}/{name}", Answer(body=text))
        cluster = cluster_of(script)
        wanted = declared(CONFIG_MAPS, "shop/a", "shop/b", "shop/c")
        recorded = record_wanted(cluster, path, wanted) if is_wanted else record_all(cluster, path)
        cluster.close()
    return recorded, connect(ClusterConfig("prod", snapshot=path), redactor=Redactor())


@pytest.mark.parametrize("is_wanted", [True, False], ids=["wanted", "all"])
@pytest.mark.parametrize(("bad", "reason"), _BAD.values(), ids=_BAD)
def test_an_object_that_cannot_be_recorded_is_an_error_of_its_own(
    bad: str, reason: str, is_wanted: bool, tmp_path: Path
) -> None:
    recorded, cluster = _recorded(bad, tmp_path / "prod.json.gz", is_wanted=is_wanted)
    assert recorded.objects == 2
    assert any(reason in found.message for found in recorded.problems)
    first, second, third = declared(CONFIG_MAPS, "shop/a", "shop/b", "shop/c")
    live = cluster.read([first, second, third])
    assert [live.problem(first), live.problem(third)] == [None, None]
    problem = live.problem(second)
    assert problem is not None
    assert reason in problem.message
    with pytest.raises(ClusterError, match="does not hold all configmaps"):
        cluster.list_metadata("", "v1", "configmaps")


def test_a_name_that_is_no_unicode_is_told_and_ends_no_recording(tmp_path: Path) -> None:
    with serving() as script:
        Api(script)
        body = b'{"metadata":{"name":"\\ud800","namespace":"shop"}}'
        script.on("/api/v1/configmaps", Answer(body=b'{"kind":"ConfigMapList","metadata":{},"items":[%s]}' % body))
        cluster = cluster_of(script)
        recorded = record_all(cluster, tmp_path / "prod.json.gz")
        cluster.close()
    assert any("shop/\\ud800: the live object cannot be read" in found.message for found in recorded.problems)
    connect(ClusterConfig("prod", snapshot=recorded.path), redactor=Redactor())


def test_schemas_too_deep_to_be_recorded_are_told_and_end_no_recording(tmp_path: Path) -> None:
    schema = '{"properties":{"a":' * 150 + "{}" + "}}" * 150
    with serving() as script:
        api = Api(script)
        api.has(CONFIG_MAPS, "shop/a")
        script.on("/openapi/v3", Answer(body=b'{"paths":{"api/v1":{"serverRelativeURL":"/openapi/v3/api/v1"}}}'))
        script.on("/openapi/v3/api/v1", Answer(body=b'{"components":{"schemas":{"a":%s}}}' % schema.encode()))
        cluster = cluster_of(script)
        recorded = record_all(cluster, tmp_path / "prod.json.gz")
        cluster.close()
    assert [found.message for found in recorded.problems] == [
        "the schemas of the core group/v1 cannot be recorded: it nests deeper than 250 levels (limit: object depth)"
    ]
    assert connect(ClusterConfig("prod", snapshot=recorded.path), redactor=Redactor()).schema_problem


@pytest.mark.parametrize("objects", [2, 8], ids=["get", "list"])
@pytest.mark.parametrize(("bad", "reason"), _BAD.values(), ids=_BAD)
def test_an_object_that_cannot_be_read_is_an_error_of_its_own(bad: str, reason: str, objects: int) -> None:
    first, *others = _told(objects, bad)
    assert reason in first
    assert others == [""] * (objects - 1)


def test_the_patient_parser_agrees_with_the_quick_one() -> None:
    text = b'{"a":[1,2.5,-3,18446744073709551615,1e3,"x\\u00e9","[{"],"b":{"c":null,"d":true}}'
    assert parsed(text[:-1] + b',"z":"\\ud800"}') == {**parsed(text), "z": "\ud800"}


@pytest.mark.parametrize("text", [b"", b"<html>", b'{"a":', b"[1,2", b'{"a":NaN}', b"[" * 100_000])
def test_what_is_no_json_stays_an_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)
