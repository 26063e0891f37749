from __future__ import annotations

import json

import pytest

from gitops_audit.live.json_text import parsed
from tests.unit.live.api import CONFIG_MAPS, Api, cluster_of, declared
from tests.unit.live.scripted import Answer, serving

_ROOT = "/api/v1/namespaces/shop/configmaps"
_BAD = {
    "300 levels": ("[" * 300 + "]" * 300, "nests deeper than 250 levels"),
    "1,500 levels": ("[" * 1500 + "]" * 1500, "nests deeper than 250 levels"),
    "9,000 levels": ('{"a":' * 9000 + "1" + "}" * 9000, "nests deeper than 250 levels"),
    "a number beyond range": ("1e400", "a number beyond range"),
    "5,000 digits": ("9" * 5000, "a number beyond range"),
    "half a surrogate": ('"\\ud800"', "no Unicode"),
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
