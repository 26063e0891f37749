"""What a rendering is given besides its source: the same for all sources of a run on one cluster."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops_audit.config.settings import NetworkConfig
from gitops_audit.source.export import Exports


@dataclass(frozen=True, slots=True)
class Given:
    """`exports` hold the trees that the sources of a run share; None: a rendering on its own.

    `network` says what may be taken from elsewhere.
    """

    exports: Exports | None = None
    network: NetworkConfig = field(default_factory=NetworkConfig)


ALONE = Given()
