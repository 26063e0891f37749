"""`python -m tests.e2e.every_change [OBJECT...]`: every field changed by hand, as far as a real API server lets it.

Of each object of the truth table and many more, deployed by client-side and by server-side apply, every field is
changed by `kubectl-edit`, one by one, in a dry run: each declared value replaced and removed, each default overwritten,
each field that the type knows and the object lacks set. What the API server accepts must be found at its place and
nowhere else. Prints each change that is not, and a table; exits 1 where nothing explains it.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.drift.equality import is_equal
from gitops_audit.kube.type_schema import ANYTHING, TypeSchema
from gitops_audit.model.finding import ABSENT, Change
from gitops_audit.model.resource import JsonObject
from tests.e2e.apiserver import ApiServer
from tests.e2e.awkward import Deployed, Fleet
from tests.e2e.populated import Step, Steps, filled_value, mutated, pointer
from tests.e2e.truth_server import Client

COMPARER = Comparer(DriftConfig(), today=date(2026, 1, 1))
# Words that some field or other takes; the first that the server accepts is the change.
WORDS = ["other", "200m", "2Gi", "x", "Never", "Always", "UDP", "Recreate", "RollingUpdate", "Cluster", "Local", "None"]
WORDS += [
    "OnFailure",
    "Ignore",
    "Delete",
    "Retain",
    "Exact",
    "File",
    "10.99.0.0/16",
    "10.0.0.9",
    "eHl6",
    "/x",
    "OnDelete",
]
COLUMNS = ("accepted", "found", "the same value", "the server's own", "not tracked", "not found")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Ways to change one field, of which the first accepted counts. `kind`: what is done to the field."""

    kind: str
    path: Steps
    ops: Sequence[JsonObject]


@dataclass(slots=True)
class EveryChange:
    """Tries all changes of deployed objects and counts what becomes of them."""

    server: ApiServer
    fleet: Fleet
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _connection: http.client.HTTPSConnection | None = None

    def run(self, things: Iterable[Deployed], write: Callable[[str], Any]) -> None:
        for thing in things:
            for attempt in _attempts(thing):
                answer = next(filter(None, (self._accepted(thing, op) for op in attempt.ops)), None)
                if answer is not None and _content(answer) != _content(thing.live):
                    self._judge(thing, attempt, answer, write)

    def _judge(self, thing: Deployed, attempt: Attempt, answer: JsonObject, write: Callable[[str], Any]) -> None:
        changes = COMPARER.compare(thing.declared, answer, thing.schema).changes
        outcome = _outcome(thing, attempt, changes, answer)
        self.counts[attempt.kind, "accepted"] += 1
        self.counts[attempt.kind, outcome] += 1
        if outcome != "found":
            told = [f"{c.type} {c.path}" for c in changes]
            write(f"{outcome}: {thing.name} {attempt.kind} {pointer(attempt.path)}: {told}\n")

    def _accepted(self, thing: Deployed, op: JsonObject) -> JsonObject | None:
        """The object as it would be, None where the server refuses or (which some changes of types make it) breaks."""
        try:
            status, body = self._send(f"{thing.path}?dryRun=All&fieldManager=kubectl-edit", [op])
        except (http.client.HTTPException, OSError):
            self._connection = None
            return None
        return self.fleet.redacted(body) if status == 200 else None

    def _send(self, path: str, ops: Sequence[JsonObject]) -> tuple[int, JsonObject]:
        if self._connection is None:
            context = ssl.create_default_context(cafile=str(self.server.ca_file))
            self._connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, context=context, timeout=60)
        headers = {"Authorization": f"Bearer {self.server.token()}", "Content-Type": "application/json-patch+json"}
        self._connection.request("PATCH", path, json.dumps(ops), headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())


