"""`python -m tests.e2e.beside_kubectl`: the rows of the truth table, judged by the audit and by `kubectl diff`.

After the changes of all rows, `kubectl diff` is asked twice about each: client-side, and `--server-side
--force-conflicts` under the name of the deployer. Printed are its differences that the audit drops, with the reason,
and what the audit finds that it does not show. Exits 1 where it shows a difference that nothing explains.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gitops_audit.deployer.tracking import is_mark
from gitops_audit.kube import duration
from gitops_audit.kube.quantity import amount
from gitops_audit.model.finding import Change
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import JsonObject
from tests.e2e.apiserver import ApiServer
from tests.e2e.deployers import DEPLOYERS
from tests.e2e.truth_server import Client
from tests.e2e.truth_table import METHODS, Row, TruthTable, in_namespace

WAYS = ("client-side", "server-side")
# Writes both trees of files where they can be read; kubectl takes no arguments with special characters.
KEEP = '#!/bin/sh\ncp -r "$1" "${0%/*}/live"\ncp -r "$2" "${0%/*}/merged"\nexit 1\n'
# Why a difference is none, by the field it ends in, or the last two.
KEPT = {
    "rules": "what the controller fills in for an aggregationRule",
    "caBundle": "declared empty, for an injector to fill",
    "nodePort": "what the server chose for a type set by hand, which is told itself",
    "externalTrafficPolicy": "what the server chose for a type set by hand, which is told itself",
    "rollingUpdate.maxSurge": "what the server chose for a type set by hand, which is told itself",
    "rollingUpdate.maxUnavailable": "what the server chose for a type set by hand, which is told itself",
    "policyTypes": "declared empty, for the server to choose",
    "taints": "what controllers add to a list for their own ends",
}
# Counters of the server: they move with any other difference.
COUNTERS = frozenset({"generation", "deprecated.daemonset.template.generation"})
ORDER = "the same elements in another order, which means nothing in this list"
MARK = "the mark of a deployer"
WRITTEN = "the same value, written another way"
_NUMBERED = re.compile(r"r(\d{3})")

# A place in an object without the indexes of lists, which differ between the two sides.
Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """One row as both see it: places that only one names, and why kubectl could not say anything."""

    row: Row
    way: str
    ours: Mapping[Place, str]
    theirs: Mapping[Place, str]
    refusal: str = ""

    @property
    def missed(self) -> dict[Place, str]:
        """What kubectl diff does not show, with the type of the change."""
        if self.refusal:
            return {}
        return {p: kind for p, kind in self.ours.items() if not any(_meet(p, q) for q in self.theirs)}

    @property
    def dropped(self) -> dict[Place, str]:
        """What the audit does not tell, with the reason; empty where none is known."""
        return {p: why for p, why in self.theirs.items() if not any(_meet(p, q) for q in self.ours)}


def compare(table: TruthTable, ways: Sequence[str] = WAYS) -> list[Beside]:
    """Asks both about all rows, which are deployed and changed already."""
    changes = {id(row): drift.changes for row, drift in table.judge("admin", lambda row: row.declared_body)}
    found = []
    for method in METHODS:
        rows = [row for row in table.rows if row.method == method]
        for way in ways:
            shown, refusals = _diff(table.server, rows, _options(way, method))
            for row in rows:
                ours = dict(_places(changes[id(row)]))
                theirs = dict(_differences(*shown.get(_name(row), ({}, {}))))
                found.append(Beside(row, way, ours, theirs, refusals.get(_name(row), "")))
    return found


def _options(way: str, method: str) -> list[str]:
    server_side = ["--server-side", "--force-conflicts", f"--field-manager={DEPLOYERS[method].manager}"]
    return server_side if way == "server-side" else []


def _diff(
    server: Client, rows: Sequence[Row], options: Sequence[str]
) -> tuple[dict[str, tuple[JsonObject, JsonObject]], dict[str, str]]:
    """Live and merged object of each row by its name; and why kubectl refuses a row. One refusal silences it for all
    others, so they are asked again without it."""
    refusals: dict[str, str] = {}
    while True:
        asked = [row for row in rows if _name(row) not in refusals]
        shown, errors = _asked(server, asked, options)
        if not errors:
            return shown, refusals
        refusals |= errors


def _asked(
    server: Client, rows: Sequence[Row], options: Sequence[str]
) -> tuple[dict[str, tuple[JsonObject, JsonObject]], dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "keep"
        script.write_text(KEEP)
        script.chmod(0o755)
        command = [server.kubectl, f"--kubeconfig={server.kubeconfig}", "diff", "-f", "-", "--concurrency=4", *options]
        bodies = [in_namespace(row.declared_body, row.namespace) for row in rows]
        done = subprocess.run(
            command,
            input=json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}),
            env=os.environ | {"KUBECTL_EXTERNAL_DIFF": str(script)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if done.returncode > 1:
            return {}, _refusals(done.stderr)
        return {_file_name(file): _pair(file) for file in (Path(folder) / "merged").iterdir()}, {}


def _pair(merged: Path) -> tuple[JsonObject, JsonObject]:
    live = merged.parent.with_name("live") / merged.name
    return yaml.safe_load(live.read_text()), yaml.safe_load(merged.read_text())


def _refusals(text: str) -> dict[str, str]:
    """The rows that error messages name."""
    errors = [line for line in text.splitlines() if line.startswith("Error")] or [text.strip().replace("\n", " ")]
    found = {number: line for line in errors for number in _NUMBERED.findall(line)}
    if not found:
        raise RuntimeError(text)
    return found


def _name(row: Row) -> str:
    return f"{row.number:03d}"


def _file_name(file: Path) -> str:
    return str(_NUMBERED.findall(file.name)[-1])


def _places(changes: Iterable[Change]) -> Iterator[tuple[Place, str]]:
    for change in changes:
        yield tuple(token for token in pointer_tokens(change.pointer) if not token.isdecimal()), change.type


def _differences(live: Any, merged: Any, path: Place = ()) -> Iterator[tuple[Place, str]]:
    """Where the two sides differ, with the reason to drop it, empty where there is none."""
    if live == merged:
        return
    if isinstance(live, dict) and isinstance(merged or {}, dict):
        merged = merged or {}
        for key in sorted((live.keys() | merged.keys()) - (COUNTERS if path[:1] == ("metadata",) else set())):
            yield from _differences(live.get(key), merged.get(key), (*path, key))
    elif isinstance(live, list) and isinstance(merged, list):
        if len(live) == len(merged) and sorted(map(_text, live)) != sorted(map(_text, merged)):
            for one, other in zip(live, merged, strict=True):
                yield from _differences(one, other, path)
        else:
            yield path, _kept(path) or ORDER * (len(live) == len(merged))
    else:
        yield path, _kept(path) or MARK * is_mark(path) or WRITTEN * _is_same(live, merged)


def _kept(path: Place) -> str:
    return KEPT.get(path[-1], "") or KEPT.get(".".join(path[-2:]), "")


def _is_same(live: Any, merged: Any) -> bool:
    return any(means(live) is not None and means(live) == means(merged) for means in (amount, duration.parse))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _meet(one: Place, other: Place) -> bool:
    """Whether one place is the other, or within it."""
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth]


def print_comparison(found: Sequence[Beside], write: Callable[[str], Any] = sys.stdout.write) -> int:
    """Writes every difference between the two, and how many; the number of those that nothing explains."""
    for beside in found:
        for line in _told(beside):
            write(f"{beside.row.method} {beside.way:11} {beside.row.name}\n        {line}\n")
    write(f"\n{_summary(found)}\n")
    return sum(1 for beside in found for why in beside.dropped.values() if not why)


def _told(beside: Beside) -> Iterator[str]:
    if beside.refusal:
        yield f"kubectl diff fails: {beside.refusal[-160:]}"
    for place, kind in beside.missed.items():
        yield f"only the audit     {kind} {'.'.join(place)}"
    for place, why in beside.dropped.items():
        yield f"only kubectl diff  {'.'.join(place)}: {why or 'UNEXPLAINED'}"


def _summary(found: Sequence[Beside]) -> str:
    lines = ["| deployed by | kubectl diff | rows | it fails | findings of both | only the audit | only kubectl diff |"]
    lines += ["|---|---|" + "---:|" * 5]
    for method, way in dict.fromkeys((b.row.method, b.way) for b in found):
        lines.append(_line([b for b in found if (b.row.method, b.way) == (method, way)]))
    reasons = Counter(why for beside in found for why in beside.dropped.values())
    lines += ["", "| only kubectl diff: why the audit drops it | |", "|---|---:|"]
    return "\n".join([*lines, *(f"| {why or 'UNEXPLAINED'} | {count} |" for why, count in reasons.most_common())])


def _line(found: Sequence[Beside]) -> str:
    answered = [b for b in found if not b.refusal]
    missed = Counter(kind for beside in answered for kind in beside.missed.values())
    both = sum(len(b.ours) for b in answered) - missed.total()
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(missed.items()))
    dropped = sum(len(b.dropped) for b in answered)
    row, way = found[0].row, found[0].way
    return f"| {row.method} | {way} | {len(found)} | {len(found) - len(answered)} | {both} | {kinds} | {dropped} |"


def main() -> int:
    with ApiServer() as server, tempfile.TemporaryDirectory() as folder:
        table = TruthTable(Client(server, Path(folder)))
        table.deploy()
        table.change()
        return 1 if print_comparison(compare(table)) else 0


if __name__ == "__main__":
    sys.exit(main())
