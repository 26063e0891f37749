"""What the API server refuses for its structure is a fault for us, and what it takes is none: thousands of changes."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.manifest.file import field_lines, load
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.manifest_schema import ManifestSchemas
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct

pytestmark = pytest.mark.e2e
NAMESPACE = "schema-agreement"
_FILE = Path(__file__).parents[1] / "unit" / "policy" / "manifest_schema" / "valid.yaml"
BODIES: list[JsonObject] = list(yaml.safe_load_all(_FILE.read_text(encoding="utf-8")))
CRD, MANIFESTS = BODIES[0], BODIES[1:]
REMOVED = object()
MARK = "zzzMistake"
VALUES: tuple[Any, ...] = ("zzz", "", 7, 1.5, True, [], {}, 2**40, ["x"], [1, 2])
_ATTEMPTS = 200


@pytest.fixture(scope="module")
def direct(apiserver: ApiServer) -> Iterator[Direct]:
    connection = Direct(apiserver)
    assert connection.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}}).status == 201
    assert connection.create(connection.collection(CRD, ""), CRD).status == 201
    _wait_for(lambda: connection.call("GET", "/openapi/v3/apis/shop.example/v1").status == 200)
    _wait_for(lambda: connection.dry_run(MANIFESTS[0], NAMESPACE).status == 201)
    yield connection
    connection.close()


def _wait_for(is_ready: Callable[[], bool]) -> None:
    """A CRD is served a little after it is created; each attempt is a request, so this does not spin."""
    assert any(is_ready() for _ in range(_ATTEMPTS * 20))


@pytest.fixture(scope="module")
def schemas(direct: Direct) -> ManifestSchemas:
    def documents(group: str, version: str) -> JsonObject | None:
        answer = direct.call("GET", f"/openapi/v3/apis/{group}/{version}" if group else f"/openapi/v3/api/{version}")
        return answer.body if answer.status == 200 else None

    return ManifestSchemas(documents)


def _name(body: JsonObject) -> str:
    return f"{body['kind']}-{body['metadata']['name']}"


@pytest.mark.parametrize("body", MANIFESTS, ids=_name)
def test_a_manifest_that_the_api_server_takes_has_no_faults(
    direct: Direct, schemas: ManifestSchemas, body: JsonObject
) -> None:
    answer = direct.dry_run(body, NAMESPACE)
    assert answer.status == 201, answer.message
    assert schemas.covers(body)
    assert schemas.check(body) == ()


@pytest.mark.parametrize("body", MANIFESTS, ids=_name)
def test_a_changed_manifest_is_refused_for_its_structure_by_both_or_by_none(
    direct: Direct, schemas: ManifestSchemas, body: JsonObject
) -> None:
    disagreements = []
    for what, changed in _changes(body):
        answer, faults = direct.dry_run(changed, NAMESPACE), schemas.check(changed)
        is_false_alarm = answer.status == 201 and faults
        is_missed = answer.status == 400 and not faults
        if is_false_alarm or is_missed:
            disagreements.append((what, answer.status, answer.message, faults))
    assert disagreements == []


def _changes(body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Each field in turn: removed, of another type (every second one), or an object with a field that is not known."""
    for count, (path, value) in enumerate(_fields(body)):
        for new in (REMOVED, None, *VALUES[count % 2 :: 2]):
            yield f"{path} = {new!r}", _changed(body, path, new)
        if isinstance(value, dict):
            yield f"{path} has an unknown field", _changed(body, path, value | {"zzzUnknown": "x"})


def _fields(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in steps:
        here = (*path, step)
        if here not in (("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")):
            yield here, value
        yield from _fields(value, here)


def _changed(body: JsonObject, path: tuple[str | int, ...], value: Any) -> JsonObject:
    changed = copy.deepcopy(body)
    node: Any = changed
    for step in path[:-1]:
        node = node[step]
    if value is REMOVED:
        del node[path[-1]]
    else:
        node[path[-1]] = copy.deepcopy(value)
    return changed


@pytest.mark.parametrize("body", MANIFESTS, ids=_name)
def test_a_mistake_in_a_file_is_refused_by_the_api_server_and_found_at_its_line(
    direct: Direct, schemas: ManifestSchemas, body: JsonObject
) -> None:
    """A key that is not known, a key that stands twice, a mapping where none belongs: wherever there is room for it."""
    missed, false_alarms = [], []
    for mistake in _mistakes(body):
        answer = direct.send("POST", _strict(direct, body), mistake.text.encode(), "application/yaml")
        found = _found(mistake.text, schemas)
        if answer.status == 201:
            false_alarms += [(mistake, found)] if found else []
        elif (answer.status == 400 or mistake.sort == "type") and mistake.line not in {line for line, _ in found}:
            missed.append((mistake, answer.message, found))
    assert (missed, false_alarms) == ([], [])


def test_there_are_mistakes_of_each_sort_in_many_kinds() -> None:
    sorts = Counter(mistake.sort for body in MANIFESTS for mistake in _mistakes(body))
    assert sorts.keys() == {"unknown", "twice", "type"}
    assert min(sorts.values()) > 300
    assert len({body["kind"] for body in MANIFESTS}) > 40


@dataclass(frozen=True, slots=True)
class Mistake:
    """A manifest as YAML with something wrong on one line."""

    sort: str
    line: int
    text: str = field(repr=False)


def _mistakes(body: JsonObject) -> Iterator[Mistake]:
    for path, value in _fields(body):
        if not isinstance(value, dict):
            yield _mistake("type", _changed(body, path, {MARK: "x"}), 0 if isinstance(path[-1], int) else -1)
            continue
        unknown = _mistake("unknown", _changed(body, path, value | {MARK: "x"}))
        yield unknown
        for key in [key for key in value if key.isalpha()][:1]:
            yield Mistake("twice", unknown.line, unknown.text.replace(MARK, key))


def _mistake(sort: str, body: JsonObject, offset: int = 0) -> Mistake:
    text = yaml.safe_dump(body, sort_keys=False)
    return Mistake(sort, 1 + offset + text[: text.index(MARK)].count("\n"), text)


def _strict(direct: Direct, body: JsonObject) -> str:
    return f"{direct.collection(body, NAMESPACE)}?dryRun=All&fieldValidation=Strict"


def _found(text: str, schemas: ManifestSchemas) -> list[tuple[int, str]]:
    """What is told of a file with one object: line and message."""
    rendered, lines = load(text.encode(), "a.yaml"), field_lines(text.encode(), 1)
    found = [(problem.line, problem.message) for problem in rendered.problems]
    for manifest in rendered.manifests:
        found += [(fault.line, fault.message) for fault in manifest.faults]
        found += [(lines[fault.pointer], fault.message) for fault in schemas.check(manifest.body) if fault.pointer]
    return found
