"""Files that Flux decrypts before it builds: those that a `secretGenerator` reads, so that kustomize makes content and
name of a Secret of what is in clear (kustomize-controller, `internal/decryptor`).

They stand in clear in the tree of one rendering alone, as private files, as long as that builds. A file that anything
else names too stays encrypted: what is made of it might be shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path, PurePosixPath

from gitops_audit.manifest import file as manifest
from gitops_audit.model.path import child, pointer_tokens
from gitops_audit.regular_file import open_regular
from gitops_audit.render.kustomization import Reach, join
from gitops_audit.render.limits import MAX_SOPS_BYTES
from gitops_audit.render.references import Kind, Reference, of_kustomization
from gitops_audit.render.registry import KUSTOMIZATION_FILES
from gitops_audit.render.sops import Form, Sops, Tools
from gitops_audit.render.sops_objects import MARK, UndecryptedError
from gitops_audit.render.tool import Workspace

_FORMS: dict[str, Form] = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".env": "dotenv", ".ini": "ini"}

_OF_SECRETS = (["secretgenerator", "files"], ["secretgenerator", "envs"])


@dataclass(frozen=True, slots=True)
class Sources:
    """`reason` says why a file stays encrypted, empty where none does; `is_clear`: some file is decrypted."""

    reason: str = ""
    tools: Tools = ()
    is_clear: bool = False


@contextmanager
def in_clear(place: Workspace, reached: Reach, sops: Sops) -> Iterator[Sources]:
    """Decrypts in the tree of `place`, which is the rendering's own, and puts back what the commit has. Raises
    SourceError.
    """
    written: list[str] = []
    reason, tools = "", Tools()
    try:
        for path, form in _named(place.tree, reached).items():
            data = _read(place.tree / path)
            if MARK in data:
                try:
                    clear, tools = sops.of_source(data, form)
                    _replace(place.tree / path, clear)
                    written.append(path)
                except UndecryptedError as error:
                    reason = reason or f"it is made of {path}: {error}"
        yield Sources(reason, tools, bool(written))
    finally:
        for path in written:
            place.export.give_back(place.tree, path)


def _named(tree: Path, reached: Reach) -> dict[str, Form]:
    """The files of Secrets alone; none where plugins read files, for nobody knows what they make."""
    found: dict[str, Form] = {}
    others: set[str] = set()
    for kustomization in sorted(p for p in reached.files if PurePosixPath(p).name in KUSTOMIZATION_FILES):
        documents, _ = manifest.documents(_read(tree / kustomization), "")
        folder = kustomization.rpartition("/")[0]
        value = documents[0][1] if documents else None
        for one in of_kustomization(value):
            if isinstance(one, Reference):
                path, tokens = join(folder, one.text), pointer_tokens(one.pointer)
                if one.kind is Kind.plugin:
                    return {}
                if [t.casefold() for t in tokens[:3:2]] in _OF_SECRETS:
                    found[path] = _form(str(reduce(child, tokens, value)), tokens[2])
                else:
                    others.add(path)
    return {path: form for path, form in found.items() if path in reached.files and path not in others}


def _form(entry: str, field: str) -> Form:
    """What a file is, by the name of the key that it becomes (`key=path`), as Flux has it."""
    if field.casefold() == "envs":
        return _FORMS.get(PurePosixPath(entry).suffix, "dotenv")
    return _FORMS.get(PurePosixPath(entry.partition("=")[0]).suffix, "binary")


def _read(file: Path) -> bytes:
    try:
        with open_regular(file, follow_links=False) as opened:
            return opened.read(MAX_SOPS_BYTES + 1)
    except OSError:
        return b""


def _replace(file: Path, data: bytes) -> None:
    """The file is a link to another tree's, so it is replaced."""
    new = file.with_name(f"{file.name}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(data)
    new.replace(file)
