"""The pytest plugin: hooks only. Everything heavy is imported when an audit starts, not before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitops_audit.model.check import DRIFT, ENGINE, HEALTH, POLICY, SCHEMA
from gitops_audit.pytest_plugin import arguments, options
from gitops_audit.pytest_plugin.options import SESSION

if TYPE_CHECKING:
    from gitops_audit.pytest_plugin.checks import GitopsResource
    from gitops_audit.pytest_plugin.remediation import AuditRemediation
    from gitops_audit.pytest_plugin.session import AuditSession


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{DRIFT}: an audit of the live state against Git")
    config.addinivalue_line("markers", f"{POLICY}: an audit against declarative policies")
    config.addinivalue_line("markers", f"{ENGINE}: a check of what tells Argo CD or Flux what to deploy")
    config.addinivalue_line("markers", f"{HEALTH}: a check whether a live object works, where `health` is enabled")
    config.addinivalue_line("markers", f"{SCHEMA}: a check of a manifest against the schema of its kind")
    config.addinivalue_line(
        "markers",
        "gitops(**match): narrows `gitops_resource` (kind, group, namespace, name, source, cluster; allow_empty=True)",
    )
    arguments.add_configurations(config)
    files = arguments.audited_files(config)
    if files:
        _start(config, files)
    elif config.getoption("--gitops-remediate"):
        raise pytest.UsageError("--gitops-remediate needs an audit: name a gitops-audit.yaml, or give --gitops-config")


def _start(config: pytest.Config, files: list[Path]) -> None:
    from gitops_audit.engine.memory import Holder
    from gitops_audit.pytest_plugin import distributed, junitxml, protocol, reports, signals, terminal
    from gitops_audit.pytest_plugin.session import AuditSession

    session = AuditSession(config, files)
    config.stash[SESSION] = session
    # pytest collects garbage when it is unconfigured: what the audits held is given back after that.
    held = Holder()
    held.hold()
    config.add_cleanup(held.release)
    config.pluginmanager.register(protocol.AuditProtocol(session), "gitops-audit-protocol")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(signals.Signals(), "gitops-audit-signals")
        config.pluginmanager.register(reports.AuditReports(session), "gitops-audit-reports")
        config.pluginmanager.register(terminal.AuditTerminal(session), "gitops-audit-terminal")
        config.pluginmanager.register(terminal.ErrorsOnce(), "gitops-audit-errors")
        config.pluginmanager.register(junitxml.RunInJunitXml(session), "gitops-audit-junitxml")
        if config.getoption("--gitops-base"):
            from gitops_audit.pytest_plugin.base import AgainstBase

            config.pluginmanager.register(AgainstBase(session), "gitops-audit-base")
    is_shared = config.getoption("dist", "no") != "no"
    if not hasattr(config, "workerinput"):
        remediation = _remediation(config, session)
        if is_shared:
            controller = distributed.Controller(session, remediation.act if remediation else None)
            config.pluginmanager.register(controller, "gitops-audit-controller")


def _remediation(config: pytest.Config, session: AuditSession) -> AuditRemediation | None:
    """None where none is asked for: then nothing of it is imported."""
    if not any(config.getoption(f"--gitops-{name}") for name in ("remediate", "plan", "approve")):
        return None
    from gitops_audit.pytest_plugin.remediation import AuditRemediation, Wish

    wish = Wish.of(config, session.files)
    if wish is None:
        return None
    remediation = AuditRemediation(session, wish)
    config.pluginmanager.register(remediation, "gitops-audit-remediation")
    return remediation


def pytest_unconfigure(config: pytest.Config) -> None:
    session = config.stash.get(SESSION, None)
    if session is not None:
        session.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    session = parent.config.stash.get(SESSION, None)
    if session is not None and file_path in session.files:
        from gitops_audit.pytest_plugin.collect import AuditFile

        return AuditFile.from_parent(parent, path=file_path)
    if arguments.is_policy_test(file_path, parent.config):
        from gitops_audit.pytest_plugin.policy_tests import PolicyTestFile

        return PolicyTestFile.from_parent(parent, path=file_path)
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "gitops_resource" not in metafunc.fixturenames:
        return
    from gitops_audit.pytest_plugin import checks

    checks.parametrize(metafunc, metafunc.config.stash.get(SESSION, None))


@pytest.fixture
def gitops_resource(request: pytest.FixtureRequest) -> GitopsResource:
    """One managed resource of the audit: `.key`, `.declared`, `.live` (None: not in the cluster), `.verdict`.

    A test that takes it runs once per managed resource, narrowed by
    `@pytest.mark.gitops(kind=..., group=..., namespace=..., name=..., source=..., cluster=...)`. Where that matches
    nothing the test is an error, unless the marker says `allow_empty=True`.
    """
    from gitops_audit.pytest_plugin import checks

    return checks.resource(request)
