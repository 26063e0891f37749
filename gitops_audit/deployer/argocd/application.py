"""One Application as sources of the audit: one, or for several sources one for each that renders something.

Sources: argo-cd.readthedocs.io/en/stable: operator-manual/declarative-setup, user-guide/multiple_sources,
user-guide/parameters (`.argocd-source.yaml`), user-guide/oci.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gitops_audit.config.settings import NO_REPOSITORY, ChartRef, HelmOptions, SourceConfig, ValuesRepository
from gitops_audit.deployer.argocd import fields
from gitops_audit.deployer.argocd.ignore_differences import Ignored, ignored
from gitops_audit.deployer.argocd.options import (
    OptionError,
    directory_options,
    helm_options,
    kustomize_options,
    source_type,
)
from gitops_audit.deployer.expansion import REFUSED, Broken, Context, Placed, Unfollowed, check_chart_repository
from gitops_audit.deployer.field_fault import faults
from gitops_audit.deployer.inputs import of_application_source
from gitops_audit.errors import Location, SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import JsonObject, mapping

NOT_UNDERSTOOD = "GA288"
_TOLD = 600
_FIXED = frozenset({"repoURL", "path", "targetRevision", "chart", "ref", "name"})
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_VERSION = re.compile(r"v?\d+(\.\d+){0,2}([-+][0-9A-Za-z.+-]+)?")
_RANGE = re.compile(r"[*^~<>|, ]|\.[xX](?:\.|$)")

Outcome = SourceConfig | Unfollowed | Broken


@dataclass(frozen=True, slots=True)
class Application:
    """An Application, and where it stands or what made it. `body` is what it says, `cluster` where it deploys to."""

    body: JsonObject
    placed: Placed
    cluster: str
    source_name: str
    context: Context

    @property
    def name(self) -> str:
        return str(mapping(self.body.get("metadata")).get("name") or "")

    @property
    def spec(self) -> JsonObject:
        return mapping(self.body.get("spec"))

    @property
    def namespace(self) -> str:
        return str(mapping(self.spec.get("destination")).get("namespace") or "")

    @property
    def where(self) -> Location:
        origin = self.placed.origin
        return Location(origin.path, origin.line) if origin.path else self.context.source.where

    @property
    def told(self) -> str:
        """`Application argocd/shop at apps/shop.yaml:3`; of one that a set makes, which set it is."""
        if self.placed.body is self.body:
            return self.placed.told
        namespace = str(mapping(self.body.get("metadata")).get("namespace") or self.placed.namespace)
        return printable(f"Application {'/'.join(filter(None, (namespace, self.name)))} of {self.placed.told}")

    @property
    def sources(self) -> list[JsonObject]:
        """What is deployed: of an Application with a hydrator, what that writes to its branch."""
        if hydrator := mapping(self.spec.get("sourceHydrator")):
            synced = mapping(hydrator.get("syncSource"))
            repository = synced.get("repoURL") or mapping(hydrator.get("drySource")).get("repoURL")
            branch = synced.get("targetBranch")
            return [{"repoURL": repository, "path": synced.get("path"), "targetRevision": branch}]
        several = self.spec.get("sources")
        found = [s for s in several if isinstance(s, dict)] if isinstance(several, list) else []
        one = self.spec.get("source")
        return found or ([one] if isinstance(one, dict) else [])

    def outcomes(self) -> Iterator[Outcome]:
        """A source for each that renders something; what cannot be followed, with its reason."""
        rendering = [source for source in self.sources if not _is_lent(source)]
        if not rendering:
            yield self.broken("it has no source that declares anything")
        for number, source in enumerate(rendering, 1):
            name = f"{self.source_name}.{number}" if len(rendering) > 1 else self.source_name
            yield self._outcome(source, name)

    def broken(self, reason: str) -> Broken:
        error = SourceError(
            printable(f"{self.told[:_TOLD]} cannot be followed: {reason}"), code=NOT_UNDERSTOOD, where=self.where
        )
        return Broken(replace(self._config(self.source_name), name=self.source_name), error)

    def _outcome(self, source: JsonObject, name: str) -> Outcome:
        if source.get("plugin") is not None:
            return Unfollowed.of(self.placed, "a config management plugin renders it, and none is run")
        try:
            _refuse_incomplete(source)
            config = self._chart(source, name) if source.get("chart") else self._path(source, name)
        except OptionError as error:
            return replace(self.broken(str(error)), source=self._config(name))
        except SourceError as error:
            if error.code == REFUSED:
                return replace(self.broken(error.told), source=self._config(name))
            return Unfollowed.of(self.placed, error.told)
        return self._finished(config, source) if isinstance(config, SourceConfig) else config

    def _finished(self, config: SourceConfig, source: JsonObject) -> SourceConfig:
        given = of_application_source(source, self.name, self.namespace).given
        return replace(config, ignore=self.ignored(config.name).rules, given=given)

    def ignored(self, source_name: str) -> Ignored:
        has_jq = self.context.has_jq
        return ignored(self.body, self.placed.title, source_name, self.where, has_jq=has_jq)

    def _config(self, name: str) -> SourceConfig:
        return SourceConfig(
            name=name,
            repo=self.context.source.repo,
            revision=self.context.source.revision,
            namespace=self.namespace,
            clusters=(self.cluster,),
            followed_from=self.told,
            deployer="argocd",
            where=self.where,
        )

    def _chart(self, source: JsonObject, name: str) -> SourceConfig:
        repository, chart = str(source.get("repoURL") or ""), str(source["chart"])
        if "://" not in repository:
            repository = f"oci://{repository}"
        check_chart_repository(repository)
        version = str(source.get("targetRevision") or "")
        options = self._helm(source, "")
        helm = replace(options, chart=ChartRef(repository, chart, version))
        return replace(self._config(name), repo=NO_REPOSITORY, revision="HEAD", type="helm", helm=helm)

    def _path(self, source: JsonObject, name: str) -> SourceConfig | Unfollowed:
        url = str(source.get("repoURL") or "")
        if url.startswith("oci://"):
            return Unfollowed.of(self.placed, "it deploys an OCI artefact, which is not fetched")
        path = _path_of(str(source.get("path") or ""))
        files = self.context.files
        revision = files.revision(url, _revision_of(source))
        base = replace(self._config(name), repo=files.repository(url), revision=revision, path=path)
        branch = mapping(mapping(self.spec.get("sourceHydrator")).get("syncSource")).get("targetBranch")
        if branch and revision not in (branch, f"origin/{branch}"):
            return Unfollowed.of(self.placed, f"its hydrator writes to the branch {branch}, and {revision} is audited")
        if _RANGE.search(revision):
            return Unfollowed.of(self.placed, f"its revision {revision!r} is a range of tags")
        source = self._overridden(source, base)
        kind = source_type(source)
        if source.get("plugin") is not None:
            return Unfollowed.of(self.placed, "a config management plugin renders it, and none is run")
        variables = self._variables(source, path) | self._revision(base)
        return replace(
            base,
            type=kind,
            helm=helm_options(source, self.name, self._refs(), variables),
            directory=directory_options(source, variables),
            kustomize=kustomize_options(source, self.context.source.kustomize, variables),
        )

    def _helm(self, source: JsonObject, path: str) -> HelmOptions:
        return helm_options(source, self.name, self._refs(), self._variables(source, path))

    def _revision(self, config: SourceConfig) -> dict[str, str]:
        """The commit that is audited, as the one that is deployed; nothing where there is none."""
        try:
            commit = self.context.files.commit(config)
        except SourceError:
            return {}
        if not commit:
            return {}
        name = "ARGOCD_APP_REVISION"
        return {name: commit, f"{name}_SHORT": commit[:7], f"{name}_SHORT_8": commit[:8]}

    def _refs(self) -> dict[str, ValuesRepository]:
        """Where value files with `$name/` at their beginning come from."""
        files, found = self.context.files, dict[str, ValuesRepository]()
        for source in self.sources:
            if (ref := source.get("ref")) and isinstance(ref, str):
                url, revision = str(source.get("repoURL") or ""), str(source.get("targetRevision") or "")
                found[ref] = ValuesRepository(ref, files.repository(url), files.revision(url, revision))
        return found

    def _variables(self, source: JsonObject, path: str) -> dict[str, str]:
        """The build environment of Argo CD, without its revision."""
        return {
            "ARGOCD_APP_NAME": self.name,
            "ARGOCD_APP_NAMESPACE": self.namespace,
            "ARGOCD_APP_PROJECT_NAME": str(self.spec.get("project") or "default"),
            "ARGOCD_APP_SOURCE_PATH": path,
            "ARGOCD_APP_SOURCE_REPO_URL": str(source.get("repoURL") or ""),
            "ARGOCD_APP_SOURCE_TARGET_REVISION": str(source.get("targetRevision") or ""),
        }

    def _overridden(self, source: JsonObject, config: SourceConfig) -> JsonObject:
        """The source with what files of its path set: first for all Applications, then for this one.

        Of an Application outside of Argo CD's own namespace the name is `NAMESPACE_NAME`, which says whose it is.
        """
        namespace = mapping(self.body.get("metadata")).get("namespace") or self.placed.namespace
        for own in ("", f"-{self.name}", f"-{namespace}_{self.name}"):
            name = f".argocd-source{own}.yaml"
            path = f"{config.path}/{name}" if config.path else name
            if (data := self._read(config, path)) is not None:
                documents, problems = manifest.documents(data, path)
                value = documents[0][1] if documents else {}
                if problems or not isinstance(value, dict):
                    raise OptionError(f"{path} is no YAML mapping")
                if wrong := next((f for f in faults(value, fields.SOURCE, path) if f.wanted), None):
                    raise OptionError(str(wrong))
                source = merged(source, {k: v for k, v in value.items() if k not in _FIXED})
        return source

    def _read(self, config: SourceConfig, path: str) -> bytes | None:
        """None for what is not there; that the source as a whole cannot be read is told when it is."""
        try:
            return self.context.files.read(config, path)
        except SourceError:
            return None


def merged(base: JsonObject, patch: JsonObject) -> JsonObject:
    """A JSON merge patch (RFC 7386): mappings are merged, null removes, all else replaces."""
    found = dict(base)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = merged(mapping(found.get(key)), value)
        else:
            found[key] = value
    return found


def safe_name(name: str) -> str:
    """A name that can be part of a source's."""
    return _UNSAFE.sub("-", name)[:253] or "unnamed"


