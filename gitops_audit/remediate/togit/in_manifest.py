"""The value in the manifest that declares it: a plain file, or the base or patch of a kustomization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_audit.remediate.togit.document import Document
from gitops_audit.remediate.togit.node import Uneditable
from gitops_audit.remediate.togit.task import Edit, Files, Task
from gitops_audit.remediate.togit.wanted import wanted

_SOPS = "its file is encrypted by SOPS, whose signature an edit would break: use `sops edit`"
_NOWHERE = "the object stands in no file"


def in_origin(task: Task) -> Edit:
    """The object's own document."""

    def edit(files: Files) -> Mapping[str, bytes]:
        origin = task.declared.origin
        if origin.index < 0:
            raise Uneditable(_NOWHERE)
        return {origin.path: changed(Document.of_object(files.read(origin.path), origin.index), task)}

    return edit


def changed(document: Document, task: Task) -> bytes:
    """The file of a document with the change made in it. Raises Uneditable and Elsewhere."""
    body = document.body
    if is_encrypted(body):
        raise Uneditable(_SOPS)
    change = task.change
    return document.with_body(wanted(body, task.declared.body, task.live, change, task.schema))


def is_encrypted(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("sops"), dict)
