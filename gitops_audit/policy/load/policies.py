"""From policy files to policies: each form is loaded by its own module, imported when a document needs it.

A form's `load(documents: Sequence[Document]) -> Sequence[Policy]` gets all documents of its kinds (bindings and
exceptions among them) and raises PolicyError: GA410 for what an audit does not support, other codes for mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import PolicyRef
from gitops_audit.errors import Location, PolicyError
from gitops_audit.policy.contract import Policy
from gitops_audit.policy.document import Document, suggestion
from gitops_audit.policy.load import pack as packs
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.load.file import data_of, files_of, is_directory, sibling
from gitops_audit.policy.load.unsupported import UnsupportedPolicy

UNSUPPORTED = "GA410"
_NATIVE = "gitops_audit.policy.form.own.policy:load"
_ADMISSION = "gitops_audit.policy.form.admission.policy:load"
_VALIDATING = "gitops_audit.policy.form.kyverno.validating.policy:load"
_KYVERNO = "gitops_audit.policy.form.kyverno.load:load"
FORMS: dict[tuple[str, str], str] = {
    ("gitops-audit", "Policy"): _NATIVE,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): _ADMISSION,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): _ADMISSION,
    ("policies.kyverno.io", "ValidatingPolicy"): _VALIDATING,
    ("policies.kyverno.io", "NamespacedValidatingPolicy"): _VALIDATING,
    ("policies.kyverno.io", "PolicyException"): _VALIDATING,
    ("kyverno.io", "ClusterPolicy"): _KYVERNO,
    ("kyverno.io", "Policy"): _KYVERNO,
    ("kyverno.io", "PolicyException"): _KYVERNO,
}

Loader = Callable[[Sequence[Document]], Sequence[Policy]]


def load_all(refs: Sequence[PolicyRef], *, allow_unsupported: bool = False) -> Sequence[Policy]:
    """All policies of a configuration, in its order. Raises PolicyError for files, documents and names at fault."""
    documents = [document for ref in refs for document in _of_ref(ref)]
    return load(documents, allow_unsupported=allow_unsupported)


def load(documents: Sequence[Document], *, allow_unsupported: bool = False) -> Sequence[Policy]:
    """The policies of the documents. With `allow_unsupported`, one that cannot be supported becomes a visible skip."""
    grouped: dict[str, list[Document]] = {}
    for document in documents:
        grouped.setdefault(_form(document), []).append(document)
    policies = [p for form, group in grouped.items() for p in _load_form(form, group, allow_unsupported)]
    _check_names(policies)
    return policies


def is_policy(document: Document) -> bool:
    return (document.group, document.kind) in FORMS


def _of_ref(ref: PolicyRef) -> Iterator[Document]:
    if ref.path is not None:
        yield from _of_path(ref.path, ref.where)
        return
    pack = packs.load(ref)
    for file in pack.files:
        for document in read(file.data, file.path):
            body = packs.pinned(document.body, pack.version)
            yield Document(body, document.path, document.line, document.lines)


def _of_path(path: Path, where: Location) -> Iterator[Document]:
    is_folder = is_directory(path, where)
    found = 0
    for file in files_of(path) if is_folder else [path]:
        data = data_of(file, None if is_folder else where)
        for document in read(data, str(file), sibling(file)):
            # a directory may hold the resources of tests beside its policies; a file that is named is meant
            if is_policy(document) or not is_folder:
                found += 1
                yield document
    if not found:
        raise PolicyError(f"there is no policy in {path}", code="GA404", where=where)


def _form(document: Document) -> str:
    form = FORMS.get((document.group, document.kind))
    if form is not None:
        return form
    known = sorted({kind for _, kind in FORMS})
    shown = f"{document.kind} of {document.body.get('apiVersion')}"
    hint = f"{suggestion(document.kind, known)}policies are of the kinds {', '.join(known)}"
    raise PolicyError(f"{shown} is no form of policy", code="GA405", where=document.at(""), hint=hint)


def _load_form(form: str, documents: Sequence[Document], allow_unsupported: bool) -> Sequence[Policy]:
    load_documents = _loader(form)
    if allow_unsupported and form == _KYVERNO:
        # only the rules at fault are skipped: the others of the same policy still count
        lenient: Any = load_documents
        return list(lenient(documents, allow_unsupported=True))
    skipped: list[Policy] = []
    remaining = list(documents)
    while True:
        try:
            return [*load_documents(remaining), *skipped]
        except PolicyError as error:
            culprit = _culprit(remaining, error) if allow_unsupported and error.code == UNSUPPORTED else None
            if culprit is None:
                raise
            skipped.append(UnsupportedPolicy.of(culprit, error.message))
            remaining.remove(culprit)


def _loader(form: str) -> Loader:
    module, _, name = form.partition(":")
    found: Any = getattr(import_module(module), name)
    return found  # type: ignore[no-any-return]


def _culprit(documents: Sequence[Document], error: PolicyError) -> Document | None:
    """The document an error is about: the last one of its file that starts at or above its line."""
    where = error.where
    if where is None:
        return None
    above = [d for d in documents if d.path == where.path and d.line <= where.line]
    return max(above, key=lambda d: d.line, default=None)


def _check_names(policies: Sequence[Policy]) -> None:
    seen: dict[tuple[str, str], Policy] = {}
    for policy in policies:
        about = policy.metadata
        other = seen.setdefault((about.form, about.name), policy)
        if other is not policy:
            message = f"the {about.form} {about.name!r} is there twice, also at {other.metadata.where}"
            raise PolicyError(message, code="GA406", where=about.where, hint="give each policy a name of its own")