def is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def _is_lent(source: JsonObject) -> bool:
    """Whether it only lends its value files: it has a `ref`, and nothing to render."""
    return bool(source.get("ref")) and not source.get("chart") and not source.get("path")


def _refuse_incomplete(source: JsonObject) -> None:
    """Raises OptionError for what Argo CD calls an invalid specification."""
    if not source.get("repoURL"):
        raise OptionError("a source of it has no repoURL")
    if not source.get("chart") and not source.get("path") and not str(source["repoURL"]).startswith("oci://"):
        raise OptionError("a source of it has neither a path nor a chart")
    if source.get("chart") and source.get("ref"):
        raise OptionError("a source of it has a chart and a `ref`, and value files come from repositories alone")


def _revision_of(source: JsonObject) -> str:
    """`targetRevision`; a version counts among the tags that have the `tagPrefix` of the source."""
    revision, prefix = str(source.get("targetRevision") or ""), str(source.get("tagPrefix") or "")
    if prefix and not _VERSION.fullmatch(revision) and not _RANGE.search(revision):
        raise OptionError(f"with a tagPrefix its targetRevision must be a version or a range, not {revision!r}")
    return f"{prefix}{revision}"


def _path_of(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or not path.isprintable():
        raise OptionError(f"its path {path!r} leaves the repository")
    return "/".join(parts)
