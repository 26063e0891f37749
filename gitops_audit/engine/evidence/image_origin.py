"""Adds to changes of images the commits that the images are built from, where a source says in which repository.

A tag leads to a commit by its name (the same tag in Git, with or without `v`), or by the commit id in it
(`main-3f2a9c1`, `1.4.0-5-g3f2a9c1`); an image with a digest, by the annotation or label of its object that images carry
too (github.com/opencontainers/image-spec/blob/main/annotations.md). The digest alone says what is pulled: a tag beside
it counts where no mark does, and says nothing where both sides have the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gitops_audit.config.document import folder_of
from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import Settings
from gitops_audit.engine.case import Case, merged
from gitops_audit.errors import SourceError
from gitops_audit.kube.glob import is_like
from gitops_audit.kube.image import Reference, parse
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.resource import Commit, JsonObject, mapping
from gitops_audit.source import Opener

REVISION = "org.opencontainers.image.revision"
_COMMIT_ID = re.compile(r"(?:^|[-_.])(?:sha-|g)?([0-9a-f]{7,40})(?=$|[-_.])")


class ImageOrigins:
    """Looks up each image once, whatever changed to it, in the repositories of one run."""

    def __init__(self, settings: Settings, *, fetch: bool = True) -> None:
        self._settings = settings
        self._by_source: dict[str, Mapping[str, str]] = {}
        self._opener = Opener(folder_of(settings.path.absolute()), fetch=fetch)
        self._found: dict[tuple[str, tuple[str, ...]], Commit | None] = {}
        self._notes: dict[str, None] = {}

    def told(self, cases: Sequence[Case]) -> Sequence[Case]:
        """The cases, with what the images that changed are built from."""
        drifted = (case for case in cases if case.is_modified and self._images(case.subject.source))
        return merged(cases, [replace(case, drift=self._drift(case, case.found)) for case in drifted])

    def notes(self) -> Iterator[str]:
        """The repositories that could not be read."""
        yield from self._notes

    def _images(self, source: str) -> Mapping[str, str]:
        """Globs of images and their repositories, of a source or of the one that it follows from."""
        if source not in self._by_source:
            named = [s for s in self._settings.sources if s.name == source or source.startswith(f"{s.name}.")]
            longest = max(named, key=lambda s: (bool(s.images), len(s.name)), default=None)
            self._by_source[source] = dict(longest.images) if longest else {}
        return self._by_source[source]

    def _drift(self, case: Case, drift: Drift) -> Drift:
        return replace(drift, changes=tuple(self._change(case, change) for change in drift.changes))

    def _change(self, case: Case, change: Change) -> Change:
        if not change.pointer.endswith("/image"):
            return change
        sides = (("live", change.live, case.live), ("declared", change.declared, case.subject.body))
        is_by_digest = _but_digest(change.live) == _but_digest(change.declared)
        told = (self._built(case.subject.source, *side, is_by_digest=is_by_digest) for side in sides)
        return replace(change, built="; ".join(filter(None, told)))

    def _built(self, source: str, side: str, image: Any, body: JsonObject | None, *, is_by_digest: bool) -> str:
        """A sentence; empty where nobody says what an image is built from."""
        try:
            reference = parse(str(image))
        except ValueError:
            return ""
        names = (f"{reference.registry}/{reference.repository}", reference.repository, _but_digest(image))
        images = self._images(source)
        repo = next((repo for glob, repo in images.items() if any(is_like(glob, name) for name in names)), None)
        if repo is None:
            return ""
        try:
            commit = self._commit(repo, tuple(dict.fromkeys(_revisions(reference, body or {}, is_by_digest))))
        except SourceError as error:
            self._notes[f"what images are built from is not known: {error.told}"] = None
            return ""
        shown = without_user_info(repo)
        if commit is None:
            return f"no commit of {shown} is known for the {side} image"
        about = f"{commit.author}, {commit.date[:10]}: {commit.subject}"
        return f"the {side} image is commit {commit.sha[:10]} of {shown} ({about})"

    def _commit(self, repo: str, revisions: tuple[str, ...]) -> Commit | None:
        key = repo, revisions
        if key not in self._found:
            self._found[key] = self._opener.commit(repo, revisions)
        return self._found[key]


def _but_digest(image: Any) -> str:
    return str(image).partition("@")[0]


def _revisions(reference: Reference, body: JsonObject, is_by_digest: bool) -> Iterator[str]:
    """What may name the commit of an image, the surest first; `is_by_digest`: the tag is that of the other side too."""
    if reference.digest:
        yield from _annotated(body)
    if reference.tag and not (reference.digest and is_by_digest):
        yield from (f"refs/tags/{reference.tag}", f"refs/tags/v{reference.tag}")
        yield from _COMMIT_ID.findall(reference.tag)


def _annotated(body: JsonObject) -> Iterator[str]:
    """The revision that an object, or the template of its pods, says its image is of."""
    template = mapping(mapping(body.get("spec")).get("template"))
    for metadata in (mapping(template.get("metadata")), mapping(body.get("metadata"))):
        for marks in (mapping(metadata.get("annotations")), mapping(metadata.get("labels"))):
            if re.fullmatch(r"[0-9a-f]{7,64}", str(marks.get(REVISION, ""))):
                yield str(marks[REVISION])
