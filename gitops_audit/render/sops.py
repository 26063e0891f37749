"""Secrets that SOPS encrypted, in clear, where `secrets: {sops: true}` says so: the real `sops` decrypts them, with the
keys of whoever runs the audit (github.com/getsops/sops).

Only `data` and `stringData` of Secrets are taken in clear: only they become tokens when they are bound to a cluster.
Only `age` and `pgp` open them: any other kind of key is asked for over the network, at an address that the file names.

SOPS seals each value with the names of the fields above it, and all values of a file by its `mac`. A file as it stands
in Git must have the right one. What kustomize built never has it: kustomize sorts fields, and sets namespaces and
labels. Flux does not look at it there (kustomize-controller, `internal/decryptor`), and neither does the audit; each
value is still the one that was sealed for its field.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gitops_audit.deployer.stand_in import is_encrypted, is_left_encrypted
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject, Manifest, Rendered, mapping
from gitops_audit.render.limits import MAX_SOPS_BYTES, MAX_SOPS_KEYS, MAX_SOPS_RUN_S, SOPS_TIMEOUT_S
from gitops_audit.render.sops_keys import SopsKeys
from gitops_audit.render.sops_objects import (
    MARK,
    SECTIONS,
    UndecryptedError,
    documents_of,
    identity,
    in_clear,
    is_sealed_secret,
    is_secret,
    secret_of,
    told,
    with_sections,
)
from gitops_audit.render.tool import ToolError, workspace
from gitops_audit.render.version import version_of
from gitops_audit.source.no_repository import NoCheckout

_SEPARATOR = b"\n---\n"
_OPENED_HERE = frozenset({"age", "pgp"})
_NOT_TAKEN = "only `data` and `stringData` of Secrets are decrypted: reports show what else objects hold"
_OF_FILE = "it is made of an encrypted file, and only Flux decrypts such a file before it builds"
_NO_SOPS = "there is no `sops` on the PATH: install it, or take `secrets.sops` out of the configuration"
_NO_KEYS = "the key `sops` of its file, which says how it was encrypted, is missing or damaged"
_MAX_SHOWN = 3
# What sops says of a failure, and what it means. Nothing else of its words is shown: they may hold values.
_KINDS = (
    ("MAC mismatch", "its `mac` does not fit, so it was changed without `sops`: edit it with `sops edit`"),
    ("data key", "none of the keys at hand opens it: give the audit SOPS_AGE_KEY_FILE, SOPS_AGE_KEY or GNUPGHOME"),
    ("cannot be run", "`sops` cannot be run"),
)
_UNKNOWN = "`sops` fails on it, and its words may hold values, so they are not shown: run `sops decrypt` to see them"

# The same keys in a file without maps: `sops_age__list_0__map_recipient=...`.
_FLAT_KEY = re.compile(rb"^(?:sops_)?([a-z_]+)__list_\d+__map_[a-z_]+\s*=", re.MULTILINE)

Tools = tuple[tuple[str, str], ...]
Form = Literal["yaml", "json", "dotenv", "ini", "binary"]


@dataclass(frozen=True, slots=True)
class Built:
    """What kustomize built, as far as it could be decrypted. `reasons`: (kind, namespace, name) of what could not;
    None where nothing was to be. `of_file` is why the file that a Secret is made of could not.
    """

    output: bytes = field(repr=False)
    reasons: Mapping[tuple[str, str, str], str] | None = None
    tools: Tools = ()
    of_file: str = ""

    def told(self, one: Manifest) -> Manifest:
        """An object whose values say why they are still encrypted."""
        if self.reasons is None or is_left_encrypted(one.body):
            return one
        words = (self.of_file or _OF_FILE) if is_secret(one.body) else _NOT_TAKEN
        return told(one, self.reasons.get(identity(one.body), words))


class Sops:
    """Decrypts for one run. It keeps no value: what was decrypted is in what is given back alone."""

    def __init__(self) -> None:
        self._spent_s = 0.0

    def opened(self, found: Rendered, data: bytes, path: str) -> Rendered:
        """The objects of a file, its Secrets in clear; what is still encrypted says why."""
        words, manifests = _NOT_TAKEN, found.manifests
        tools: Tools = ()
        if any(map(is_sealed_secret, manifests)):
            try:
                clear, tools = self.of_source(data, "json" if path.endswith(".json") else "yaml")
                manifests = tuple(in_clear(manifests, manifest.load(clear, path)))
            except UndecryptedError as reason:
                if documents := documents_of(found, data):
                    return self._one_by_one(found, documents, path)
                words = str(reason)
        return replace(found, manifests=tuple(told(one, words) for one in manifests), tools=tools)

    def _one_by_one(
        self, found: Rendered, documents: Sequence[tuple[bytes, tuple[Manifest, ...]]], path: str
    ) -> Rendered:
        """Documents that were encrypted each for itself, and put into one file."""
        opened = [self.opened(Rendered(own), data, path) for data, own in documents]
        manifests = tuple(one for part in opened for one in part.manifests)
        return replace(found, manifests=manifests, tools=next((part.tools for part in opened if part.tools), ()))

    def built(self, output: bytes) -> Built:
        """What kustomize printed, its Secrets in clear."""
        if MARK not in output:
            return Built(output, {})
        documents = output.split(_SEPARATOR)
        reasons: dict[tuple[str, str, str], str] = {}
        tools: Tools = ()
        for index, document in enumerate(documents):
            if (body := secret_of(document)) is not None:
                try:
                    clear, tools = self._of_object(body)
                    documents[index] = with_sections(document, body, clear)
                except UndecryptedError as reason:
                    reasons[identity(body)] = str(reason)
        return Built(_SEPARATOR.join(documents), reasons, tools)

    def of_source(self, data: bytes, form: Form) -> tuple[bytes, Tools]:
        """A whole file in clear. Raises UndecryptedError."""
        if form in ("dotenv", "ini"):
            keys = _keys([(kind.decode(), 1) for kind in dict.fromkeys(_FLAT_KEY.findall(data))])
        else:
            documents, _ = manifest.documents(data, "")
            keys = _keys(_lists_of([value for _, value in documents]))
        return self._run(data, keys, "--input-type", form, "--output-type", form)

    def _of_object(self, body: JsonObject) -> tuple[bytes, Tools]:
        keys = _keys(_lists_of([body]))
        sealed = {name: body[name] for name in (*SECTIONS, "sops") if name in body}
        data = json.dumps(sealed, ensure_ascii=False).encode("utf-8", "replace")
        return self._run(data, keys, "--input-type", "json", "--output-type", "json", "--ignore-mac")

    def _run(self, data: bytes, keys: SopsKeys, *options: str) -> tuple[bytes, Tools]:
        program = shutil.which("sops")
        if program is None:
            raise UndecryptedError(_NO_SOPS)
        if len(data) > MAX_SOPS_BYTES:
            raise UndecryptedError(f"it is larger than {MAX_SOPS_BYTES >> 20} MiB (limit: encrypted size)")
        if self._spent_s > MAX_SOPS_RUN_S:
            raise UndecryptedError(f"`sops` took {MAX_SOPS_RUN_S:.0f} s of this run already (limit: time of sops)")
        started = time.monotonic()
        try:
            return _decrypted(program, data, keys, options)
        except ToolError as error:
            raise UndecryptedError(_reason(error)) from None
        finally:
            self._spent_s += time.monotonic() - started


def _decrypted(program: str, data: bytes, keys: SopsKeys, options: Sequence[str]) -> tuple[bytes, Tools]:
    """What is encrypted goes through a private file, what is decrypted through a pipe alone. Raises ToolError."""
    keys.prepare()
    with workspace(NoCheckout("", "")) as place:
        file = place.home / "encrypted"
        file.touch(mode=0o600)
        file.write_bytes(data)
        # Without `--config`, sops would read a .sops.yaml of any folder above.
        command = [program, "--config", os.devnull, "--decrypt", *options, str(file)]
        clear = place.run(
            command,
            timeout_s=SOPS_TIMEOUT_S,
            environment=keys.environment,
            reads=keys.reads,
            writes=keys.writes,
        )
        version = version_of(program, place)
    return clear, (("sops", version),) if version else ()


def _reason(error: ToolError) -> str:
    if error.is_excessive:
        return f"`sops` was given up: {error}"
    return next((meaning for sign, meaning in _KINDS if sign in str(error)), _UNKNOWN)


def _lists_of(documents: Sequence[Any]) -> list[tuple[str, int]]:
    said = [document["sops"] for document in documents if is_encrypted(mapping(document))]
    return [pair for metadata in said for pair in _key_lists(metadata)]


def _keys(lists: Sequence[tuple[str, int]]) -> SopsKeys:
    """The keys that open something. Raises UndecryptedError for what is asked for elsewhere."""
    if not lists:
        raise UndecryptedError(_NO_KEYS)
    if others := sorted({kind for kind, _ in lists} - _OPENED_HERE):
        words = ", ".join(f"`{kind[:20]}`" for kind in others[:_MAX_SHOWN])
        raise UndecryptedError(f"keys of it are asked for over the network ({words}), and the audit asks nobody")
    if sum(count for _, count in lists) > MAX_SOPS_KEYS:
        raise UndecryptedError(f"it has more than {MAX_SOPS_KEYS} keys (limit: keys of sops)")
    return SopsKeys.of({kind for kind, _ in lists})


def _key_lists(metadata: JsonObject) -> Iterator[tuple[str, int]]:
    """The kinds of keys with their number: SOPS writes no other lists. `key_groups` holds such lists once more."""
    for name, value in metadata.items():
        if name == "key_groups" and isinstance(value, list):
            for group in value:
                yield from _key_lists(mapping(group))
        elif value and isinstance(value, (list, dict)):
            yield name, len(value)
