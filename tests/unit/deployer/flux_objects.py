"""Objects of Flux, and what an expansion is told of the repositories and the cluster they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.config.settings import FluxFollow, SourceConfig
from gitops_audit.deployer.expansion import Context, Expansion, GroupKind, Placed
from gitops_audit.deployer.flux.expand import expand
from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject, Origin

OWN_URL = "https://git.example.com/team/fleet"
SOURCE = SourceConfig("flux", "fleet", path="clusters/prod", clusters=("prod",), flux=FluxFollow())


@dataclass
class FakeFiles:
    """This repository, and one other whose host may be asked."""

    missing: Sequence[str] = ()
    asked: list[SourceConfig] = field(default_factory=list)

    def repository(self, url: str) -> str:
        if url == OWN_URL:
            return "fleet"
        if url.startswith("https://other.example.com/"):
            return url
        raise SourceError(f"the repository {url.rpartition('@')[2]} is another one")

    def revision(self, url: str, revision: str) -> str:
        return revision or "HEAD"

    def commit(self, config: SourceConfig) -> str:
        return "0" * 40

    def names(self, config: SourceConfig) -> Sequence[str]:
        self.asked.append(config)
        if config.revision in self.missing:
            raise SourceError(f"there is no revision {config.revision!r}")
        return ()

    def read(self, config: SourceConfig, path: str) -> bytes:
        raise SourceError("nothing is read here")


def objects(text: str) -> list[JsonObject]:
    return [m.body for m in manifest.load(text.encode(), "fleet.yaml").manifests]


def kustomization(name: str = "apps", namespace: str = "flux-system", **spec: Any) -> JsonObject:
    given = {"path": "./apps", "sourceRef": {"kind": "GitRepository", "name": "flux-system"}} | spec
    return _body("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, namespace, given)


def release(name: str = "web", namespace: str = "shop", **spec: Any) -> JsonObject:
    chart = {"spec": {"chart": "./charts/web", "sourceRef": {"kind": "GitRepository", "name": "flux-system"}}}
    if "sourceRef" not in str(spec.get("chart", "")) and "chartRef" not in spec:
        spec = {"chart": chart} | spec
        chart["spec"]["sourceRef"]["namespace"] = "flux-system"  # type: ignore[index]
    return _body("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, namespace, spec)


def origin(kind: str, name: str, namespace: str = "flux-system", **spec: Any) -> JsonObject:
    return _body("source.toolkit.fluxcd.io/v1", kind, name, namespace, spec)


def held(kind: str, name: str, data: dict[str, str], namespace: str = "flux-system") -> JsonObject:
    section = "stringData" if kind == "Secret" else "data"
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, section: data}


def expanded(
    *bodies: JsonObject,
    source: SourceConfig = SOURCE,
    files: FakeFiles | None = None,
    live: Sequence[JsonObject] | None = None,
) -> Expansion:
    """Everything is declared in one file of the source; `live` is what the cluster has, None where none is asked."""

    def listed(kind: GroupKind) -> Sequence[JsonObject] | None:
        return None if live is None else [b for b in live if Placed(b, source, "prod").group_kind == kind]

    placed = [Placed(b, source, "prod", Origin("fleet.yaml", i + 1)) for i, b in enumerate(bodies)]
    return expand(placed, Context(source, ("prod", "edge"), files or FakeFiles(), listed))


def only(found: Expansion) -> SourceConfig:
    assert not found.unfollowed, found.unfollowed
    assert not found.problems, found.problems
    (source,) = found.sources
    return source


def reason(found: Expansion) -> str:
    assert not found.sources
    (one,) = found.unfollowed
    return one.reason


def _body(api_version: str, kind: str, name: str, namespace: str, spec: Any) -> JsonObject:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
