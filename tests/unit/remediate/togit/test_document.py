"""One document of a file, edited and put back between the same bytes."""

from __future__ import annotations

import pytest

from gitops_audit.remediate.togit.document import Document
from gitops_audit.remediate.togit.node import Uneditable

ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: v\n"
TWO = ONE.replace("name: a", "name: b")


JSON = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k":  "v"}}'


def with_data(data: bytes, index: int, value: str) -> bytes:
    document = Document.of_object(data, index)
    body = document.body
    return document.with_body({**body, "data": {"k": value}})


@pytest.mark.parametrize(
    ("text", "index", "wanted"),
    [
        (f"# head\n---\n{ONE}---  # next\n{TWO}", 1, f"# head\n---\n{ONE}---  # next\n{TWO[:-2]}new\n"),
        (f"{ONE}---\n\n---\n{TWO.rstrip()}", 1, f"{ONE}---\n\n---\n{TWO.rstrip()[:-1]}new"),
        (f"\ufeff{ONE}", 0, f"\ufeff{ONE}".replace("k: v", "k: new")),
        (f"{ONE}---\n{ONE}", 1, f"{ONE}---\n{ONE[:-2]}new\n"),
        (ONE.replace("\n", "\r\n"), 0, ONE.replace("k: v", "k: new").replace("\n", "\r\n")),
        (f"{JSON} {JSON}\n", 1, f"{JSON} {JSON[:-4]}new\"}}}}\n"),
    ],
    ids=["second", "no newline", "byte order mark", "twice the same", "crlf", "json after json"],
)  # fmt: skip
def test_all_around_the_value_stays(text: str, index: int, wanted: str) -> None:
    assert with_data(text.encode(), index, "new").decode() == wanted


LIST = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
  data: {k: v}
# the second
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: b}
  data:
    k: v   # here
"""


def test_an_element_of_a_list_is_an_object_of_its_own() -> None:
    assert with_data(LIST.encode(), 1, "new").decode() == LIST.replace("k: v   #", "k: new   #")


def test_utf_16_is_refused() -> None:
    with pytest.raises(Uneditable, match="not UTF-8"):
        with_data(ONE.encode("utf-16"), 0, "new")


def test_an_object_that_is_not_there_is_refused() -> None:
    with pytest.raises(Uneditable, match="not in its file"):
        Document.of_object(ONE.encode(), 3)
