"""The one reader and printer of quantities against a real API server: what is one, and how it is given back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from gitops_audit.kube.quantity import parse
from gitops_audit.model.resource import JsonObject
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Answer, Direct

pytestmark = pytest.mark.e2e
_SUFFIXES = ["", *"numkMGTPE", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e0", "e3", "E2", "e-3"]
_SUFFIXES += ["e+10", "e-12", "e20", "e40"]
_NUMBERS = ["0", "-0", "1", "+1", "5.", ".5", "1.5", "0.001", "1000", "1024", "1023", "3000000"]
_NUMBERS += ["1536", "1048576", "007", "1.000", "1.0000000001", "0.0000000001", "123456789012345678"]
_NUMBERS += ["9223372036854775807", "1000000000000000000", "12345678901234567890123.5"]
# Beyond E the server under test prints a wrong number ("1000E" as "1").
_MISPRINTED = {"1000E", "3000000P", "3000000E", *(f"1000000000000000000{suffix}" for suffix in "kMGTPE")}
TEXTS = [text for text in map("".join, product(_NUMBERS, _SUFFIXES)) if text not in _MISPRINTED]
NO_TEXTS = ["", ".", "1 Gi", "1gi", "Gi", "1KiB", "1Ki2", "0x1", "1_0", "--1", "1e", "1e1.5", "1mm", "m", "-"]
NO_TEXTS += ["٣", "1,5"]


@pytest.fixture
def direct(apiserver: ApiServer) -> Iterator[Direct]:
    connection = Direct(apiserver)
    yield connection
    connection.close()


def sent(direct: Direct, texts: list[str]) -> Answer:
    """The size of a volume holds any quantity but negative ones."""
    volumes = [{"name": f"v{n}", "emptyDir": {"sizeLimit": text}} for n, text in enumerate(texts)]
    spec: JsonObject = {"containers": [{"name": "web", "image": "web"}], "volumes": volumes}
    template: JsonObject = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    body = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "all"}, "template": template}
    return direct.dry_run(body, "default")


def given_back(answer: Answer) -> list[str]:
    assert answer.status == 201, answer.message
    return [volume["emptyDir"]["sizeLimit"] for volume in answer.body["template"]["spec"]["volumes"]]


def test_each_quantity_comes_back_as_it_is_printed_here(direct: Direct) -> None:
    pairs = zip(TEXTS, given_back(sent(direct, TEXTS)), strict=True)
    wrong = [f"{text}: {there} there, {parse(text)} here" for text, there in pairs if there != str(parse(text))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", NO_TEXTS)
def test_what_the_server_refuses_is_none(direct: Direct, text: str) -> None:
    is_quantity = True
    try:
        parse(text)
    except ValueError:
        is_quantity = False
    assert (sent(direct, [text]).status == 201) is is_quantity


def test_space_around_a_quantity_does_not_count(direct: Direct) -> None:
    assert given_back(sent(direct, [" 1000m "])) == ["1"]
