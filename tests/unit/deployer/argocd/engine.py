"""An engine's repository held in memory, and what its objects are expanded to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from gitops_audit.config.settings import ArgoCDFollow, SourceConfig
from gitops_audit.deployer.argocd.expand import expand
from gitops_audit.deployer.expansion import Context, Expansion, GoTemplate, Placed
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import JsonObject, Origin
from gitops_audit.render.go_template import evaluate

HERE = "https://git.example.com/team/fleet.git"
SOURCE = SourceConfig("fleet", clusters=("prod",), argocd=ArgoCDFollow())


@dataclass
class DictFiles:
    """Implements Files for one repository."""

    files: Mapping[str, str] = field(default_factory=dict)

    def repository(self, url: str) -> str:
        if "forbidden" in url:
            raise SourceError("the repository is another one")
        return "" if url == HERE else url

    def revision(self, url: str, revision: str) -> str:
        return revision or "HEAD"

    def commit(self, config: SourceConfig) -> str:
        return "0123456789abcdef" + "0" * 24

    def names(self, config: SourceConfig) -> Sequence[str]:
        return sorted(self.files)

    def read(self, config: SourceConfig, path: str) -> bytes:
        if path not in self.files:
            raise SourceError(f"there is no {path}")
        return self.files[path].encode()


def application(spec: str, name: str = "shop") -> JsonObject:
    """From the YAML of a spec; without a destination it is the engine's own cluster."""
    body: JsonObject = {"destination": {"server": "https://kubernetes.default.svc", "namespace": "web"}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": body | yaml.safe_load(spec),
    }


def from_git(source: str) -> JsonObject:
    """An Application whose one source is this repository's `apps`, with further fields."""
    return application(
        yaml.safe_dump({"source": {"repoURL": HERE, "path": "apps"} | (yaml.safe_load(source) or {})}, sort_keys=False)
    )


def application_set(spec: str) -> JsonObject:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "set", "namespace": "argocd"},
        "spec": yaml.safe_load(spec),
    }


def expanded(
    *bodies: JsonObject,
    files: Mapping[str, str] | None = None,
    source: SourceConfig = SOURCE,
    clusters: tuple[str, ...] = ("prod",),
    live: Sequence[JsonObject] | None = None,
    has_jq: bool = False,
) -> Expansion:
    def templates(wanted: Sequence[GoTemplate]) -> Sequence[str]:
        return evaluate(wanted)

    context = Context(source, clusters, DictFiles(files or {}), lambda _: live, templates, has_jq)
    placed = [Placed(body, source, "prod", Origin("argocd/apps.yaml", 1 + n)) for n, body in enumerate(bodies)]
    return expand(placed, context)


def only(expansion: Expansion) -> SourceConfig:
    """The one source that an expansion comes to."""
    assert (expansion.unfollowed, expansion.problems) == ((), ())
    [source] = expansion.sources
    return source


def reasons(expansion: Expansion) -> list[str]:
    """Why something was not followed, problems first."""
    return [str(p.error.message) for p in expansion.problems] + [u.reason for u in expansion.unfollowed]


def parameters(expansion: Expansion) -> dict[str, Any]:
    """The path of each source by the name of its Application."""
    return {s.name.removeprefix("fleet."): s.path for s in expansion.sources}
