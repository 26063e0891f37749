"""Whether a difference would show a Secret's value: in what it changes, or in the lines around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from gitops_audit.manifest.file import documents, load
from gitops_audit.manifest.lines import document_lines
from gitops_audit.model.redact import Redactor
from gitops_audit.model.redact_fields import RedactionRule
from gitops_audit.remediate.togit.document import Document
from gitops_audit.remediate.togit.node import Uneditable
from gitops_audit.remediate.togit.unified import FileChange, shown_lines


def secret_lines(
    change: FileChange,
    rules: Sequence[RedactionRule],
    is_telling: Callable[[str, str], bool],
    clusters: Collection[str],
) -> bool:
    """`is_telling` says of a cluster and a text whether the text repeats the value of a Secret there."""
    if change.before is None:
        return False
    shown = list(shown_lines(change))
    closed = set(_closed(change.before, Redactor(rules=rules)))
    return any(
        number in closed or any(is_telling(cluster, line.strip()) for cluster in clusters) for number, line in shown
    )


def _closed(data: bytes, redactor: Redactor) -> Iterator[int]:
    """The lines of documents that hold secret values, and of generators of Secrets."""
    for number, manifest in enumerate(load(data, "").manifests):
        if redactor.covers(manifest.body):
            try:
                yield from Document.of_object(data, number).lines
            except Uneditable:
                yield from range(1, data.count(b"\n") + 2)
    for _, value in documents(data, "")[0]:
        if isinstance(value, dict) and any(str(name).lower() == "secretgenerator" for name in value):
            lines = document_lines(data)
            yield from (
                n for pointer, line in lines.items() if pointer.lower().startswith("/secretgenerator") for n in (line,)
            )
