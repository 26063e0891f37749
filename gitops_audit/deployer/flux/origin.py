"""Which repository, revision and folder a `sourceRef` of Flux means.

Sources: fluxcd.io/flux/components/source (gitrepositories, ocirepositories, buckets, helmrepositories) and
`source.extensions.fluxcd.io` ArtifactGenerator.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.expansion import REFUSED, Context, Placed
from gitops_audit.deployer.flux.catalog import Catalog, items, namespace_of, text
from gitops_audit.deployer.flux.marks import ARTIFACT_GENERATOR, BOOTSTRAP, GIT_REPOSITORY, KUSTOMIZATION
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import JsonObject, mapping

_OCI = "the OCI artefact of OCIRepository {} is not at hand: the audit reads Git"
_BUCKET = "the files of Bucket {} are not at hand: the audit reads Git"
_GENERATED = "ExternalArtifact {} is made by nothing that is declared: the audit reads Git"


class UnfollowedError(Exception):
    """Why an object of Flux is not rendered; `is_refused` where it never can be, which is an error."""

    is_refused = False

    @classmethod
    def of(cls, error: SourceError) -> UnfollowedError:
        made = cls(error.told)
        made.is_refused = error.code == REFUSED
        return made


@dataclass(frozen=True, slots=True)
class GitOrigin:
    """`repo` and `revision` as a source has them, `root` the folder that the artifact's root is in the repository;
    `ignore` are the lines of the source's own rules."""

    repo: str
    revision: str
    root: str = ""
    ignore: tuple[str, ...] = ()

    def path(self, given: object) -> str:
        """Where a path of the artifact lies in the repository: like Flux, it never leads out of the artifact."""
        return posixpath.join(self.root, inside(text(given))).strip("/")


def inside(path: str) -> str:
    """A path without `.` and `..`, none of which leads above its root; empty for the root."""
    return posixpath.normpath(posixpath.join("/", path)).strip("/")


@dataclass(frozen=True, slots=True)
class Origins:
    """Finds what references mean; raises UnfollowedError for what Git does not hold.

    `branches` of the audited repository stand for the audited revision.
    """

    catalog: Catalog
    context: Context
    branches: tuple[str, ...]

    @classmethod
    def of_all(cls, catalog: Catalog, context: Context) -> Origins:
        return cls(catalog, context, _own_branches(catalog, context))

    def of(self, reference: Any, placed: Placed, path: object = "") -> GitOrigin:
        """The origin of a `sourceRef`; `path` is the one that is wanted of it."""
        wanted = mapping(reference)
        kind, name = text(wanted.get("kind")), text(wanted.get("name"))
        namespace = text(wanted.get("namespace")) or namespace_of(placed)
        shown = f"{namespace}/{name}"
        if kind == "GitRepository":
            return self._git(placed.cluster, namespace, name)
        if kind == "ExternalArtifact":
            return self._generated(placed.cluster, namespace, name, path)
        told = {"OCIRepository": _OCI, "Bucket": _BUCKET}.get(kind, "{} is no source that the audit knows")
        raise UnfollowedError(told.format(shown if kind in ("OCIRepository", "Bucket") else f"{kind or 'it'} {shown}"))

    def _git(self, cluster: str, namespace: str, name: str) -> GitOrigin:
        body = self.catalog.get(GIT_REPOSITORY, cluster, namespace, name)
        if body is None:
            if name == BOOTSTRAP:
                return GitOrigin(self.context.source.repo, self.context.source.revision)
            raise UnfollowedError(f"GitRepository {namespace}/{name} is not declared in what is followed")
        spec = mapping(body.get("spec"))
        for field in ("include", "sparseCheckout"):
            if spec.get(field):
                raise UnfollowedError(f"GitRepository {namespace}/{name} puts its files together (`{field}`)")
        try:
            return self._repository(spec, f"GitRepository {namespace}/{name}")
        except SourceError as error:
            raise UnfollowedError.of(error) from None

    def _repository(self, spec: JsonObject, shown: str) -> GitOrigin:
        url, reference = text(spec.get("url")), mapping(spec.get("ref"))
        repo = self.context.files.repository(url)
        lines = tuple(text(spec.get("ignore")).splitlines())
        is_own = repo == self.context.source.repo
        if reference.get("semver") and not (reference.get("commit") or reference.get("name")):
            raise UnfollowedError(
                f"{shown} takes the highest tag of {text(reference['semver'])!r}, which is not looked up"
            )
        if is_own and _branch(reference) in self.branches:
            revision = self.context.source.revision
        else:
            revision = self.context.files.revision(url, _revision(reference))
        if spec.get("recurseSubmodules") is True and self._has_submodules(repo, revision):
            raise UnfollowedError(f"{shown} puts its files together (`recurseSubmodules`)")
        return GitOrigin(repo, revision, ignore=lines)

    def _has_submodules(self, repo: str, revision: str) -> bool:
        try:
            return bool(self.context.files.read(SourceConfig("", repo, revision), ".gitmodules"))
        except SourceError:
            return False

    def _generated(self, cluster: str, namespace: str, name: str, path: object) -> GitOrigin:
        """An artifact that copies folders of one repository, where they keep their places to each other."""
        for one in self.catalog.all([ARTIFACT_GENERATOR]):
            if one.cluster != cluster or namespace_of(one) != namespace:
                continue
            spec = mapping(one.body.get("spec"))
            for artifact in items(spec.get("artifacts")):
                if mapping(artifact).get("name") == name:
                    return self._copied(mapping(artifact), spec, one)
        raise UnfollowedError(_GENERATED.format(f"{namespace}/{name}"))

    def _copied(self, artifact: JsonObject, spec: JsonObject, generator: Placed) -> GitOrigin:
        shown = f"the artifact {text(artifact.get('name'))} of {generator.title}"
        roots = {_root(mapping(entry)) for entry in items(artifact.get("copy"))}
        aliases = {alias for alias, _ in roots}
        sources = [mapping(s) for s in items(spec.get("sources")) if text(mapping(s).get("alias")) in aliases]
        if len(roots) != 1 or len(sources) != 1 or ("", "") in roots:
            raise UnfollowedError(f"{shown} has its files in other places than the repository")
        ((_, root),) = roots
        found = self.of(sources[0], generator)
        return GitOrigin(found.repo, found.revision, posixpath.join(found.root, root).strip("/"), found.ignore)


