"""The Jsonnet files of a directory that Argo CD reads, evaluated as it does: each gives one object or a list of them.

gojsonnet runs in a process of its own, confined as helm and kustomize are. Imports are looked for beside the file, in
the path of the source and in `libs`, and never outside of the repository.
Source: argo-cd.readthedocs.io/en/stable/user-guide/jsonnet.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from gitops_audit.model.resource import FileProblem, JsonObject, Origin, Rendered, mapping
from gitops_audit.render import stand_ins
from gitops_audit.render.limits import MAX_RENDERED_BYTES
from gitops_audit.render.merge import merged
from gitops_audit.render.tool import NO_TOOL, UNRENDERED, ToolError, Workspace

SUFFIX = ".jsonnet"
_MODULE = "_gojsonnet"
_NOT_THERE = (
    "a Jsonnet file, which Argo CD evaluates: install gitops-audit with the extra `jsonnet`, or leave it out with "
    "`directory.exclude`"
)
# Given to Python as text: it runs where it can read neither this package nor anything but the tree.
_PROGRAM = """
import json, os, sys
request = json.load(open(sys.argv[1], encoding="utf-8"))
sys.path.insert(0, os.path.dirname(sys.argv[2]))
import _gojsonnet
tree = os.path.realpath(request["tree"])
def imported(folder, name):
    for start in (folder, *request["paths"]):
        place = os.path.realpath(os.path.join(tree, start, name))
        if place.startswith(tree + os.sep) and os.path.isfile(place):
            with open(place, "rb") as file:
                return os.path.relpath(place, tree), file.read()
    raise RuntimeError("not found in the repository: " + name)
found = []
for path in request["files"]:
    try:
        with open(os.path.join(tree, path), encoding="utf-8") as file:
            text = file.read()
        value = _gojsonnet.evaluate_snippet(path, text, import_callback=imported, **request["given"])
        found.append({"value": json.loads(value)})
    except Exception as error:
        found.append({"error": str(error)})
json.dump(found, sys.stdout)
"""


def evaluated(place: Workspace, files: Sequence[str], path: str, options: str) -> Rendered:
    """The objects of these files of the source at `path`; `options` is JSON of Argo CD's `directory.jsonnet`."""
    module = find_spec(_MODULE)
    if module is None or module.origin is None:
        return Rendered(problems=tuple(FileProblem(file, 1, _NOT_THERE, NO_TOOL) for file in files))
    request = place.home / "request.json"
    request.write_text(json.dumps(_request(place, files, path, options)), encoding="utf-8")
    try:
        output = place.run([sys.executable, "-I", "-c", _PROGRAM, str(request), module.origin])
    except ToolError as error:
        words = str(error) if error.is_excessive else "it ended without an answer"
        return Rendered(problems=tuple(FileProblem(file, 1, f"jsonnet: {words}", UNRENDERED) for file in files))
    return merged([_objects(file, answer) for file, answer in zip(files, json.loads(output), strict=True)])


def _request(place: Workspace, files: Sequence[str], path: str, options: str) -> JsonObject:
    given = mapping(json.loads(options)) if options else {}
    libraries = [str(library) for library in given.get("libs") or ()]
    variables = {**_variables(given.get("extVars"), "ext"), **_variables(given.get("tlas"), "tla")}
    return {"tree": str(place.tree), "files": list(files), "paths": [path, *libraries], "given": variables}


def _variables(entries: Any, kind: str) -> dict[str, dict[str, str]]:
    """Text, or (`code`) an expression."""
    found: dict[str, dict[str, str]] = {f"{kind}_vars": {}, f"{kind}_codes": {}}
    for entry in map(mapping, entries if isinstance(entries, list) else ()):
        where = f"{kind}_codes" if entry.get("code") is True else f"{kind}_vars"
        found[where][str(entry.get("name") or "")] = str(entry.get("value") or "")
    return found


def _objects(file: str, answer: JsonObject) -> Rendered:
    if "error" in answer:
        return Rendered(problems=(_problem(file, str(answer["error"])),))
    value = answer["value"]
    objects = value if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in objects):
        words = "jsonnet: it must come to an object, or to a list of objects"
        return Rendered(problems=(FileProblem(file, 1, words, UNRENDERED),))
    documents = "\n---\n".join(json.dumps(one) for one in objects)
    found = stand_ins.load(documents.encode(), file, max_bytes=MAX_RENDERED_BYTES)
    origin = Origin(file, 0, -1)
    manifests = tuple(
        replace(m, origin=origin, faults=tuple(replace(fault, line=0) for fault in m.faults)) for m in found.manifests
    )
    return replace(found, manifests=manifests, problems=tuple(_placed(found.problems)))


def _placed(problems: Sequence[FileProblem]) -> Iterator[FileProblem]:
    return (replace(p, line=1, message=f"in what Jsonnet made: {p.message}") for p in problems)


def _problem(file: str, words: str) -> FileProblem:
    """Its first line says where and what; an error of the program's own (`error "..."`) may quote a value."""
    first = words.splitlines()[0] if words else "it cannot be evaluated"
    kind = "it ends with an error of its own" if first.startswith("RUNTIME ERROR") else first[:200]
    return FileProblem(file, 1, f"jsonnet: {kind}", UNRENDERED)
