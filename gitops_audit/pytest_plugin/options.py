"""The plugin's command-line options, and what they mean to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_audit.pytest_plugin.arguments import invocation_path

if TYPE_CHECKING:
    from gitops_audit.engine.options import RunOptions
    from gitops_audit.pytest_plugin.session import AuditSession

SESSION: pytest.StashKey[AuditSession] = pytest.StashKey()


def add(parser: pytest.Parser) -> None:
    group = parser.getgroup("gitops-audit", "audit Kubernetes clusters against Git")
    group.addoption(
        "--gitops-config", metavar="FILE", action="append", help="audit what this configuration declares (repeatable)"
    )
    group.addoption("--gitops-cluster", metavar="NAME", action="append", help="only this cluster (repeatable)")
    group.addoption("--gitops-source", metavar="NAME", action="append", help="only this source (repeatable)")
    group.addoption("--gitops-revision", metavar="REV", help="audit this revision instead of the configured ones")
    group.addoption("--gitops-snapshot", metavar="FILE", help="read the cluster from this recording")
    group.addoption("--gitops-offline", action="store_true", help="declared state only: no cluster, no fetch")
    group.addoption("--gitops-mode", choices=("declared", "owned", "strict"), help="which differences are drift")
    group.addoption("--gitops-fail-on", choices=_SEVERITIES, help="the lowest severity that fails a test")
    group.addoption("--gitops-split-checks", action="store_true", help="one test per resource and check")
    group.addoption("--gitops-shard", metavar="I/N", help="the I-th of N parts of the audit")
    group.addoption(
        "--gitops-audit-log", metavar="FILE", action="append", help="Kubernetes audit log, to name users (repeatable)"
    )
    group.addoption("--gitops-allow-unsupported", action="store_true", help="skip what no policy engine here can do")
    group.addoption("--gitops-json", metavar="FILE", help="write the JSON report")
    group.addoption("--gitops-junit", metavar="FILE", help="write the JUnit report for dashboards")


_SEVERITIES = ("info", "low", "medium", "high", "critical")


def run_options(config: pytest.Config) -> RunOptions:
    """The engine's view of the command line. Raises ConfigError."""
    from gitops_audit.engine.options import RunOptions, Shard
    from gitops_audit.model.finding import Severity

    value = config.getoption
    fail_on, shard, snapshot = value("--gitops-fail-on"), value("--gitops-shard"), value("--gitops-snapshot")
    return RunOptions(
        clusters=tuple(value("--gitops-cluster") or ()),
        sources=tuple(value("--gitops-source") or ()),
        revision=value("--gitops-revision"),
        snapshot=invocation_path(config, snapshot) if snapshot else None,
        offline=value("--gitops-offline"),
        fetch=not value("--gitops-offline"),
        mode=value("--gitops-mode"),
        fail_on=Severity[fail_on] if fail_on else None,
        shard=Shard.parse(shard) if shard else None,
        audit_logs=tuple(invocation_path(config, p) for p in value("--gitops-audit-log") or ()),
        allow_unsupported=value("--gitops-allow-unsupported"),
    )
