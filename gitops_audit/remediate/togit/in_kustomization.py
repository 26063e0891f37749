"""The value in a kustomization: in its own file, in a patch, in the kustomization itself, else in a new patch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import KustomizeOptions
from gitops_audit.kube.builtin import GROUPS
from gitops_audit.kube.type_schema import TypeSchema
from gitops_audit.model.path import pointer_tokens
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.togit import leaf
from gitops_audit.remediate.togit.document import Document
from gitops_audit.remediate.togit.in_manifest import changed, in_origin
from gitops_audit.remediate.togit.node import Uneditable
from gitops_audit.remediate.togit.style import Style, block
from gitops_audit.remediate.togit.task import Edit, Files, Task
from gitops_audit.remediate.togit.wanted import ADDED, LEAVING, at, place, wanted
from gitops_audit.render.kustomization import Reach, kustomization_file, reach
from gitops_audit.render.registry import KUSTOMIZATION_FILES

_GENERATED = "a generator of the kustomization makes it: change what it is made of"
_EVERYTHING = KustomizeOptions("none", helm_charts=True)


class Kustomizations:
    """What the kustomizations of one tree reach; each is followed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._reached: dict[tuple[str, KustomizeOptions], Reach] = {}
        self._others: dict[str, frozenset[str]] = {}

    def edits(self, task: Task, files: Files) -> Iterator[Edit]:
        """The ways to take a change over. A file that other kustomizations use as well is left alone."""
        own = self._reach(task.config.path, task.config.kustomize)
        shared = self._shared(task.config.path, own)
        origin, key = task.declared.origin, task.declared.key
        if origin.index < 0 and key.kind in ("ConfigMap", "Secret") and not key.group:
            yield _refused(_GENERATED)
            return
        if origin.index >= 0 and origin.path not in shared:
            yield in_origin(task)
        paths = sorted(own.files - shared - {origin.path})
        for path in paths:
            if path.rpartition("/")[2] not in KUSTOMIZATION_FILES:
                yield from _in_patches(task, path, files)
        top = kustomization_file(self._folder / task.config.path)
        if top is not None:
            main = top.relative_to(self._folder).as_posix()
            for path in (main, *(p for p in paths if p != main and not _holds_objects(p, files))):
                yield from leaf.in_values(task, path, files)
            for is_keyed in (True, False):
                yield new_patch(task, main, is_keyed=is_keyed)

    def _reach(self, path: str, options: KustomizeOptions) -> Reach:
        if (path, options) not in self._reached:
            self._reached[path, options] = reach(self._folder, self._folder / path, options)
        return self._reached[path, options]

    def _shared(self, path: str, own: Reach) -> frozenset[str]:
        """The files that a kustomization takes which does not build on this one, nor is part of it."""
        if path not in self._others:
            found: set[str] = set()
            for file in sorted(p for name in KUSTOMIZATION_FILES for p in self._folder.rglob(name) if p.is_file()):
                if file.parent in own.directories:
                    continue
                other = file.parent.relative_to(self._folder).as_posix()
                reached = self._reach("" if other == "." else other, _EVERYTHING)
                if (self._folder / path).resolve() not in reached.directories:
                    found |= reached.files
            self._others[path] = frozenset(found)
        return self._others[path]


def _refused(reason: str) -> Edit:
    def edit(files: Files) -> Mapping[str, bytes]:
        raise Uneditable(reason)

    return edit


def _holds_objects(path: str, files: Files) -> bool:
    """Whether a file is one of objects, and no patch in the form of a list or a kustomization."""
    if path.rpartition("/")[2] in KUSTOMIZATION_FILES:
        return False
    try:
        return any(isinstance(d.value, dict) for d in Document.all_of(files.read(path)))
    except Uneditable:
        return True


