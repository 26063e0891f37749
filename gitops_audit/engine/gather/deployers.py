"""Which Applications and Kustomizations of a cluster deploy what the configuration has as a source by itself.

Such a source does not follow its engine. Where the configuration asks for the check of engines all the same
(`engine: {enabled: true}`), what deploys the source is looked for in its cluster, by repository and path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gitops_audit.config.document import folder_of
from gitops_audit.config.repository import is_url
from gitops_audit.config.rules import resolved_path
from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.deployer import argocd, flux
from gitops_audit.deployer.argocd.destination import is_own_cluster
from gitops_audit.deployer.argocd.faults import sources as sources_of
from gitops_audit.deployer.sync_record import git_repository, normal_path
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.model.resource import JsonObject, group_of, mapping
from gitops_audit.source.remotes import canonical, remote_urls

GroupKind = tuple[str, str]
Name = tuple[str, str]
Listed = Callable[[GroupKind], Mapping[Name, JsonObject] | None]
Places = Mapping[tuple[str, str], ReadSource]
"""Sources by repository (in the form in which equal URLs are equal) and path."""


def places(settings: Settings, sources: Iterable[ReadSource], cluster: str) -> Places:
    """The sources of a cluster that follow nothing; none where the configuration does not ask for the check."""
    found: dict[tuple[str, str], ReadSource] = {}
    for source in sources if settings.engine.enabled else ():
        config = source.config
        if not config.follow and not config.followed_from and cluster in config.clusters:
            for url in _urls(settings, config):
                found.setdefault((canonical(url), normal_path(config.path)), source)
    return found


def deployers(known: Places, listed: Listed) -> Iterator[tuple[GroupKind, Name, JsonObject, ReadSource]]:
    """The live objects that deploy one of these sources to their own cluster."""
    if not known:
        return
    for kind in (argocd.APPLICATION, flux.KUSTOMIZATION):
        for name, body in (listed(kind) or {}).items():
            source = next((known[place] for place in _deployed(body, name, listed) if place in known), None)
            if source is not None:
                yield kind, name, body, source


def _deployed(body: JsonObject, name: Name, listed: Listed) -> Iterator[tuple[str, str]]:
    spec = mapping(body.get("spec"))
    if (group_of(body), body.get("kind")) == argocd.APPLICATION:
        for source, _ in sources_of(body) if is_own_cluster(mapping(spec.get("destination"))) else ():
            yield canonical(str(source.get("repoURL") or "")), normal_path(str(source.get("path") or ""))
    elif (repository := git_repository(body, name)) is not None and not spec.get("kubeConfig"):
        url = mapping(mapping((listed(flux.GIT_REPOSITORY) or {}).get(repository)).get("spec")).get("url")
        yield canonical(str(url or "")), normal_path(str(spec.get("path") or ""))


def _urls(settings: Settings, config: SourceConfig) -> tuple[str, ...]:
    if is_url(config.repo):
        return (config.repo,)
    return remote_urls(resolved_path(folder_of(settings.path.absolute()), config.repo))
