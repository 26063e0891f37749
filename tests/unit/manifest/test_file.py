from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.manifest import file as manifest
from gitops_audit.manifest import stream
from gitops_audit.manifest.limits import MAX_FILE_BYTES

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
MARKER = "s3cr3t-m4rk3r"

# Written as they are between double quotes, in JSON as in YAML.
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=12)
_SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _TEXT
_VALUES = st.recursive(
    _SCALARS, lambda child: st.lists(child, max_size=4) | st.dictionaries(_TEXT, child, max_size=4), max_leaves=20
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.dictionaries(_TEXT, _VALUES, max_size=4), st.sampled_from(["", "# YAML\n"]))
def test_json_is_read_as_it_is_written_as_json_and_as_yaml(spec: dict[str, Any], prefix: str) -> None:
    body = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    text = prefix + json.dumps(body, ensure_ascii=False)
    (found,) = manifest.load(text.encode(), "a.yaml").manifests
    assert found.body == body


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#~<= \n\t01.\\", max_size=80).map(str.encode))
def test_no_file_makes_the_loader_raise(data: bytes) -> None:
    rendered = manifest.load(data, "a.yaml")
    assert rendered.manifests or rendered.problems or rendered.ignored


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}data: {{k: [{MARKER}}}\n",
        f"{HEAD}data: !!int {MARKER}\n",
        f"{HEAD}data: !!binary {MARKER}\n",
        f"{HEAD}data: *{MARKER}\n",
        f'{HEAD}data: "{MARKER}\\z"\n',
        f'{HEAD}data: "{MARKER}\n',
        f"{HEAD}data: {MARKER}: {MARKER}\n",
        f"{HEAD}data: [{MARKER}?]\n",
        f"{HEAD}data: !{MARKER}!x {MARKER}\n",
        f"{HEAD}data: {{[{MARKER}]: 1}}\n",
        f"{HEAD}data: @{MARKER}\n",
        f"{HEAD}--- {MARKER}\n",
        f"%{MARKER}\n---\n{HEAD}",
        f"{HEAD}data: {MARKER}\x07\n",
        f"{HEAD}---\n{MARKER}\n",
        f'{{"apiVersion": "v1", "k": "{MARKER}" "x"}}{{"x": {MARKER}}}',
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: [{MARKER}]}}\n",
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, labels: {{k: [{MARKER}]}}}}\n",
        f"apiVersion: v1\nkind: List\nitems: [{MARKER}]\n",
    ],
)
def test_no_problem_quotes_what_the_file_holds(text: str) -> None:
    rendered = manifest.load(text.encode(), "a.yaml")
    faults = [fault for m in rendered.manifests for fault in m.faults]
    assert rendered.problems or faults
    assert MARKER not in repr((rendered.problems, rendered.ignored, faults))


@pytest.mark.parametrize("name", ["{{ .Release.Name }}", "{{- .Values.name }}"])
def test_a_helm_template_is_recognised(name: str) -> None:
    (problem,) = manifest.load(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n".encode(), "t.yaml"
    ).problems
    assert problem.line == 4
    assert "it looks like a Helm template" in problem.message


def test_a_file_beyond_the_limit_is_not_read() -> None:
    (problem,) = manifest.load(b"#" * (MAX_FILE_BYTES + 1), "big.yaml").problems
    assert (
        problem.message == "33 MiB are too much for a file of manifests: at most 32 MiB are read (limit: manifest size)"
    )


@pytest.mark.parametrize(
    "data",
    [b"---\n" * 300_000, b"# c\n" * 1_000_000, b"\n" * 2_000_000, b" \n" * 1_000_000],
    ids=["separators", "comments", "line breaks", "blanks"],
)
def test_a_file_of_nothing_is_read_in_no_time(data: bytes) -> None:
    assert manifest.load(data, "a.yaml").ignored == (("a.yaml", "it is empty, or has only comments"),)


FIELDS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
---
# second
apiVersion: apps/v1
kind: Deployment
metadata:
  name: b
  labels: {x/y: "1", a~b: "2"}
spec:
  template: &t
    containers:
    - name: one
      image: a
    -
      name: two
  copy: *t
  merged:
    <<: *t
    own: 1
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("/metadata", 9),
        ("/metadata/name", 10),
        ("/metadata/labels/x~1y", 11),
        ("/metadata/labels/a~0b", 11),
        ("/spec/template/containers/0", 15),
        ("/spec/template/containers/0/image", 16),
        ("/spec/template/containers/1/name", 18),
        ("/spec/copy", 19),
        ("/spec/copy/containers/0/image", 16),
        ("/spec/merged/containers", 14),
        ("/spec/merged/own", 22),
    ],
)
def test_every_field_has_its_line(pointer: str, line: int) -> None:
    assert manifest.field_lines(FIELDS.encode(), 7)[pointer] == line


def test_fields_of_list_items_count_from_the_item() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n"
    text += "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data:\n    k: v\n"
    lines = manifest.field_lines(text.encode(), 7)
    assert (lines["/data/k"], lines["/kind"], "/items" in lines) == (11, 8, False)


def test_fields_of_json_objects_have_lines_too() -> None:
    one = '{"apiVersion": "v1",\n "kind": "ConfigMap", "metadata": {"name": "a"},\n\t"data": {"k": "v"}}'
    assert manifest.field_lines(f"{one}\n{one}".encode(), 4)["/data/k"] == 6


@pytest.mark.parametrize("parted_by", ["", "---\n"])
def test_a_file_is_read_once_however_many_of_its_objects_are_looked_up(
    parted_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, parts = list[int](), stream.parts

    def counted(data: bytes) -> Iterator[stream.Part]:
        read.append(len(data))
        return parts(data)

    monkeypatch.setattr(stream, "parts", counted)
    one = '{"apiVersion": "v1", "kind": "ConfigMap",\n "metadata": {"name": "a"}}\n'
    data = parted_by.join([one] * 50).encode()
    step = len(one.splitlines()) + len(parted_by.splitlines())
    for number in range(50):
        assert manifest.field_lines(data, 1 + number * step)["/metadata/name"] == 2 + number * step
    assert len(read) == 1


def test_a_field_that_stands_twice_has_its_last_line() -> None:
    lines = manifest.field_lines(f"{HEAD}data: {{x: 1}}\ndata:\n  z: 2\n".encode(), 1)
    assert (lines["/data"], lines["/data/z"], "/data/x" in lines) == (5, 6, False)


@pytest.mark.parametrize(("data", "line"), [(FIELDS.encode(), 0), (b"a: [", 1), (b"", 1), (b"\xff", 1), (b'{"a": ', 1)])
def test_an_object_that_is_not_there_has_no_lines(data: bytes, line: int) -> None:
    assert manifest.field_lines(data, line) == {}


def test_lines_count_only_objects_that_were_loaded() -> None:
    text = f"a: [\n---\n{HEAD}---\n{HEAD}data: {{k: v}}\n"
    rendered = manifest.load(text.encode(), "a.yaml")
    (found,) = [m for m in rendered.manifests if "data" in m.body]
    assert manifest.field_lines(text.encode(), found.origin.line)["/data/k"] == 10


def test_problems_come_in_the_order_of_their_lines() -> None:
    text = f"x: 1\n---\n{HEAD}---\na: [\n---\nkind: Pod\nmetadata: {{}}\n"
    assert [p.line for p in manifest.load(text.encode(), "a.yaml").problems] == [1, 8, 9]
