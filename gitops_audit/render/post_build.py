"""What Flux still does when kustomize is done: it replaces variables in each object's text, and sets labels and
annotations on all of them (fluxcd.io/flux/components/kustomize/kustomizations, `postBuild`, `commonMetadata`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from gitops_audit.config.settings import PostBuild, Substitution
from gitops_audit.deployer import flux
from gitops_audit.deployer.flux.substitute import VALID_NAME, SubstitutionError, TooLargeError, Variables
from gitops_audit.deployer.flux.substitute import substituted as replaced
from gitops_audit.deployer.stand_in import is_left_encrypted
from gitops_audit.manifest import file as manifest
from gitops_audit.model.path import child, pointer_tokens
from gitops_audit.model.resource import FileProblem, JsonObject, Manifest, Rendered, StandIn, mapping
from gitops_audit.render.tool import UNRENDERED

_SEPARATOR = b"\n---\n"
_DISABLED = flux.SUBSTITUTE.encode()
_MOST = 5
_UNSET = (
    "no value is set for {}, which is empty then up to kustomize-controller 1.8, while later versions build nothing: "
    "set it, or give it a default (`${{name:=}}`)"
)
_ENCRYPTED = b"\nsops:\n"
_UNDECRYPTED = (
    "Flux refuses to apply this: {} is encrypted by SOPS, and the Kustomization has no `decryption` that says how to "
    "read it"
)
_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Substituted:
    """What kustomize printed, its variables replaced. `kept` are the names of those whose value is not known, `secrets`
    those of them that stand for a key of a Secret, as a `StandIn` has it.

    `is_known`: it is known what becomes of `${name}`, so that one which is left is content.
    """

    output: bytes = field(repr=False)
    problems: tuple[FileProblem, ...] = ()
    notes: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    is_known: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict)

    def settled(self, manifests: Iterable[Manifest]) -> Iterator[Manifest]:
        """The objects, where what merely looks like a variable stands for nothing."""
        for one in manifests:
            if not self.is_known or not one.stand_ins:
                yield one
            else:
                yield replace(one, stand_ins=tuple(self._settled(one)))

    def _settled(self, one: Manifest) -> Iterator[StandIn]:
        """Where a text holds variables, the first of them that is not known; the others are content."""
        for stand_in in one.stand_ins:
            if stand_in.kind != "variable":
                yield stand_in
                continue
            text = _text_at(one.body, stand_in)
            if names := [n for n in _NAME.findall(text) if n in self.kept]:
                is_known = all(name in self.secrets for name in names)
                secrets = tuple((n, self.secrets[n]) for n in dict.fromkeys(names)) if is_known else ()
                variable = f"${{{names[0]}}}"
                yield replace(stand_in, text=variable, secrets=secrets, is_whole=text == variable)


def _text_at(body: JsonObject, stand_in: StandIn) -> str:
    """The text that a stand-in is of: a value, or the name of a field on the way to it."""
    tokens = pointer_tokens(stand_in.pointer)
    if body.get("kind") == "Secret" and tokens[:1] == ["data"]:
        tokens = ["stringData", *tokens[1:]]
    value: Any = reduce(child, tokens, body)
    return value if isinstance(value, str) else stand_in.text


def substituted(output: bytes, post_build: PostBuild | None, path: str) -> Substituted:
    """`path` is where problems are told: an object whose variables Flux cannot replace is one, and is left out."""
    if post_build is None:
        return Substituted(output)
    refused = () if post_build.decrypts else tuple(_undecrypted(output, path))
    built = _with_variables(output, post_build.substitution, path)
    return replace(built, problems=(*refused, *built.problems)) if refused else built


def _undecrypted(output: bytes, path: str) -> Iterator[FileProblem]:
    for document in output.split(_SEPARATOR) if _ENCRYPTED in output else ():
        body = _body(document) if _ENCRYPTED in document else {}
        if body.get("kind") == "Secret" and "sops" in body and not is_left_encrypted(body):
            yield FileProblem(path, 1, _UNDECRYPTED.format(_title(document)), UNRENDERED)


def _with_variables(output: bytes, wanted: Substitution | None, path: str) -> Substituted:
    if wanted is None or not (wanted.variables or wanted.unknown or wanted.is_open or wanted.is_always):
        return Substituted(output, is_known=True)
    names = (*(name for name, _ in wanted.variables), *wanted.unknown)
    wrong = next((name for name in names if not VALID_NAME.fullmatch(name)), None)
    if wrong is not None:
        words = f"Flux refuses to build: {wrong!r} is no name of a variable (letters, digits and `_` alone)"
        return Substituted(b"", (FileProblem(path, 1, words, UNRENDERED),), is_known=True)
    if b"$" not in output:
        return Substituted(output, is_known=True)
    return _replaced(output, wanted, path)


def _replaced(output: bytes, wanted: Substitution, path: str) -> Substituted:
    variables = Variables(dict(wanted.variables), frozenset(wanted.unknown), wanted.is_open, bool(wanted.is_strict))
    documents: list[bytes] = []
    problems: list[FileProblem] = []
    for document in output.split(_SEPARATOR):
        try:
            documents.append(_document(document, variables))
        except SubstitutionError as error:
            refused = "" if isinstance(error, TooLargeError) else "Flux refuses to build: "
            words = f"{refused}the variables of {_title(document)} cannot be replaced: {error}"
            problems.append(FileProblem(path, 1, words, UNRENDERED))
    notes = tuple(_unset(variables.unset)) if wanted.is_strict is None else ()
    secrets = {name: key for name, key in wanted.secrets if name not in variables.shaped}
    kept = frozenset(variables.kept)
    return Substituted(_SEPARATOR.join(documents), tuple(problems), notes, kept, is_known=True, secrets=secrets)


def _unset(names: Collection[str]) -> Iterator[str]:
    """What is told where it is not known how strict Flux is."""
    if names:
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        yield _UNSET.format(f"the variable {', '.join(sorted(names)[:_MOST])}{more}"[:500])


def _document(document: bytes, variables: Variables) -> bytes:
    if b"$" not in document or (_DISABLED in document and _is_disabled(document)):
        return document
    return replaced(document.decode("utf-8", "surrogateescape"), variables).encode("utf-8", "surrogateescape")


def _is_disabled(document: bytes) -> bool:
    metadata = mapping(_body(document).get("metadata"))
    return any(mapping(metadata.get(place)).get(flux.SUBSTITUTE) == "disabled" for place in ("labels", "annotations"))


def _title(document: bytes) -> str:
    body = _body(document)
    return f"{body.get('kind', 'an object')} {mapping(body.get('metadata')).get('name', '')}".strip()


def _body(document: bytes) -> JsonObject:
    found, _ = manifest.documents(document, "")
    return mapping(found[0][1]) if found else {}


def settled(rendered: Rendered, post_build: PostBuild | None) -> Rendered:
    """A chart's objects: Flux replaces nothing in them, but its values may hold what it did not replace."""
    if post_build is None:
        return rendered
    left = post_build.substitution or Substitution()
    built = Substituted(b"", kept=frozenset(left.unknown), is_known=True, secrets=dict(left.secrets))
    found = built.settled(rendered.manifests)
    return replace(rendered, manifests=tuple(found))


def with_metadata(rendered: Rendered, post_build: PostBuild | None) -> Rendered:
    """The objects with the labels and annotations that Flux sets on all of them."""
    if post_build is None or not (post_build.labels or post_build.annotations):
        return rendered
    given = {"labels": dict(post_build.labels), "annotations": dict(post_build.annotations)}
    manifests = tuple(replace(one, body=_marked(one.body, given)) for one in rendered.manifests)
    return replace(rendered, manifests=manifests)


def _marked(body: JsonObject, given: dict[str, dict[str, str]]) -> JsonObject:
    metadata = mapping(body.get("metadata"))
    changed = {place: mapping(metadata.get(place)) | new for place, new in given.items() if new}
    return {**body, "metadata": {**metadata, **changed}}
