"""From policy files to policies: each form is loaded by its own module, imported when a document needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gitops_audit.config.settings import PolicyRef
from gitops_audit.errors import Location, PolicyError
from gitops_audit.policy.contract import Policy
from gitops_audit.policy.document import Document, suggestion
from gitops_audit.policy.load import pack as packs
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.load.file import data_of, files_of, is_directory, sibling
from gitops_audit.policy.load.unsupported import UnsupportedPolicy
from gitops_audit.policy.loaded import Form, Loaded

UNSUPPORTED = "GA410"


def _own(documents: Sequence[Document]) -> Iterable[Loaded[Policy]]:
    from gitops_audit.policy.form.own.policy import load

    return load(documents)


def _admission(documents: Sequence[Document]) -> Iterable[Loaded[Policy]]:
    from gitops_audit.policy.form.admission.policy import load

    return load(documents)


def _validating(documents: Sequence[Document]) -> Iterable[Loaded[Policy]]:
    from gitops_audit.policy.form.kyverno.validating.policy import load

    return load(documents)


def _kyverno(documents: Sequence[Document]) -> Iterable[Loaded[Policy]]:
    from gitops_audit.policy.form.kyverno.load import load

    return load(documents)


FORMS: dict[tuple[str, str], Form] = {
    ("gitops-audit", "Policy"): _own,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): _admission,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): _admission,
    ("policies.kyverno.io", "ValidatingPolicy"): _validating,
    ("policies.kyverno.io", "NamespacedValidatingPolicy"): _validating,
    ("policies.kyverno.io", "PolicyException"): _validating,
    ("kyverno.io", "ClusterPolicy"): _kyverno,
    ("kyverno.io", "Policy"): _kyverno,
    ("kyverno.io", "PolicyException"): _kyverno,
}


def load_all(refs: Sequence[PolicyRef], *, allow_unsupported: bool = False) -> Sequence[Policy]:
    """All policies of a configuration, in its order. Raises PolicyError for files, documents and names at fault."""
    documents = [document for ref in refs for document in _of_ref(ref)]
    return load(documents, allow_unsupported=allow_unsupported)


def load(documents: Sequence[Document], *, allow_unsupported: bool = False) -> Sequence[Policy]:
    """The policies of the documents. With `allow_unsupported`, one that cannot be supported becomes a visible skip."""
    grouped: dict[Form, list[Document]] = {}
    for document in documents:
        grouped.setdefault(_form(document), []).append(document)
    found = (_usable(one, allow_unsupported) for form, group in grouped.items() for one in form(group))
    policies = [policy for policy in found if policy is not None]
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


def _form(document: Document) -> Form:
    form = FORMS.get((document.group, document.kind))
    if form is not None:
        return form
    known = sorted({kind for _, kind in FORMS})
    shown = f"{document.kind} of {document.body.get('apiVersion')}"
    hint = f"{suggestion(document.kind, known)}policies are of the kinds {', '.join(known)}"
    raise PolicyError(f"{shown} is no form of policy", code="GA405", where=document.at(""), hint=hint)


def _usable(loaded: Loaded[Policy], allow_unsupported: bool) -> Policy | None:
    """What is evaluated of a document: its policy, or a skip in its place. Raises a fault that is not allowed."""
    fault = loaded.fault
    if fault is None:
        return loaded.policy
    if not allow_unsupported or fault.code != UNSUPPORTED:
        raise fault
    return loaded.policy or UnsupportedPolicy.of(loaded.document, fault.message)


def _check_names(policies: Sequence[Policy]) -> None:
    seen: dict[tuple[str, str], Policy] = {}
    for policy in policies:
        about = policy.metadata
        other = seen.setdefault((about.form, about.name), policy)
        if other is not policy:
            message = f"the {about.form} {about.name!r} is there twice, also at {other.metadata.where}"
            raise PolicyError(message, code="GA406", where=about.where, hint="give each policy a name of its own")