def _attempts(thing: Deployed) -> Iterator[Attempt]:
    body, live = thing.declared.body, thing.live
    for path, value in _scalars(body):
        if value in ("", 0, False, None) or not isinstance(_at(live, path), str | int | float):
            continue
        yield _replaced("changed", path, _at(live, path))
        yield Attempt("removed", path, [{"op": "remove", "path": pointer(path)}])
    for path, value in _scalars(live):
        if path[0] != "metadata" and _at(body, path) is ABSENT:
            yield _replaced("a default overwritten", path, value)
    for path, schema in _unset(live, thing.schema or ANYTHING):
        values = [
            filled_value(schema, str(path[-1])),
            *schema.enum,
            *(WORDS if schema.type == "string" else [1, 100, ["x"]]),
        ]
        yield Attempt("added", path, [{"op": "add", "path": pointer(path), "value": v} for v in values])


def _replaced(kind: str, path: Steps, value: Any) -> Attempt:
    values = [mutated(value), *(WORDS if isinstance(value, str) else [value - 1])]
    return Attempt(kind, path, [{"op": "replace", "path": pointer(path), "value": v} for v in values if v != value])


def _outcome(thing: Deployed, attempt: Attempt, changes: Sequence[Change], answer: JsonObject) -> str:
    place = pointer(attempt.path)
    now = _at(answer, attempt.path)
    if changes and all(_meets(change.pointer, place) for change in changes):
        return "found"
    if not changes and is_equal(_at(thing.declared.body, attempt.path), now, _schema_at(thing, attempt.path)):
        return "the same value"
    is_alias = str(attempt.path[-1]).startswith("serviceAccount") and changes
    if is_alias or place.startswith(("/spec/tolerations/", "/spec/taints/")) or now is ABSENT:
        return "the server's own"
    return "not found" if answer["metadata"].get("managedFields") else "not tracked"


def _meets(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _scalars(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if _takes_part((*path, step)):
                yield from _scalars(inner, (*path, step))
    elif value is not None:
        yield path, value


def _unset(value: Any, schema: TypeSchema, path: Steps = ()) -> Iterator[tuple[Steps, TypeSchema]]:
    """The fields that a type knows and an object lacks."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unset(inner, schema.items or ANYTHING, (*path, index))
    if not isinstance(value, dict):
        return
    for name in {*value, *schema.properties}:
        if _takes_part((*path, name)):
            inner = schema.field(name) or ANYTHING
            if name in value:
                yield from _unset(value[name], inner, (*path, name))
            elif path != ("metadata",):
                yield (*path, name), inner


def _takes_part(path: Steps) -> bool:
    if path[0] in ("apiVersion", "kind", "status"):
        return False
    return path[0] != "metadata" or len(path) == 1 or path[1] in ("labels", "annotations")


def _at(value: Any, path: Steps) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value


def _schema_at(thing: Deployed, path: Steps) -> TypeSchema:
    schema = thing.schema or ANYTHING
    for step in path:
        schema = _inner(schema, step)
    return schema


def _inner(schema: TypeSchema, step: Step) -> TypeSchema:
    return (schema.items if isinstance(step, int) else schema.field(step)) or ANYTHING


def _content(body: JsonObject) -> JsonObject:
    metadata = {name: body["metadata"].get(name) for name in ("labels", "annotations")}
    return {name: value for name, value in body.items() if name != "metadata"} | metadata


def print_table(counts: Counter[tuple[str, str]], write: Callable[[str], Any]) -> int:
    """Writes the counts; the number of changes that were accepted and not found, with nothing to explain it."""
    write(f"\n| by hand | {' | '.join(COLUMNS)} |\n|---|{'---:|' * len(COLUMNS)}\n")
    for kind in dict.fromkeys(kind for kind, _ in counts):
        write(f"| {kind} | {' | '.join(str(counts[kind, column]) for column in COLUMNS)} |\n")
    return sum(count for (_, outcome), count in counts.items() if outcome == "not found")


def main(names: Sequence[str]) -> int:
    with ApiServer() as server, tempfile.TemporaryDirectory() as folder:
        every = EveryChange(server, Fleet(Client(server, Path(folder))))
        for way in ("csa", "ssa"):
            things = every.fleet.deploy(way)
            every.run((t for t in things if not names or t.name in names), sys.stdout.write)
        return 1 if print_table(every.counts, sys.stdout.write) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