def _own_branches(catalog: Catalog, context: Context) -> tuple[str, ...]:
    """The branch that stands for the audited revision: the only one that Flux has of it, or the bootstrap's."""
    found: dict[str, str | None] = {}
    for one in catalog.all([GIT_REPOSITORY]):
        spec = mapping(one.body.get("spec"))
        try:
            is_own = context.files.repository(text(spec.get("url"))) == context.source.repo
        except SourceError:
            continue
        if is_own:
            found[one.name] = _branch(mapping(spec.get("ref")))
    chosen = [found[BOOTSTRAP]] if BOOTSTRAP in found else list(dict.fromkeys(found.values()))
    if BOOTSTRAP not in found and any(map(_names_bootstrap, catalog.all([KUSTOMIZATION]))):
        return ("",)
    return ("", *(name for name in chosen if name and len(chosen) == 1))


def _names_bootstrap(kustomization: Placed) -> bool:
    return mapping(mapping(kustomization.body.get("spec")).get("sourceRef")).get("name") == BOOTSTRAP


def _root(entry: JsonObject) -> tuple[str, str]:
    """(alias, folder) that the artifact's root stands for, by one of its copies; empty where it stands for none."""
    source, target = text(entry.get("from")), text(entry.get("to"))
    alias, _, folder = source.removeprefix("@").partition("/")
    place = target.removeprefix("@artifact").strip("/")
    if not source.endswith("/**") or entry.get("strategy") == "Merge" or entry.get("exclude"):
        return "", ""
    folder = folder.removesuffix("**").strip("/")
    if place and not f"/{folder}".endswith(f"/{place}"):
        return "", ""
    return alias, inside(folder.removesuffix(place))


def _branch(reference: JsonObject) -> str | None:
    """The branch that is followed, empty for the default one; None where it stays with a tag or commit."""
    name = text(reference.get("name"))
    is_fixed = any(reference.get(field) for field in ("commit", "semver", "tag"))
    if is_fixed or name:
        return name.removeprefix("refs/heads/") if name.startswith("refs/heads/") and not is_fixed else None
    return text(reference.get("branch"))


def _revision(reference: JsonObject) -> str:
    """What decides first: commit, name, semver, tag, branch."""
    name = text(reference.get("name"))
    if reference.get("commit"):
        return text(reference["commit"])
    return name.removeprefix("refs/heads/") if name else text(reference.get("tag")) or text(reference.get("branch"))