def _in_patches(task: Task, path: str, files: Files) -> Iterator[Edit]:
    """Documents of a file that patch the object: of its kind, with a name that is its own or became it."""
    try:
        documents = [d.value for d in Document.all_of(files.read(path))]
    except Uneditable:
        return
    key = task.declared.key
    for number, body in enumerate(documents):
        metadata = body.get("metadata") if isinstance(body, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(body, dict) and body.get("kind") == key.kind and isinstance(name, str) and name in key.name:
            yield _in_document(task, path, number)


def _in_document(task: Task, path: str, number: int) -> Edit:
    def edit(files: Files) -> Mapping[str, bytes]:
        return {path: changed(Document.all_of(files.read(path))[number], task)}

    return edit


def new_patch(task: Task, main: str, *, is_keyed: bool) -> Edit:
    """A strategic-merge patch in a file of its own, which the kustomization names; the same one for all changes.

    `is_keyed`: elements of lists go by their keys, as kustomize knows them of built-in kinds; else lists go whole.
    """

    def edit(files: Files) -> Mapping[str, bytes]:
        key = task.declared.key
        name = f"{key.kind}-{key.name}-live.yaml".lower().replace(":", "-")
        folder = main.rpartition("/")[0]
        path = f"{folder}/{name}" if folder else name
        own = _patch(task, is_keyed=is_keyed and key.group in GROUPS)
        patch = _laid_over(_identity(task, files), own)
        if files.has(path):
            document = Document.first(files.read(path))
            return {path: document.with_body(_laid_over(document.value, patch))}
        kustomization = Document.first(files.read(main))
        value = copy.deepcopy(kustomization.value)
        value["patches"] = [*(value.get("patches") or []), {"path": name}]
        newline = b"\r\n" if b"\r\n" in files.read(main) else b"\n"
        lines = [*block(patch, 0, Style()), ""]
        return {path: newline.join(line.encode() for line in lines), main: kustomization.with_body(value)}

    return edit


def _identity(task: Task, files: Files) -> JsonObject:
    """Of the object as kustomize knows it when it patches: under the name that its own file gives it."""
    origin, body = task.declared.origin, task.declared.body
    if origin.index >= 0:
        body = Document.of_object(files.read(origin.path), origin.index).body
    metadata = {k: v for k, v in body["metadata"].items() if k in ("name", "namespace") and v}
    own = task.declared.body
    return {"apiVersion": own["apiVersion"], "kind": own["kind"], "metadata": metadata}


def _patch(task: Task, *, is_keyed: bool) -> JsonObject:
    change = task.change
    declared = task.declared.body
    after = wanted(declared, declared, task.live, change, task.schema)
    tokens = pointer_tokens(change.pointer)
    if change.type in ADDED:
        tokens = [str(t) for t in place(tokens, task.live, declared, task.schema)]
        depth = next((n for n in range(len(tokens)) if _is_new_list(declared, after, tokens[: n + 1])), len(tokens))
        tokens = tokens[: depth + 1]
    found: JsonObject = _nested(declared, after, tokens, task.schema, is_leaving=change.type in LEAVING, keyed=is_keyed)
    return found


def _is_new_list(declared: Any, after: Any, tokens: list[str]) -> bool:
    return isinstance(at(after, tokens), list) and not isinstance(at(declared, tokens), list)


def _nested(
    before: Any, after: Any, tokens: list[str], schema: TypeSchema | None, *, is_leaving: bool, keyed: bool
) -> Any:
    """What of a patch leads to one place; `None` takes a field away."""
    if not tokens:
        return after
    token, *rest = tokens
    if isinstance(before, list):
        if not keyed or schema is None or schema.list_type != "map":
            return after
        element = before[int(token)] if int(token) < len(before) else None
        keys = {name: element[name] for name in schema.list_keys if name in element} if element else {}
        if not rest:
            if is_leaving:
                return [{"$patch": "delete", **keys}]
            return [e for e in after if e not in before]
        below = _nested(
            element, _same(after, element or {}, schema), rest, schema.items, is_leaving=is_leaving, keyed=keyed
        )
        return [keys | below]
    if is_leaving and (not rest or _lacks(after, token)):
        return {token: None}
    inner = schema.field(token) if schema else None
    own = before.get(token) if isinstance(before, dict) else None
    if own is None:
        return {token: after[token]}
    return {token: _nested(own, after.get(token), rest, inner, is_leaving=is_leaving, keyed=keyed)}


def _lacks(after: Any, token: str) -> bool:
    return isinstance(after, dict) and token not in after


def _same(after: list[Any], element: JsonObject, schema: TypeSchema) -> Any:
    """The same element in the list as it is to be."""
    keys = schema.list_keys
    return next((e for e in after if all(e.get(k) == element.get(k) for k in keys)), element)


def _laid_over(patch: Any, other: Any) -> Any:
    """Two patches of one object as one."""
    if isinstance(patch, dict) and isinstance(other, dict):
        return {**patch, **{k: _laid_over(patch[k], v) if k in patch else v for k, v in other.items()}}
    if isinstance(patch, list) and isinstance(other, list):
        return _joined(patch, other)
    return other


def _joined(patch: list[Any], other: list[Any]) -> list[Any]:
    result = list(patch)
    for element in other:
        name = element.get("name") if isinstance(element, dict) else None
        place = next((i for i, e in enumerate(result) if name and isinstance(e, dict) and e.get("name") == name), None)
        if place is None:
            result += [] if element in result else [element]
        else:
            result[place] = _laid_over(result[place], element)
    return result
