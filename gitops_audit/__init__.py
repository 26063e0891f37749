"""Audit Kubernetes clusters against Git: drift and policy findings as tests.

The public API: what is named here is stable, everything else may change. Importing this costs nothing; an audit imports
what it needs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_audit.version import __version__ as __version__

if TYPE_CHECKING:
    from gitops_audit.config.settings import Settings
    from gitops_audit.engine.options import RunOptions as RunOptions
    from gitops_audit.errors import AuditError as AuditError
    from gitops_audit.errors import ClusterError as ClusterError
    from gitops_audit.errors import ConfigError as ConfigError
    from gitops_audit.errors import PolicyError as PolicyError
    from gitops_audit.errors import SourceError as SourceError
    from gitops_audit.model.finding import Finding as Finding
    from gitops_audit.model.result import AuditResult as AuditResult
    from gitops_audit.model.severity import Severity as Severity
    from gitops_audit.model.verdict import Verdict as Verdict


_NAMES = {
    "RunOptions": "engine.options",
    **dict.fromkeys(("AuditError", "ClusterError", "ConfigError", "PolicyError", "SourceError"), "errors"),
    "Finding": "model.finding",
    "AuditResult": "model.result",
    "Severity": "model.severity",
    "Verdict": "model.verdict",
}
__all__ = [*sorted(_NAMES), "audit", "load_config"]


def load_config(path: str | Path) -> Settings:
    """The configuration in a file (`gitops-audit.yaml`). Raises ConfigError with the file and the line."""
    from gitops_audit.config.load import load

    return load(Path(path))


def audit(config: str | Path | Settings, options: RunOptions | None = None) -> AuditResult:
    """Audits all that a configuration declares, and gives a verdict on each resource.

    `config` is the path of a `gitops-audit.yaml`, or what `load_config` gave. Raises AuditError for what makes the
    whole run impossible (the configuration, the policies). A source or a cluster that cannot be read raises nothing:
    it is an error among the findings, and `summary.exit_code` is 3. Where a baseline is named, findings have a `state`.
    """
    from gitops_audit.engine.audit import run
    from gitops_audit.engine.options import RunOptions
    from gitops_audit.history import baseline

    settings, options = load_config(config) if isinstance(config, (str, Path)) else config, options or RunOptions()
    return run(settings, options, baseline.for_run(settings, options, datetime.now(UTC).date()))


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
