"""The sources of a run as they stood at other commits, from the repositories that are there: nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from gitops_audit.config.document import folder_of
from gitops_audit.config.rules import resolved_path
from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.deployer.helm_release import Release, release_of_source
from gitops_audit.deployer.inputs import Inputs, of_source
from gitops_audit.deployer.sync_record import Part, normal_path
from gitops_audit.engine.gather.sources import ReadSource, read
from gitops_audit.inventory import build
from gitops_audit.live import Cluster
from gitops_audit.model.resource import Declared, JsonObject, Manifest, Rendered, ResourceKey
from gitops_audit.render.cache import RenderCache
from gitops_audit.render.given import Given, Target
from gitops_audit.render.value_layers import Leaf, leaves, with_more
from gitops_audit.source import Opener
from gitops_audit.source.arrivals import Arrivals
from gitops_audit.source.chart.charts import Charts
from gitops_audit.source.export import Exports
from gitops_audit.source.remotes import canonical, remote_urls


class EarlierSources:
    """Reads each source at each commit once, however many clusters ask for it."""

    def __init__(self, settings: Settings, sources: Sequence[ReadSource], kept: RenderCache | None = None) -> None:
        self._base_dir = folder_of(settings.path.absolute())
        self._opener = Opener(self._base_dir, fetch=False)
        self._exports = Exports()
        charts = Charts(settings.network, fetch=False)
        self._given = replace(Given.of(settings, self._exports, charts, self._opener), kept=kept)
        self._sources = {s.config.name: s for s in sources}
        self._urls: dict[str, frozenset[str]] = {}
        self._read: dict[tuple[str, str, Target], ReadSource] = {}
        self._arrivals: dict[str, Arrivals] = {}

    def is_of(self, name: str, part: Part) -> bool:
        """Whether an engine's manifests are those of a source: the same path of the same repository."""
        source = self._sources.get(name)
        if source is None or normal_path(source.config.path) != part.path:
            return False
        if name not in self._urls:
            self._urls[name] = self._known_as(source.config.repo)
        return canonical(part.repo) in self._urls[name]

    def kind(self, name: str) -> str:
        """How a source is rendered: `directory`, `kustomize` or `helm`; empty where it could not be read."""
        source = self._sources.get(name)
        return source.kind if source else ""

    def release(self, name: str) -> Release | None:
        """The release of Helm that a source is; None for any other source."""
        source = self._sources.get(name)
        return release_of_source(source.config) if source is not None and source.kind == "helm" else None

    def versions(self, name: str, since: int, until: int) -> tuple[str, ...] | None:
        """The commits whose state stood in the audited branch at some time of a span (seconds since 1970).

        None where that is not known. Everything that a kustomization is made of counts, wherever it is.
        """
        source = self._sources.get(name)
        if source is None or source.checkout is None:
            return None
        if name not in self._arrivals:
            self._arrivals[name] = source.checkout.arrivals(is_path_alone=self.kind(name) == "directory")
        return self._arrivals[name].versions(since, until)

    def bodies(
        self, name: str, commit: str, resources: Sequence[Declared], cluster: Cluster
    ) -> dict[ResourceKey, JsonObject]:
        """What a source declared of these resources at a commit, as far as it did so at the same API version.

        Raises AuditError where the commit cannot be read.
        """
        return same_version(self.declared(name, commit, resources, cluster), resources)

    def declared(self, name: str, commit: str, resources: Sequence[Declared], cluster: Cluster) -> Sequence[Declared]:
        """What a source declared at a commit by the names of these resources. Raises AuditError."""
        source = self._sources[name]
        if source.checkout is not None and source.checkout.commit == commit:
            return resources
        names = {r.key.name for r in resources}
        manifests = tuple(m for m in self._at(source.on(cluster.name), commit).manifests if _name(m.body) in names)
        declared = [(source.config, Rendered(manifests))]
        return build(cluster.name, declared, cluster.discovery.scope, cluster.redactor).resources

    def foreign(self, name: str, inputs: Inputs) -> tuple[str, ...]:
        """What a deployer renders a source with that the audit does not."""
        return inputs.foreign(self.kind(name), of_source(self._sources[name].config))

    def leaves(self, name: str) -> Mapping[tuple[str, ...], Leaf]:
        """The values that a source gives to its chart, and where they stand. Raises AuditError."""
        config = self._as_read(name)
        with self._opener.open(config) as checkout:
            return leaves(config, checkout, self._given)

    def with_values(self, name: str, cluster: str, values: JsonObject) -> Sequence[Manifest]:
        """What a source declares for a cluster with other values of its chart. Raises AuditError."""
        config = self._as_read(name)
        helm = replace(config.helm, values=with_more(config.helm.values, values))
        given = replace(self._given, target=self._sources[name].on(cluster).target, kept=None)
        found = read(replace(config, helm=helm), partial(self._opener.open, config), given)
        found.close()
        if found.error:
            raise found.error
        return found.rendered.manifests

    def _as_read(self, name: str) -> SourceConfig:
        """A source at the commit that was read, whatever its branch is by now."""
        source = self._sources[name]
        commit = source.checkout.commit if source.checkout else ""
        return replace(source.config, revision=commit or source.config.revision)

    def close(self) -> None:
        self._exports.close()

    def _at(self, source: ReadSource, commit: str) -> Rendered:
        key = source.config.name, commit, source.target
        if key not in self._read:
            config = replace(source.config, revision=commit)
            self._read[key] = read(
                config, partial(self._opener.open, config), replace(self._given, target=source.target)
            )
            self._read[key].close()
        if error := self._read[key].error:
            raise error
        return self._read[key].rendered

    def _known_as(self, repo: str) -> frozenset[str]:
        """A repository on this machine goes by the URLs of its remotes."""
        urls = (repo,) if canonical(repo) else remote_urls(resolved_path(self._base_dir, repo))
        return frozenset(filter(None, map(canonical, urls)))


def same_version(declared: Sequence[Declared], resources: Sequence[Declared]) -> dict[ResourceKey, JsonObject]:
    """The objects declared earlier of these resources, as far as they were so at the same API version."""
    versions = {r.key: r.version for r in resources}
    return {r.key: r.body for r in declared if not (r.skip or r.error) and versions.get(r.key) == r.version}


def _name(body: JsonObject) -> object:
    return (body.get("metadata") or {}).get("name")
