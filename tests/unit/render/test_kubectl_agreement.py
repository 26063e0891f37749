"""The tables of the other tests, and files as people write them, against the real kubectl (`--local`: no server)."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.manifest import file as manifest
from tests.tools import KUBECTL
from tests.unit.render.file_texts import FILES, HEAD
from tests.unit.render.scalars import KEYS, PLAIN, QUOTED_AND_FLOW, REFUSED, REFUSED_KEYS, TAGGED
from tests.unit.render.texts import MAPPINGS, VALUES

pytestmark = pytest.mark.slow

KNOWN_VALUES = [text for rows in PLAIN.values() for text, _ in rows] + [text for text, _ in (*TAGGED, *QUOTED_AND_FLOW)]

STRUCTURES = {
    "two documents": f"{HEAD}---\n{HEAD}spec: 1\n",
    "a leading separator": f"---\n{HEAD}",
    "two leading separators": f"---\n---\n{HEAD}",
    "a trailing separator": f"{HEAD}---",
    "a comment after a separator": f"{HEAD}--- # why\n{HEAD}",
    "a comment right after a separator": f"{HEAD}---#why\n{HEAD}",
    "an inline document": f"{HEAD}--- {{a: 1}}\n",
    "dashes at the start of a line": f"{HEAD}-----BEGIN\n",
    "a document end": f"{HEAD}...\n---\n{HEAD}",
    "a directive": f"%YAML 1.1\n---\n{HEAD}",
    "windows": f"{HEAD}---\n{HEAD}spec: |\n  a\n  b\n".replace("\n", "\r\n"),
    "a byte order mark": f"\ufeff{HEAD}---\n\ufeff{HEAD}",
    "a block scalar without an end": f"{HEAD}spec: |\n  a",
    "a kept block scalar": f"{HEAD}spec: |+\n  a\n\n\n",
    "a folded scalar": f"{HEAD}spec: >\n  a\n  b\n\n   c\n  d\n",
    "a tab as indentation": f"{HEAD}spec:\n\ta: 1\n",
    "a tab in a flow mapping": f"{HEAD}spec: {{\n\ta: 1}}\n",
    "a tab before a value": f"{HEAD}spec:\ta\n",
    "a control character": f"{HEAD}spec: \x07\n",
    "NEL and a line separator": f'{HEAD}spec: "a\x85b\u2028c"\n',
    "equal keys": f"{HEAD}spec: {{a: 1, a: 2}}\n",
    "a merge": f"{HEAD}spec:\n  b: &b {{a: 1, c: 2}}\n  m: {{a: 3, <<: *b}}\n  n: {{<<: [*b, {{c: 5}}], a: 4}}\n",
    "a merge of a scalar": f"{HEAD}spec: {{<<: a}}\n",
    "anchors that are set again": f"{HEAD}spec: {{a: &x 1, b: *x, c: &x 2, d: *x}}\n",
    "anchors within their own": f"{HEAD}spec: {{a: &x {{b: &x 1, c: *x}}, d: *x}}\n",
    "an alias to itself": f"{HEAD}spec: &x [*x]\n",
    "an alias as a key": f"{HEAD}spec: {{a: &x 1e3, *x : 1}}\n",
    "a key of a thousand characters": f"{HEAD}{'k' * 1000}: 1\n",
    "a key of more than 1024 characters": f"{HEAD}{'k' * 1100}: 1\n",
    "a complex key": f"{HEAD}spec:\n  ? [a]\n  : b\n",
    "a list": f"apiVersion: v1\nkind: List\nitems:\n- {HEAD.replace(chr(10), chr(10) + '  ')}\n",
    "a typed list": "apiVersion: example.com/v1\nkind: ThingList\nitems: [{metadata: {name: a}}]\n",
    "a list in a list": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List, items: [{}]}\n",
    "JSON": '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"n":[1.0,1e3,12345678901234567890]}',
    "JSON beyond float64": '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"n":1e400}',
    "half a surrogate pair": '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"n":"\\ud800"}',
    "excessive aliases": HEAD + "a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
}


def kubectl(text: str, tmp_path: Path) -> list[Any] | None:
    """The objects kubectl reads, None where it refuses the file."""
    file = tmp_path / f"{abs(hash(text))}.yaml"
    file.write_bytes(text.encode())
    command = [str(KUBECTL), "annotate", "--local", "-o", "json", "-f", str(file), "read=yes"]
    done = subprocess.run(command, capture_output=True, env={"KUBECONFIG": os.devnull, "HOME": str(tmp_path)})
    assert done.returncode in (0, 1), done.stderr
    return None if done.returncode else _objects(done.stdout.decode())


def _objects(text: str) -> list[Any]:
    decoder, found, at = json.JSONDecoder(parse_int=_number), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        value["metadata"].pop("annotations")
        found.append(value)
    return found


def _number(text: str) -> float:
    """kubectl writes large floats as integers with zeros."""
    return int(text) if -(2**63) <= int(text) < 2**63 else float(text)


def loaded(text: str) -> list[Any] | None:
    rendered = manifest.load(text.encode(), "a.yaml")
    return None if rendered.problems else [m.body for m in rendered.manifests]


def test_accepted_values_and_keys_agree(tmp_path: Path) -> None:
    documents = [f"{HEAD}v: {text}\n" for text in KNOWN_VALUES] + [f"{HEAD}m:\n  {text}: v\n" for text, _ in KEYS]
    text = "---\n".join(documents)
    expected, found = kubectl(text, tmp_path), loaded(text)
    assert expected is not None
    assert found is not None
    differing = [d for d, e, f in zip(documents, expected, found, strict=True) if repr(_sorted(e)) != repr(_sorted(f))]
    assert differing == []


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_refused_values_and_keys_agree(tmp_path: Path) -> None:
    documents = [f"{HEAD}v: {text}\n" for text in REFUSED] + [f"{HEAD}m:\n  {text}: v\n" for text in REFUSED_KEYS]
    with ThreadPoolExecutor(2) as pool:
        expected = list(pool.map(lambda document: kubectl(document, tmp_path), documents))
    assert [d for d, e in zip(documents, expected, strict=True) if e is not None] == []
    assert [d for d in documents if loaded(d) is not None] == []


def test_texts_of_all_sorts_are_accepted_by_both_with_the_same_meaning_or_by_none(tmp_path: Path) -> None:
    documents = [f"{HEAD}v: {text}\n" for text in VALUES] + [f"{HEAD}m:\n  {text}\n" for text in MAPPINGS]
    found = {document: loaded(document) for document in documents}
    accepted = {document: objects[0] for document, objects in found.items() if objects}
    expected = kubectl("---\n".join(accepted), tmp_path) or _one_by_one(list(accepted), tmp_path)
    pairs = zip(accepted.items(), expected, strict=True)
    assert [document for (document, f), e in pairs if repr(_sorted(f)) != repr(_sorted(e))] == []
    refused = [document for document, objects in found.items() if not objects]
    assert [document for document in refused if kubectl(document, tmp_path)] == []


def _one_by_one(documents: list[str], tmp_path: Path) -> list[Any]:
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda document: kubectl(document, tmp_path), documents)
        return [answer[0] if answer else None for answer in answers]


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_files_of_all_sorts_agree(text: str, tmp_path: Path) -> None:
    expected, found = kubectl(text, tmp_path), loaded(text)
    assert repr(_sorted(found)) == repr(_sorted(expected))


@pytest.mark.parametrize("text", STRUCTURES.values(), ids=STRUCTURES.keys())
def test_structures_agree(text: str, tmp_path: Path) -> None:
    expected, found = kubectl(text, tmp_path), loaded(text)
    assert repr(_sorted(found)) == repr(_sorted(expected))
