"""What a rendering is given besides its source: the same for all sources of a run on one cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from gitops_audit.config.settings import NetworkConfig, Settings, SourceConfig
from gitops_audit.model.resource import Rendered
from gitops_audit.render.sops import Sops
from gitops_audit.source import Checkout, Opener
from gitops_audit.source.chart.charts import Charts
from gitops_audit.source.export import Exports


@dataclass(frozen=True, slots=True)
class Target:
    """The Kubernetes that a chart is rendered for. Without a version it is the one that helm was built for.

    `api_versions` are those of the cluster (`apps/v1`, `apps/v1/Deployment`), or (`is_served` false) those known
    without it: `known_from` says from what. `is_assumed`: nobody said which version it is.
    """

    kube_version: str = ""
    api_versions: frozenset[str] = frozenset()
    is_served: bool = False
    known_from: str = "helm's own list"
    is_assumed: bool = True


class Renderings(Protocol):
    """What was rendered in earlier runs, each by the name of its input (render/cache.py)."""

    def get(self, key: str) -> Rendered | None: ...

    def put(self, key: str, rendered: Rendered) -> None: ...


@dataclass(frozen=True, slots=True)
class Given:
    """`exports` hold the trees that the sources of a run share; None: a rendering on its own.

    `network` says what may be taken from elsewhere, `charts` takes it, `open` opens other repositories; `target` is the
    Kubernetes that charts are rendered for. `is_verbose`: a tool's own words about a failure are told too, where
    nothing that it read may be secret. `kept` are the renderings of earlier runs; None: all is made anew. `sops`
    decrypts; None: what is encrypted stays so.
    """

    exports: Exports | None = None
    network: NetworkConfig = field(default_factory=NetworkConfig)
    target: Target = Target()
    is_verbose: bool = False
    charts: Charts | None = None
    open: Callable[[SourceConfig], Checkout] | None = None
    kept: Renderings | None = None
    sops: Sops | None = None

    @classmethod
    def of(cls, settings: Settings, exports: Exports | None, charts: Charts, opener: Opener) -> Given:
        """What all renderings of a configuration are given."""
        sops = Sops() if settings.decrypts_sops else None
        return cls(exports, settings.network, charts=charts, open=opener.open, sops=sops)

    @property
    def has_network(self) -> bool:
        """Whether anything may come from elsewhere."""
        return bool(self.network.mirrors or self.network.allow)


ALONE = Given()
